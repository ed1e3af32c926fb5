/**
 * The first fractional bits of pi, as 32-bit words: Blowfish begins with them. They are computed where they are needed,
 * in a few milliseconds, because a table of 1,042 words can hide an error that no reader sees, and a formula cannot.
 *
 * Chudnovsky's series, summed by halves: every term adds 47 bits.
 */

interface Sum {
  p: bigint;
  q: bigint;
  t: bigint;
}

const bitsPerTerm = 47;
/** The last bits of the quotient are not exact; they are cut off. */
const guardBits = 64n;
const c3Over24 = 10_939_058_860_032_000n;

/** The terms from `from` up to and without `to`. */
function sumOf(from: number, to: number): Sum {
  if (to - from > 1) {
    const middle = (from + to) >> 1;
    const [left, right] = [sumOf(from, middle), sumOf(middle, to)];
    return { p: left.p * right.p, q: left.q * right.q, t: right.q * left.t + left.p * right.t };
  }
  const k = BigInt(from);
  const p = from === 0 ? 1n : -(6n * k - 5n) * (2n * k - 1n) * (6n * k - 1n);
  const q = from === 0 ? 1n : k * k * k * c3Over24;
  return { p, q, t: p * (13_591_409n + 545_140_134n * k) };
}

/** The integer part of the root, by Newton's method from above. */
function rootOf(square: bigint): bigint {
  let root = 1n << BigInt((square.toString(16).length + 1) * 2);
  for (;;) {
    const next = (root + square / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** Word 0 holds the first 32 bits behind the point: 0x243f6a88. */
export function piWords(count: number): Int32Array {
  const fraction = BigInt(count * 32);
  const bits = fraction + guardBits;
  const { q, t } = sumOf(0, Math.ceil(Number(bits) / bitsPerTerm) + 2);
  const pi = (q * 426_880n * rootOf(10_005n << (2n * bits))) / t;
  const hex = ((pi >> guardBits) & ((1n << fraction) - 1n)).toString(16).padStart(count * 8, "0");
  return Int32Array.from({ length: count }, (_, index) => Number.parseInt(hex.slice(index * 8, index * 8 + 8), 16) | 0);
}
