/** Text from bytes that come in portions, and the alphabet in which byte-level tokenizers write bytes. */

/** UTF-8 from bytes in portions; a character is given out when its last byte is there. */
export class Utf8Stream {
  private pending: number[] = [];

  push(bytes: Iterable<number>): string {
    for (const byte of bytes) this.pending.push(byte);
    return Buffer.from(this.pending.splice(0, completeLength(this.pending))).toString('utf8');
  }

  end(): string {
    return Buffer.from(this.pending.splice(0)).toString('utf8');
  }
}

/** How many of the bytes can be decoded now: all but a character at the end that lacks bytes. */
function completeLength(bytes: readonly number[]): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80 || byte > 0xf4) break;
    if (byte < 0xc2) continue;
    const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return size > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** GPT-2's printable stand-ins for the 256 bytes, by byte. */
export function byteAlphabet(): string[] {
  const printable = (b: number) => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, b) => String.fromCharCode(printable(b) ? b : next++));
}
