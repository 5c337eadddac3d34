/** Cyclic redundancy checks of 32 bits, bit-reversed, as several file formats have them. */

/** Polynomials in reversed notation. */
const polynomials = { ieee: 0xedb88320, castagnoli: 0x82f63b78 } as const;
export type CrcKind = keyof typeof polynomials;

const tables: Readonly<Record<CrcKind, Uint32Array>> = {
  ieee: table(polynomials.ieee),
  castagnoli: table(polynomials.castagnoli),
};

/** The remainder of each byte. */
function table(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let rest = byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest & 1) === 1 ? (rest >>> 1) ^ polynomial : rest >>> 1;
    return rest;
  });
}

/** As an unsigned number. */
export function crc32(kind: CrcKind, bytes: Uint8Array): number {
  const rests = tables[kind];
  let rest = 0xffffffff;
  for (const byte of bytes) rest = (rests[(rest ^ byte) & 0xff] as number) ^ (rest >>> 8);
  return (rest ^ 0xffffffff) >>> 0;
}
