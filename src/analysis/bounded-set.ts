/**
 * Keys in the order in which they came, bounded in bytes by our own arithmetic: beyond them the oldest leave.
 *
 * A `Set` keeps the places of removed keys until it is made anew, and each iteration from its beginning goes over all
 * of them. So one iterator stands at the oldest key for ever; nothing else removes any.
 */
import { must } from "../base/assert.ts";
import { ownCopy } from "./own-copy.ts";

/** What a key costs beside its text. */
const keyBytes = 64;

export class BoundedSet {
  readonly #keys = new Set<string>();
  #oldest: Iterator<string> = this.#keys.values();
  #bytes = 0;

  get size(): number {
    return this.#keys.size;
  }

  /** Oldest first. */
  values(): Iterable<string> {
    return this.#keys.values();
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  /** Returns how many keys have left for it, itself among them where it has no room at all. */
  add(key: string, bytesMax: number): number {
    if (this.#keys.has(key)) return 0;
    this.#keys.add(ownCopy(key));
    this.#bytes += keyBytes + key.length;
    let left = 0;
    while (this.#bytes > bytesMax) {
      const oldest = this.#next();
      this.#keys.delete(oldest);
      this.#bytes -= keyBytes + oldest.length;
      left += 1;
    }
    return left;
  }

  /** An iterator that has come to an end stays there, whatever is added later. */
  #next(): string {
    const oldest = this.#oldest.next();
    if (oldest.done !== true) return oldest.value;
    this.#oldest = this.#keys.values();
    return must(this.#oldest.next().value, "bytes are of keys");
  }
}
