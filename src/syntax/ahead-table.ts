/**
 * At which positions of a text a look ahead finds what it looks for, all of them at once: from the end of the text to
 * its beginning, so that what follows a byte is known when the byte is looked at. The time grows with the text and the
 * words of the look ahead, while a search from each position alone would go through the rest of the text each time.
 *
 * It is right because only whether there is a match is asked, not which: no groups are within (linear-program.ts
 * refuses them), so the order of the ways does not matter.
 */
import { op } from "./linear-program.ts";

export interface Ahead {
  words: Int32Array;
  sets: readonly Uint8Array[];
  /** Its first word, and the word behind its last one, which accepts. */
  begin: number;
  end: number;
  /** Whether what takes no byte (an edge, what stands behind, a look ahead within) holds: `index` is the word's. */
  holds: (index: number, at: number) => boolean;
}

const yes = 1;
const no = 2;

/** 1 for each position, the end of the text included, from which `ahead` matches. */
export function aheadTable(ahead: Ahead, text: string): Uint8Array {
  const { begin, end } = ahead;
  const found = new Uint8Array(text.length + 1);
  // By word: 0 where it is not known yet. There is nothing behind the end.
  let after = new Uint8Array(end - begin).fill(no);
  let here = new Uint8Array(end - begin);
  for (let at = text.length; at >= 0; at -= 1) {
    const row = new Row(ahead, at, at < text.length ? text.charCodeAt(at) : -1, here, after);
    for (let word = begin; word < end; word += 1) row.matches(word);
    if (here[0] === yes) found[at] = 1;
    [here, after] = [after, here];
    here.fill(0);
  }
  return found;
}

/** What matches from one position on. */
class Row {
  readonly #ahead: Ahead;
  readonly #at: number;
  readonly #byte: number;
  readonly #here: Uint8Array;
  readonly #after: Uint8Array;

  constructor(ahead: Ahead, at: number, byte: number, here: Uint8Array, after: Uint8Array) {
    this.#ahead = ahead;
    this.#at = at;
    this.#byte = byte;
    this.#here = here;
    this.#after = after;
  }

  /** A round that takes nothing is in no program, so this comes to an end. */
  matches(word: number): boolean {
    const known = this.#here[word - this.#ahead.begin];
    if (known !== 0) return known === yes;
    const isThere = this.#look(word * 3, word);
    this.#here[word - this.#ahead.begin] = isThere ? yes : no;
    return isThere;
  }

  #look(index: number, word: number): boolean {
    const { words, sets, begin, holds } = this.#ahead;
    const [a, b] = [words[index + 1] ?? 0, words[index + 2] ?? 0];
    switch (words[index]) {
      case op.byte:
        return this.#byte >= 0 && sets[a]?.[this.#byte] === 1 && this.#after[word + 1 - begin] === yes;
      case op.split:
        return this.matches(a) || this.matches(b);
      case op.jump:
        return this.matches(a);
      case op.accept:
        return true;
      case op.ahead:
        return holds(index, this.#at) && this.matches(a);
      default:
        return holds(index, this.#at) && this.matches(word + 1);
    }
  }
}
