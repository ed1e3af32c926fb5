/**
 * The text that expressions look at: a byte string (latin1, one UTF-16 unit per byte) and its ASCII-lower-cased copy,
 * made at most once however many expressions ask. Offsets count bytes and are the same in both.
 */

const beyondAscii = /[\u0080-\uffff]/;
const capitals = /[A-Z]+/g;

/** Folds A to Z only: `toLowerCase` would fold bytes of other character sets too. */
export function lowerAscii(text: string): string {
  return beyondAscii.test(text) ? text.replace(capitals, (run) => run.toLowerCase()) : text.toLowerCase();
}

export class Subject {
  raw: string;
  #lower: string | undefined;

  constructor(raw = "") {
    this.raw = raw;
    this.#lower = undefined;
  }

  /** Makes this the subject of another text, so that one object serves a whole stream of events. */
  set(raw: string): this {
    this.raw = raw;
    this.#lower = undefined;
    return this;
  }

  get lower(): string {
    return (this.#lower ??= lowerAscii(this.raw));
  }
}
