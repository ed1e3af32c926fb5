/**
 * A regular expression as a program of a backtracking machine (linear-machine.ts), which also is its automaton for the
 * search for risk (pattern-risk.ts). Words of three numbers: what, and two operands.
 */
import { isNullable, type Loop, type Tree } from "./regular-tree.ts";

export const op = {
  /** Takes a byte of set `a`. */
  byte: 0,
  /** Goes on at `a`, and if that fails at `b`. */
  split: 1,
  jump: 2,
  /** Notes the position in slot `a`. */
  save: 3,
  /** Empties the slots from `a` to before `b`. */
  clear: 4,
  start: 5,
  /** The edge of a word; `a` is 0 for where there must be none. */
  word: 6,
  /** The byte before is of set `a`; `b` is 1 where it must not be. */
  behind: 7,
  /**
   * What follows this word, up to `accept`, matches here; goes on at `a`. `b`: 1 where it must not, and 2 added where
   * it repeats so much that it must not be searched from each position (ahead-table.ts).
   */
  ahead: 8,
  accept: 9,
} as const;

export interface Program {
  /** `op`, a, b of each word. */
  words: Int32Array;
  sets: readonly Uint8Array[];
  slotCount: number;
  /** From which word to before which each outermost endless loop stands: all words of one lead to one another. */
  loops: readonly (readonly [number, number])[];
  /** The same of those in looks ahead. */
  aheadLoops: readonly (readonly [number, number])[];
}

/** Repetition with a count is written out, and no pattern that people write comes near this. */
const wordsMax = 4_096;
/** What repeats more in a look ahead is not searched without memory. */
const aheadLoopMax = 4;

/** Undefined where the pattern is too large written out, or needs what the machine cannot do. */
export function programOf(tree: Tree, groupCount: number): Program | undefined {
  try {
    return new Writer().run(tree, groupCount);
  } catch (error) {
    if (error instanceof TooMuch) return undefined;
    throw error;
  }
}

class TooMuch extends Error {}

class Writer {
  readonly #words: number[] = [];
  readonly #sets: Uint8Array[] = [];
  readonly #setIndex = new Map<string, number>();
  readonly #loops: [number, number][] = [];
  readonly #aheadLoops: [number, number][] = [];
  #aheadDepth = 0;
  #isAheadLong = false;
  #endlessDepth = 0;

  run(tree: Tree, groupCount: number): Program {
    this.#write(tree);
    this.#add(op.accept);
    const words = Int32Array.from(this.#words);
    const [loops, aheadLoops] = [this.#loops, this.#aheadLoops];
    return { words, sets: this.#sets, slotCount: groupCount * 2, loops, aheadLoops };
  }

  get #next(): number {
    return this.#words.length / 3;
  }

  #add(what: number, a = 0, b = 0): number {
    const index = this.#next;
    if (index >= wordsMax) throw new TooMuch();
    this.#words.push(what, a, b);
    return index;
  }

  #setA(index: number, value: number): void {
    this.#words[index * 3 + 1] = value;
  }

  #setB(index: number, value: number): void {
    this.#words[index * 3 + 2] = value;
  }

  #set(set: Uint8Array): number {
    const key = set.join("");
    let index = this.#setIndex.get(key);
    if (index === undefined) {
      index = this.#sets.push(set) - 1;
      this.#setIndex.set(key, index);
    }
    return index;
  }

  #write(tree: Tree): void {
    switch (tree.kind) {
      case "byte":
        this.#add(op.byte, this.#set(tree.set));
        return;
      case "sequence":
        return tree.parts.forEach((part) => this.#write(part));
      case "choice":
        return this.#choice(tree.options);
      case "group":
        return this.#group(tree.index, tree.body);
      case "loop":
        return this.#loop(tree);
      case "ahead":
        return this.#ahead(tree.isNegative, tree.body);
      case "behind":
        this.#add(op.behind, this.#set(tree.set), tree.isNegative ? 1 : 0);
        return;
      case "edge":
        if (tree.edge === "start") this.#add(op.start);
        else this.#add(op.word, tree.edge === "word" ? 1 : 0);
    }
  }

  #group(index: number, body: Tree): void {
    if (this.#aheadDepth > 0) throw new TooMuch();
    this.#add(op.save, index * 2);
    this.#write(body);
    this.#add(op.save, index * 2 + 1);
  }

  #choice(options: readonly Tree[]): void {
    const ends: number[] = [];
    for (const [index, option] of options.entries()) {
      if (index === options.length - 1) this.#write(option);
      else {
        const split = this.#add(op.split, this.#next + 1);
        this.#write(option);
        ends.push(this.#add(op.jump));
        this.#setB(split, this.#next);
      }
    }
    for (const end of ends) this.#setA(end, this.#next);
  }

  #ahead(isNegative: boolean, body: Tree): void {
    const ahead = this.#add(op.ahead);
    this.#aheadDepth += 1;
    if (this.#aheadDepth === 1) this.#isAheadLong = false;
    this.#write(body);
    this.#aheadDepth -= 1;
    this.#add(op.accept);
    this.#setA(ahead, this.#next);
    const isLong = this.#aheadDepth === 0 && this.#isAheadLong;
    this.#setB(ahead, (isNegative ? 1 : 0) + (isLong ? 2 : 0));
  }

  #loop(loop: Loop): void {
    const { body, min, max } = loop;
    if (this.#aheadDepth > 0 && max > aheadLoopMax) {
      if (this.#aheadDepth > 1) throw new TooMuch();
      this.#isAheadLong = true;
    }
    // A round that takes nothing is no round in JavaScript: what is tried instead depends on where the round began, and
    // a machine that remembers only places cannot know that.
    if (max > min && isNullable(body)) throw new TooMuch();
    const once = Number.isFinite(max) ? min : Math.max(min - 1, 0);
    for (let round = 0; round < once; round += 1) this.#round(loop);
    if (max === Number.POSITIVE_INFINITY) this.#endless(loop);
    else this.#optional(loop, max - min);
  }

  #round({ body, firstGroup, endGroup }: Loop): void {
    if (endGroup > firstGroup) this.#add(op.clear, firstGroup * 2, endGroup * 2);
    this.#write(body);
  }

  #endless(loop: Loop): void {
    const split = loop.min === 0 ? this.#add(op.split) : -1;
    const begin = this.#next;
    this.#endlessDepth += 1;
    this.#round(loop);
    this.#endlessDepth -= 1;
    if (this.#endlessDepth === 0) (this.#aheadDepth > 0 ? this.#aheadLoops : this.#loops).push([begin, this.#next]);
    if (split < 0) {
      this.#forks(this.#add(op.split), loop.isLazy, begin, this.#next);
      return;
    }
    this.#add(op.jump, split);
    this.#forks(split, loop.isLazy, begin, this.#next);
  }

  #optional(loop: Loop, count: number): void {
    const splits: number[] = [];
    for (let round = 0; round < count; round += 1) {
      splits.push(this.#add(op.split));
      this.#round(loop);
    }
    for (const split of splits) this.#forks(split, loop.isLazy, split + 1, this.#next);
  }

  #forks(split: number, isLazy: boolean, begin: number, end: number): void {
    this.#setA(split, isLazy ? end : begin);
    this.#setB(split, isLazy ? begin : end);
  }
}
