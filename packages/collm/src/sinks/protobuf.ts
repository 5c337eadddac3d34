/**
 * Protocol buffers, as far as event files of trackers need them: messages are written field by field, in the wire format
 * of protobuf.dev/programming-guides/encoding.
 */

const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** A message in the making; the numbers are those of its fields. Absent values are left out. */
export class Message {
  readonly #parts: Buffer[] = [];

  /** @param value a whole number, 0 or more */
  varint(field: number, value: number | undefined): this {
    if (value !== undefined) this.#parts.push(tag(field, wire.varint), varint(value));
    return this;
  }

  bool(field: number, value: boolean | undefined): this {
    return this.varint(field, value === undefined ? undefined : Number(value));
  }

  double(field: number, value: number | undefined): this {
    if (value === undefined) return this;
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    this.#parts.push(tag(field, wire.fixed64), bytes);
    return this;
  }

  float(field: number, value: number | undefined): this {
    if (value === undefined) return this;
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value);
    this.#parts.push(tag(field, wire.fixed32), bytes);
    return this;
  }

  /** A text, bytes, or a message inside. */
  field(field: number, value: string | Uint8Array | Message | undefined): this {
    if (value === undefined) return this;
    const bytes = value instanceof Message ? value.bytes() : Buffer.from(value as string);
    this.#parts.push(tag(field, wire.bytes), varint(bytes.length), bytes);
    return this;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

function tag(field: number, type: number): Buffer {
  return varint(field * 8 + type);
}

/** Seven bits a byte, the lowest first; the highest bit of a byte says that more follow. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
