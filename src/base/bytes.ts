/**
 * A writer and a bounded reader of little binary layouts: big-endian integers, length-prefixed byte strings. The
 * reader never throws on short input: it turns `isBroken` on and returns zeros and empty strings, so that a parser of
 * a stranger's bytes checks once, at the end.
 */

export class ByteWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(capacityBytes = 1_024) {
    this.#bytes = Buffer.allocUnsafeSlow(capacityBytes);
  }

  get length(): number {
    return this.#length;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }

  u8(value: number): this {
    this.#reserve(1);
    this.#length = this.#bytes.writeUInt8(value, this.#length);
    return this;
  }

  u16(value: number): this {
    this.#reserve(2);
    this.#length = this.#bytes.writeUInt16BE(value, this.#length);
    return this;
  }

  u32(value: number): this {
    this.#reserve(4);
    this.#length = this.#bytes.writeUInt32BE(value, this.#length);
    return this;
  }

  /** An unsigned integer up to 2^53 - 1 in eight bytes. */
  u64(value: number): this {
    this.u32(Math.floor(value / 0x1_0000_0000));
    return this.u32(value % 0x1_0000_0000);
  }

  /** A double, for times with fractions and for offsets that may be negative. */
  f64(value: number): this {
    this.#reserve(8);
    this.#length = this.#bytes.writeDoubleBE(value, this.#length);
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** A byte string (each unit below 256) without its length; the caller knows that it is one. */
  latin1(text: string): this {
    const count = text.length;
    this.#reserve(count);
    // A call out of the language costs more than this loop where the text is short.
    if (count > 24) this.#bytes.write(text, this.#length, "latin1");
    else for (let at = 0; at < count; at += 1) this.#bytes[this.#length + at] = text.charCodeAt(at);
    this.#length += count;
    return this;
  }

  /** Bytes after their 32-bit length. */
  bytes32(bytes: Uint8Array): this {
    return this.u32(bytes.length).raw(bytes);
  }

  /** Text as UTF-8 after its 16-bit length in bytes; the caller bounds it to 65,535 bytes. */
  text16(text: string): this {
    const bytes = Buffer.from(text, "utf8");
    return this.u16(bytes.length).raw(bytes);
  }

  /** Overwrites a 32-bit integer written before, for a length or count known only later. */
  patchU32(at: number, value: number): void {
    this.#bytes.writeUInt32BE(value, at);
  }

  /** What was written so far, as a view: valid until the next write. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** What was written so far, as a copy with memory of its own (safe to transfer to a thread). */
  copy(): Buffer {
    const own = Buffer.allocUnsafeSlow(this.#length);
    this.#bytes.copy(own, 0, 0, this.#length);
    return own;
  }

  clear(): void {
    this.#length = 0;
  }
}

const nothing = Buffer.alloc(0);

export class ByteReader {
  readonly #bytes: Buffer;
  #at: number;
  #broken = false;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = at;
  }

  /** Whether any read so far went past the end. */
  get isBroken(): boolean {
    return this.#broken;
  }

  get position(): number {
    return this.#at;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  #take(count: number): number {
    const at = this.#at;
    if (this.#broken || count > this.#bytes.length - at) {
      this.#broken = true;
      return -1;
    }
    this.#at = at + count;
    return at;
  }

  u8(): number {
    const at = this.#take(1);
    return at < 0 ? 0 : this.#bytes.readUInt8(at);
  }

  u16(): number {
    const at = this.#take(2);
    return at < 0 ? 0 : this.#bytes.readUInt16BE(at);
  }

  u32(): number {
    const at = this.#take(4);
    return at < 0 ? 0 : this.#bytes.readUInt32BE(at);
  }

  /** An integer up to 2^53 - 1; a larger one breaks the reader. */
  u64(): number {
    const high = this.u32();
    const low = this.u32();
    if (high > 0x1f_ffff) this.#broken = true;
    return this.#broken ? 0 : high * 0x1_0000_0000 + low;
  }

  f64(): number {
    const at = this.#take(8);
    return at < 0 ? 0 : this.#bytes.readDoubleBE(at);
  }

  /** A view of the next `count` bytes. */
  raw(count: number): Buffer {
    const at = this.#take(count);
    return at < 0 ? nothing : this.#bytes.subarray(at, at + count);
  }

  bytes32(): Buffer {
    return this.raw(this.u32());
  }

  text16(): string {
    return this.raw(this.u16()).toString("utf8");
  }
}
