/**
 * Runs a regular expression in time that grows with the text and the pattern, and no faster: a backtracking search that
 * remembers where it has failed. It finds what a RegExp of the same source finds, with the same groups, since it tries
 * the same ways in the same order and leaves out only those that have failed before.
 *
 * Why leaving them out is right: without references back, and without rounds that take nothing (linear-program.ts
 * refuses those), whether the rest matches from a word at a position does not depend on how one came there.
 *
 *   stack   (word, position) of a way not yet tried, or (~slot, what it was) to be undone before that
 */
import { aheadTable } from "./ahead-table.ts";
import { op, type Program } from "./linear-program.ts";

/** The stack that is kept from run to run; a larger one was needed for a hostile text and goes with it. */
const keptWords = 4_096;

/** One for all machines, which run one after another. */
let stack = new Int32Array(keptWords);

export class LinearMachine {
  readonly #words: Int32Array;
  readonly #sets: readonly Uint8Array[];
  readonly #slots: Int32Array;
  /** Which split a word is, from 0. */
  readonly #splitOf: Int32Array;
  readonly #splitCount: number;
  readonly #first: Uint8Array | undefined;
  /** Of looks ahead that repeat much: where they match in this text, by their word, once one has been asked. */
  readonly #aheads = new Map<number, Uint8Array>();
  #text = "";
  #failed = new Uint32Array(0);
  #top = 0;
  #end = 0;
  #hasGroups = true;

  constructor({ words, sets, slotCount }: Program) {
    this.#words = words;
    this.#sets = sets;
    this.#slots = new Int32Array(slotCount);
    this.#splitOf = new Int32Array(words.length / 3);
    let count = 0;
    for (let word = 0; word < this.#splitOf.length; word += 1) {
      if (words[word * 3] !== op.split) continue;
      this.#splitOf[word] = count;
      count += 1;
    }
    this.#splitCount = count;
    this.#first = words[0] === op.byte ? sets[words[1] ?? 0] : undefined;
  }

  /** Where the match begins, or -1; `end` and `groups`, if they are wanted, tell of it until the next run. */
  run(text: string, wantsGroups = true): number {
    this.#text = text;
    this.#hasGroups = wantsGroups;
    this.#failed = new Uint32Array(Math.ceil((this.#splitCount * (text.length + 1)) / 32));
    const isBound = this.#words[0] === op.start;
    let found = -1;
    for (let from = 0; from <= (isBound ? 0 : text.length) && found < 0; from += 1) {
      if (this.#first !== undefined && this.#first[text.charCodeAt(from)] !== 1) continue;
      this.#slots.fill(-1);
      this.#top = 0;
      const end = this.#search(0, from);
      if (end < 0) continue;
      found = from;
      this.#end = end;
    }
    this.#text = "";
    this.#failed = new Uint32Array(0);
    this.#aheads.clear();
    if (stack.length > keptWords) stack = new Int32Array(keptWords);
    return found;
  }

  get end(): number {
    return this.#end;
  }

  /** Group i of the pattern at i - 1, of the text that was run; unset ones undefined. */
  groups(text: string): (string | undefined)[] {
    const groups: (string | undefined)[] = [];
    for (let slot = 0; slot < this.#slots.length; slot += 2) {
      const [from = -1, to = -1] = [this.#slots[slot], this.#slots[slot + 1]];
      groups.push(from < 0 || to < 0 ? undefined : text.slice(from, to));
    }
    return groups;
  }

  #push(a: number, b: number): void {
    if (this.#top + 2 > stack.length) {
      const larger = new Int32Array(stack.length * 2);
      larger.set(stack);
      stack = larger;
    }
    stack[this.#top] = a;
    stack[this.#top + 1] = b;
    this.#top += 2;
  }

  #setSlot(slot: number, value: number): void {
    this.#push(~slot, this.#slots[slot] ?? -1);
    this.#slots[slot] = value;
  }

  #clear(from: number, end: number): void {
    for (let slot = from; slot < end; slot += 1) this.#setSlot(slot, -1);
  }

  /** Whether the search has come to this split at this position before; it has now. */
  #hasFailed(word: number, at: number): boolean {
    const bit = (this.#splitOf[word] ?? 0) * (this.#text.length + 1) + at;
    const mask = 1 << (bit & 31);
    const before = this.#failed[bit >>> 5] ?? 0;
    this.#failed[bit >>> 5] = before | mask;
    return (before & mask) !== 0;
  }

  /** Where a match from `word` at `at` ends, or -1; what is on the stack below stays. */
  #search(begin: number, from: number): number {
    const words = this.#words;
    const text = this.#text;
    const bottom = this.#top;
    let word = begin;
    let at = from;
    for (;;) {
      const index = word * 3;
      const a = words[index + 1] ?? 0;
      let isGoing = true;
      switch (words[index]) {
        case op.byte:
          isGoing = at < text.length && this.#sets[a]?.[text.charCodeAt(at)] === 1;
          at += 1;
          word += 1;
          break;
        case op.split:
          // What is looked for ahead is short, and what it found there must not be taken for failed.
          isGoing = begin !== 0 || !this.#hasFailed(word, at);
          if (isGoing) this.#push(words[index + 2] ?? 0, at);
          word = a;
          break;
        case op.jump:
          word = a;
          break;
        case op.save:
          if (this.#hasGroups) this.#setSlot(a, at);
          word += 1;
          break;
        case op.clear:
          if (this.#hasGroups) this.#clear(a, words[index + 2] ?? 0);
          word += 1;
          break;
        case op.accept:
          return at;
        default:
          isGoing = this.#holds(index, at);
          word = words[index] === op.ahead ? a : word + 1;
      }
      if (isGoing) continue;
      const way = this.#back(bottom);
      if (way < 0) return -1;
      word = way;
      at = stack[this.#top + 1] ?? 0;
    }
  }

  /** Undoes up to the last way that was not tried, and takes it from the stack: its word, or -1. */
  #back(bottom: number): number {
    while (this.#top > bottom) {
      this.#top -= 2;
      const word = stack[this.#top] ?? 0;
      if (word >= 0) return word;
      this.#slots[~word] = stack[this.#top + 1] ?? -1;
    }
    return -1;
  }

  /** What takes no byte. */
  #holds(index: number, at: number): boolean {
    const text = this.#text;
    const a = this.#words[index + 1] ?? 0;
    const b = this.#words[index + 2] ?? 0;
    switch (this.#words[index]) {
      case op.start:
        return at === 0;
      case op.word:
        return (isWord(text, at - 1) !== isWord(text, at)) === (a === 1);
      case op.behind:
        return (at > 0 && this.#sets[a]?.[text.charCodeAt(at - 1)] === 1) === (b === 0);
      default: {
        const isThere = b < 2 ? this.#isAhead(index / 3 + 1, at) : this.#tableOf(index / 3 + 1, a)[at] === 1;
        return isThere === (b % 2 === 0);
      }
    }
  }

  #isAhead(begin: number, at: number): boolean {
    const top = this.#top;
    const isThere = this.#search(begin, at) >= 0;
    this.#top = top;
    return isThere;
  }

  #tableOf(begin: number, end: number): Uint8Array {
    let table = this.#aheads.get(begin);
    if (table === undefined) {
      const holds = (index: number, at: number): boolean => this.#holds(index, at);
      table = aheadTable({ words: this.#words, sets: this.#sets, begin, end, holds }, this.#text);
      this.#aheads.set(begin, table);
    }
    return table;
  }
}

function isWord(text: string, at: number): boolean {
  const code = at < 0 || at >= text.length ? 0 : text.charCodeAt(at);
  return (
    (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || code === 0x5f || (code >= 0x61 && code <= 0x7a)
  );
}
