/**
 * Blowfish in CBC mode (agent-protocol 2.4): big-endian, keys of up to 56 bytes, no padding. OpenSSL 3 does not offer
 * it any more, and agents of OSSEC and of early Wazuh speak nothing else. It hides from an onlooker what a log says;
 * it is not what proves a sender, since any key that is not the agent's fails at the checksum within.
 *
 * A schedule costs some 60 µs and holds 4.2 KiB, so the caller keeps it with the agent's key. A block costs 16 rounds;
 * the loops below keep halves, subkeys and boxes in locals, which makes them about three times as fast.
 */
import { assert } from "../base/assert.ts";
import { piWords } from "./pi.ts";

const BLOCK_BYTES = 8;
const subkeyCount = 18;
const boxWords = 256;

/** The subkeys and the four boxes before any key; made at the first use. */
let initialWords: Int32Array | undefined;

export class Blowfish {
  readonly #subkeys: Int32Array;
  readonly #boxes: Int32Array;
  readonly #boxA: Int32Array;
  readonly #boxB: Int32Array;
  readonly #boxC: Int32Array;
  readonly #boxD: Int32Array;
  /** The block that was worked on last: its left and right half. */
  #left = 0;
  #right = 0;

  constructor(key: Uint8Array) {
    assert(key.length > 0 && key.length <= 56, "a Blowfish key has 1 to 56 bytes");
    initialWords ??= piWords(subkeyCount + 4 * boxWords);
    this.#subkeys = initialWords.slice(0, subkeyCount);
    this.#boxes = initialWords.slice(subkeyCount);
    this.#boxA = this.#boxes.subarray(0, boxWords);
    this.#boxB = this.#boxes.subarray(boxWords, 2 * boxWords);
    this.#boxC = this.#boxes.subarray(2 * boxWords, 3 * boxWords);
    this.#boxD = this.#boxes.subarray(3 * boxWords);
    this.#schedule(key);
  }

  /** Each pair of words is replaced by the encryption, so far, of the pair before it. */
  #schedule(key: Uint8Array): void {
    let at = 0;
    for (let index = 0; index < subkeyCount; index += 1) {
      let word = 0;
      for (let byte = 0; byte < 4; byte += 1) {
        word = (word << 8) | key[at]!;
        at = (at + 1) % key.length;
      }
      this.#subkeys[index]! ^= word;
    }
    this.#left = 0;
    this.#right = 0;
    for (const words of [this.#subkeys, this.#boxes]) {
      for (let index = 0; index < words.length; index += 2) {
        this.#encryptBlock(this.#left, this.#right);
        words[index] = this.#left;
        words[index + 1] = this.#right;
      }
    }
  }

  #encryptBlock(left: number, right: number): void {
    const [p, a, b, c, d] = [this.#subkeys, this.#boxA, this.#boxB, this.#boxC, this.#boxD];
    for (let round = 0; round < 16; round += 2) {
      left ^= p[round]!;
      right ^= ((a[left >>> 24]! + b[(left >>> 16) & 255]!) ^ c[(left >>> 8) & 255]!) + d[left & 255]!;
      right ^= p[round + 1]!;
      left ^= ((a[right >>> 24]! + b[(right >>> 16) & 255]!) ^ c[(right >>> 8) & 255]!) + d[right & 255]!;
    }
    this.#left = right ^ p[17]!;
    this.#right = left ^ p[16]!;
  }

  /** Encrypts `bytes` where they stand; their number is a multiple of 8. `iv` has 8 bytes. */
  encryptCbc(bytes: Uint8Array, iv: Uint8Array): void {
    assert(bytes.length % BLOCK_BYTES === 0, "CBC takes whole blocks");
    let left = wordAt(iv, 0);
    let right = wordAt(iv, 4);
    for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
      this.#encryptBlock(left ^ wordAt(bytes, at), right ^ wordAt(bytes, at + 4));
      left = this.#left;
      right = this.#right;
      putWord(bytes, at, left);
      putWord(bytes, at + 4, right);
    }
  }

  /** Decrypts `bytes`, a whole number of blocks, into the beginning of `target`, which must not be the same memory. */
  decryptCbc(bytes: Uint8Array, iv: Uint8Array, target: Uint8Array): void {
    assert(bytes.length % BLOCK_BYTES === 0 && target.length >= bytes.length, "CBC takes whole blocks");
    const [p, a, b, c, d] = [this.#subkeys, this.#boxA, this.#boxB, this.#boxC, this.#boxD];
    let leftBefore = wordAt(iv, 0);
    let rightBefore = wordAt(iv, 4);
    for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
      const leftSealed = wordAt(bytes, at);
      const rightSealed = wordAt(bytes, at + 4);
      let left = leftSealed;
      let right = rightSealed;
      for (let round = 17; round > 1; round -= 2) {
        left ^= p[round]!;
        right ^= ((a[left >>> 24]! + b[(left >>> 16) & 255]!) ^ c[(left >>> 8) & 255]!) + d[left & 255]!;
        right ^= p[round - 1]!;
        left ^= ((a[right >>> 24]! + b[(right >>> 16) & 255]!) ^ c[(right >>> 8) & 255]!) + d[right & 255]!;
      }
      putWord(target, at, right ^ p[0]! ^ leftBefore);
      putWord(target, at + 4, left ^ p[1]! ^ rightBefore);
      leftBefore = leftSealed;
      rightBefore = rightSealed;
    }
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

function putWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >>> 24;
  bytes[at + 1] = word >>> 16;
  bytes[at + 2] = word >>> 8;
  bytes[at + 3] = word;
}
