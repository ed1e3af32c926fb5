/**
 * Zlib streams (RFC 1950, RFC 1951) of one message: opened into memory that is there already; the plain form of one.
 *
 * Node's `inflateSync` makes an object for each call, which costs several times what a message of 200 bytes does; here
 * nothing is made. What it accepts and refuses is what Node's does, save for a preset dictionary, which nobody sends;
 * a test holds both against each other over mutated streams. What it writes is bounded by its target, what it reads by
 * the source, so no stream costs more than 64 KiB of output.
 *
 * A code of up to `fastBits` bits is looked up at once; a longer one, which is rare, is found bit by bit.
 */
import { assert } from "../base/assert.ts";

/** Instead of a length: the stream is broken, or does not fit. */
export const INFLATE_BROKEN = -1;
export const INFLATE_TOO_LARGE = -2;

const codeBitsMax = 15;
const literalCount = 288;
const literalsSent = 286;
const distancesSent = 30;
const endOfBlock = 256;
/** The order in which the lengths of the code lengths' own codes are sent. */
const lengthOrder = Uint8Array.of(16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15);
const lengthBase = Uint16Array.of(
  ...[
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
  ],
);
const lengthExtra = Uint8Array.of(
  ...[0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0],
);
const distanceBase = Uint16Array.from({ length: distancesSent }, (_, code) =>
  code < 2 ? code + 1 : ((2 + (code & 1)) << ((code >> 1) - 1)) + 1,
);
const distanceExtra = Uint8Array.from({ length: distancesSent }, (_, code) => (code < 2 ? 0 : (code >> 1) - 1));

/** A canonical Huffman code. */
class Code {
  readonly fastMask: number;
  /** By the next bits of the stream: symbol << 4 | length of its code; 0: the code is longer, or there is none. */
  readonly fast: Uint16Array;
  /** Codes of each length, and the symbols in the order of their codes. */
  readonly counts = new Uint16Array(codeBitsMax + 1);
  readonly symbols = new Uint16Array(literalCount);
  readonly #offsets = new Uint16Array(codeBitsMax + 2);

  constructor(fastBits: number) {
    this.fastMask = (1 << fastBits) - 1;
    this.fast = new Uint16Array(1 << fastBits);
  }

  /**
   * Takes the lengths of the symbols' codes: those of `present` from `from` up to `to`, in ascending order, are not 0;
   * symbols count from `base`. 0: they are a code; above: some bit strings mean nothing; below: they contradict each
   * other, and the code is unusable.
   */
  build(lengths: Uint8Array, present: Uint16Array, from: number, to: number, base: number): number {
    const { counts, symbols, fast } = this;
    const offsets = this.#offsets;
    counts.fill(0);
    for (let index = from; index < to; index += 1) counts[lengths[present[index]!]!]! += 1;
    let left = 1;
    for (let bits = 1; bits <= codeBitsMax; bits += 1) {
      left = left * 2 - counts[bits]!;
      if (left < 0) return left;
      offsets[bits + 1] = offsets[bits]! + counts[bits]!;
    }
    for (let index = from; index < to; index += 1) {
      const at = present[index]!;
      const bits = lengths[at]!;
      const offset = offsets[bits]!;
      symbols[offset] = at - base;
      offsets[bits] = offset + 1;
    }
    // The next code is counted from the same beginning.
    offsets[1] = 0;
    fast.fill(0);
    this.#fillFast(lengths, base, to - from);
    return left;
  }

  /** The stream holds a code's bits from its highest to its lowest, so they are counted up mirrored. */
  #fillFast(lengths: Uint8Array, base: number, used: number): void {
    const { symbols, fast } = this;
    const size = fast.length;
    let mirrored = 0;
    for (let index = 0; index < used; index += 1) {
      const symbol = symbols[index]!;
      const bits = lengths[base + symbol]!;
      const step = 1 << bits;
      if (step > size) return;
      const entry = (symbol << 4) | bits;
      for (let at = mirrored; at < size; at += step) fast[at] = entry;
      let carry = step >> 1;
      while ((mirrored & carry) !== 0) carry >>= 1;
      mirrored = carry === 0 ? 0 : (mirrored & (carry - 1)) + carry;
    }
  }

  /** The entry, as in `fast`, of the code with which `bits` begin; 0: there is none. */
  find(bits: number): number {
    let [code, first, index] = [0, 0, 0];
    for (let length = 1; length <= codeBitsMax; length += 1) {
      code |= bits & 1;
      bits >>= 1;
      const count = this.counts[length]!;
      if (code - count < first) return (this.symbols[index + (code - first)]! << 4) | length;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return 0;
  }
}

const fixedLiterals = new Code(9);
const fixedDistances = new Code(6);
const everySymbol = Uint16Array.from({ length: literalCount }, (_, symbol) => symbol);
const fixedLengths = Uint8Array.from(everySymbol, (symbol) =>
  symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8,
);
fixedLiterals.build(fixedLengths, everySymbol, 0, literalCount, 0);
fixedDistances.build(new Uint8Array(32).fill(5), everySymbol, 0, 32, 0);

export class Inflater {
  readonly #target: Buffer;
  #source: Buffer = Buffer.alloc(0);
  #at = 0;
  #length = 0;
  /** Bits that are taken from the source and not used yet, the next one lowest, and their number: at most 24. */
  #bits = 0;
  #bitCount = 0;
  /** Of a block's codes, and which of them are not 0. */
  readonly #lengths = new Uint8Array(literalsSent + distancesSent);
  readonly #present = new Uint16Array(literalsSent + distancesSent);
  #presentCount = 0;
  readonly #lengthCode = new Code(7);
  readonly #literals = new Code(9);
  readonly #distances = new Code(6);

  /** `target`: where the next stream is opened into; it must not be longer. */
  constructor(target: Buffer) {
    this.#target = target;
  }

  /** Bytes written to the target, or one of the two faults. Bytes behind the end of the stream are ignored. */
  inflate(source: Buffer): number {
    const [method = 0, flags = 0] = source;
    const isZlib = (method & 0x0f) === 8 && method >> 4 <= 7 && (method * 256 + flags) % 31 === 0;
    if (source.length < 2 || !isZlib || (flags & 0x20) !== 0) return INFLATE_BROKEN;
    this.#source = source;
    this.#at = 2;
    this.#length = 0;
    this.#bits = 0;
    this.#bitCount = 0;
    for (let isLast = false; !isLast;) {
      const head = this.#take(3);
      if (head < 0) return INFLATE_BROKEN;
      isLast = (head & 1) === 1;
      const fault = head >> 1 === 0 ? this.#copyStored() : this.#readCoded(head >> 1);
      if (fault !== 0) return fault;
    }
    // Whole bytes that were looked at and not used belong to what follows.
    const at = this.#at - (this.#bitCount >> 3);
    if (at + 4 > source.length || source.readUInt32BE(at) !== adler32(this.#target, this.#length))
      return INFLATE_BROKEN;
    return this.#length;
  }

  /** The next bits, at most 16; -1: there are not so many. */
  #take(count: number): number {
    while (this.#bitCount < count) {
      if (this.#at >= this.#source.length) return -1;
      this.#bits |= this.#source[this.#at]! << this.#bitCount;
      this.#at += 1;
      this.#bitCount += 8;
    }
    const value = this.#bits & ((1 << count) - 1);
    this.#bits >>= count;
    this.#bitCount -= count;
    return value;
  }

  /** A block's bytes as they are, behind their number and its complement. */
  #copyStored(): number {
    this.#at -= this.#bitCount >> 3;
    this.#bits = 0;
    this.#bitCount = 0;
    const [source, from] = [this.#source, this.#at + 4];
    if (from > source.length) return INFLATE_BROKEN;
    const count = source.readUInt16LE(from - 4);
    if ((count ^ source.readUInt16LE(from - 2)) !== 0xffff || from + count > source.length) return INFLATE_BROKEN;
    if (this.#length + count > this.#target.length) return INFLATE_TOO_LARGE;
    source.copy(this.#target, this.#length, from, from + count);
    this.#at = from + count;
    this.#length += count;
    return 0;
  }

  #readCoded(form: number): number {
    if (form === 1) return this.#readSymbols(fixedLiterals, fixedDistances);
    if (form !== 2 || !this.#readCodes()) return INFLATE_BROKEN;
    return this.#readSymbols(this.#literals, this.#distances);
  }

  /** The two codes of a block; false: they are none. */
  #readCodes(): boolean {
    const [literals, distances, sent] = [this.#take(5) + 257, this.#take(5) + 1, this.#take(4) + 4];
    if (sent < 4 || literals > literalsSent || distances > distancesSent) return false;
    if (!this.#readLengthCode(sent) || !this.#readLengths(literals + distances)) return false;
    const [lengths, present, count] = [this.#lengths, this.#present, this.#presentCount];
    if (lengths[endOfBlock] === 0) return false;
    let literalsPresent = 0;
    while (literalsPresent < count && present[literalsPresent]! < literals) literalsPresent += 1;
    const left = this.#literals.build(lengths, present, 0, literalsPresent, 0);
    if (left < 0 || (left > 0 && !isSingleBit(this.#literals, literalsPresent))) return false;
    const leftFar = this.#distances.build(lengths, present, literalsPresent, count, literals);
    return leftFar === 0 || (leftFar > 0 && isSingleBit(this.#distances, count - literalsPresent));
  }

  /** The code in which the lengths of the codes are sent. */
  #readLengthCode(sent: number): boolean {
    const [lengths, present] = [this.#lengths.fill(0, 0, lengthOrder.length), this.#present];
    for (let index = 0; index < sent; index += 1) {
      const bits = this.#take(3);
      if (bits < 0) return false;
      lengths[lengthOrder[index]!] = bits;
    }
    let count = 0;
    for (let symbol = 0; symbol < lengthOrder.length; symbol += 1) if (lengths[symbol] !== 0) present[count++] = symbol;
    return this.#lengthCode.build(lengths, present, 0, count, 0) === 0;
  }

  /** So many lengths of codes; 16 repeats the one before, 17 and 18 are runs of zeros. */
  #readLengths(all: number): boolean {
    const [source, sourceEnd, lengths, present] = [this.#source, this.#source.length, this.#lengths, this.#present];
    const { fast, fastMask } = this.#lengthCode;
    let [at, bits, count, presentCount] = [this.#at, this.#bits, this.#bitCount, 0];
    for (let index = 0; index < all;) {
      for (; count < 17 && at < sourceEnd; count += 8) bits |= source[at++]! << count;
      const entry = fast[bits & fastMask]!;
      const symbol = entry >> 4;
      bits >>= entry & 15;
      count -= entry & 15;
      if (entry === 0 || count < 0) return false;
      if (symbol < 16) {
        lengths[index] = symbol;
        if (symbol !== 0) present[presentCount++] = index;
        index += 1;
        continue;
      }
      const extra = symbol === 16 ? 2 : symbol === 17 ? 3 : 7;
      const end = index + (symbol === 18 ? 11 : 3) + (bits & ((1 << extra) - 1));
      bits >>= extra;
      count -= extra;
      if (count < 0 || end > all || (symbol === 16 && index === 0)) return false;
      const repeated = symbol === 16 ? lengths[index - 1]! : 0;
      for (; index < end; index += 1) {
        lengths[index] = repeated;
        if (repeated !== 0) present[presentCount++] = index;
      }
    }
    this.#at = at;
    this.#bits = bits;
    this.#bitCount = count;
    this.#presentCount = presentCount;
    return true;
  }

  /** Literals and copies up to the end of the block. */
  #readSymbols(literals: Code, distances: Code): number {
    const [source, target, sourceEnd, targetEnd] = [
      this.#source,
      this.#target,
      this.#source.length,
      this.#target.length,
    ];
    const [fast, mask] = [literals.fast, literals.fastMask];
    let [at, bits, count, length] = [this.#at, this.#bits, this.#bitCount, this.#length];
    for (;;) {
      for (; count < 17 && at < sourceEnd; count += 8) bits |= source[at++]! << count;
      let entry = fast[bits & mask]!;
      if (entry === 0) entry = literals.find(bits);
      count -= entry & 15;
      if (entry === 0 || count < 0) return INFLATE_BROKEN;
      bits >>= entry & 15;
      const symbol = entry >> 4;
      if (symbol < endOfBlock) {
        if (length === targetEnd) return INFLATE_TOO_LARGE;
        target[length++] = symbol;
        continue;
      }
      if (symbol === endOfBlock) break;
      if (symbol >= literalsSent) return INFLATE_BROKEN;
      let extra = lengthExtra[symbol - 257]!;
      const end = length + lengthBase[symbol - 257]! + (bits & ((1 << extra) - 1));
      count -= extra;
      bits >>= extra;
      for (; count < 17 && at < sourceEnd; count += 8) bits |= source[at++]! << count;
      entry = distances.fast[bits & distances.fastMask]!;
      if (entry === 0) entry = distances.find(bits);
      const code = entry >> 4;
      count -= entry & 15;
      if (entry === 0 || count < 0 || code >= distancesSent) return INFLATE_BROKEN;
      bits >>= entry & 15;
      for (; count < 17 && at < sourceEnd; count += 8) bits |= source[at++]! << count;
      extra = distanceExtra[code]!;
      let from = length - distanceBase[code]! - (bits & ((1 << extra) - 1));
      count -= extra;
      bits >>= extra;
      if (from < 0 || count < 0) return INFLATE_BROKEN;
      if (end > targetEnd) return INFLATE_TOO_LARGE;
      while (length < end) target[length++] = target[from++]!;
    }
    this.#at = at;
    this.#bits = bits;
    this.#bitCount = count;
    this.#length = length;
    return 0;
  }
}

/** A code in which some bit strings mean nothing is one only when it is a single bit, or nothing at all. */
const isSingleBit = (code: Code, used: number): boolean => code.counts[1] === used;

/** So many bytes of a sum stay below 2^31. */
const sumBytesMax = 3_800;
const sumModulus = 65_521;

function adler32(bytes: Uint8Array, length: number): number {
  let [low, high] = [1, 0];
  for (let at = 0; at < length;) {
    const end = Math.min(length, at + sumBytesMax);
    for (; at < end; at += 1) {
      low += bytes[at]!;
      high += low;
    }
    low %= sumModulus;
    high %= sumModulus;
  }
  return high * 65_536 + low;
}

/** A zlib stream that holds the bytes as they are: for few bytes, where to compress costs more than it saves. */
export function storedStream(bytes: Buffer): Buffer {
  assert(bytes.length <= 65_535, "one block holds at most 65,535 bytes");
  const stream = Buffer.allocUnsafe(bytes.length + 11);
  stream.writeUInt16BE(0x7801, 0);
  stream.writeUInt8(1, 2);
  stream.writeUInt16LE(bytes.length, 3);
  stream.writeUInt16LE(bytes.length ^ 0xffff, 5);
  stream.set(bytes, 7);
  stream.writeUInt32BE(adler32(bytes, bytes.length), stream.length - 4);
  return stream;
}
