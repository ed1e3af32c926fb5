/**
 * Finds which of many literals a text holds, in one pass over it (Aho and Corasick's machine, ASCII case ignored).
 *
 *   classes   byte → column: bytes that no literal has share column 0, capitals have their small letter's
 *   rows      state → next state for each column, as offsets of rows, so that a step is one addition and one load
 *
 * States at which a literal ends have the highest numbers, so that one comparison per byte tells them.
 */
import { must } from "../base/assert.ts";

/** States are numbers from 0, the root; as a child or a sibling, 0 is none. */
interface Trie {
  columns: number;
  count: number;
  firstChild: number[];
  nextSibling: number[];
  /** By which a state is reached from its parent. */
  columnOf: number[];
  /** Of each state the groups of the literals that end there. */
  groups: (number[] | undefined)[];
}

export interface ScannedLiteral {
  /** In lower case, at least one byte. */
  text: string;
  /** What is marked when it is found; several literals may share one. */
  group: number;
}

const pieceBytes = 16_384;
/** The text under the machine: a text that was cut from another is slow to read byte by byte. */
const bytes = Buffer.alloc(pieceBytes);

export class LiteralScan {
  readonly #classes: Uint8Array;
  readonly #rows: Int32Array;
  readonly #columns: number;
  /** The first row at which a literal ends. */
  readonly #foundFrom: number;
  /** By state from there on: where its groups begin in `#groups`; one more entry than states. */
  readonly #groupsFrom: Int32Array;
  readonly #groups: Int32Array;

  constructor(literals: readonly ScannedLiteral[]) {
    this.#classes = classesOf(literals);
    const trie = trieOf(literals, this.#classes);
    const { next, order } = connect(trie);
    const { columns, count } = trie;
    this.#columns = columns;
    const found = order.filter((state) => trie.groups[state] !== undefined);
    const numbered = [...order.filter((state) => trie.groups[state] === undefined), ...found];
    const rowOf = new Int32Array(count);
    for (let index = 0; index < count; index += 1) rowOf[numbered[index] ?? 0] = index * columns;
    this.#foundFrom = (count - found.length) * columns;
    this.#rows = renumbered(next, rowOf, columns);
    const groups = found.map((state) => must(trie.groups[state], "a state at which a literal ends"));
    this.#groups = Int32Array.from(groups.flat());
    this.#groupsFrom = new Int32Array(groups.length + 1);
    for (const [index, list] of groups.entries())
      this.#groupsFrom[index + 1] = (this.#groupsFrom[index] ?? 0) + list.length;
  }

  /** Sets `marks[group]` to `mark` for each group of which the text holds a literal. */
  scan(text: string, marks: Int32Array, mark: number): void {
    let row = 0;
    for (let from = 0; from < text.length; from += pieceBytes) {
      const piece = text.length <= pieceBytes ? text : text.slice(from, from + pieceBytes);
      row = this.#scanPiece(bytes.write(piece, 0, "latin1"), row, marks, mark);
    }
  }

  #scanPiece(length: number, from: number, marks: Int32Array, mark: number): number {
    const classes = this.#classes;
    const rows = this.#rows;
    const foundFrom = this.#foundFrom;
    let row = from;
    for (let at = 0; at < length; at += 1) {
      row = rows[row + (classes[bytes[at] ?? 0] ?? 0)] ?? 0;
      if (row >= foundFrom) this.#mark(row, marks, mark);
    }
    return row;
  }

  #mark(row: number, marks: Int32Array, mark: number): void {
    const groups = this.#groups;
    const state = (row - this.#foundFrom) / this.#columns;
    const end = this.#groupsFrom[state + 1] ?? 0;
    for (let index = this.#groupsFrom[state] ?? 0; index < end; index += 1) marks[groups[index] ?? 0] = mark;
  }
}

function classesOf(literals: readonly ScannedLiteral[]): Uint8Array {
  const classes = new Uint8Array(256);
  let count = 1;
  for (const { text } of literals) {
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at) & 0xff;
      if (classes[code] === 0) classes[code] = count++;
    }
  }
  for (let small = 0x61; small <= 0x7a; small += 1) classes[small - 0x20] = classes[small] ?? 0;
  return classes;
}

/** The rows of `next` at their places, with the offsets of rows in them. */
function renumbered(next: Int32Array, rowOf: Int32Array, columns: number): Int32Array {
  const rows = new Int32Array(next.length);
  for (let state = 0; state < rowOf.length; state += 1) {
    const row = rowOf[state] ?? 0;
    const from = state * columns;
    for (let column = 0; column < columns; column += 1) rows[row + column] = rowOf[next[from + column] ?? 0] ?? 0;
  }
  return rows;
}

function trieOf(literals: readonly ScannedLiteral[], classes: Uint8Array): Trie {
  const columns = classes.reduce((most, column) => Math.max(most, column), 0) + 1;
  const trie: Trie = { columns, count: 1, firstChild: [0], nextSibling: [0], columnOf: [0], groups: [undefined] };
  for (const { text, group } of literals) {
    let state = 0;
    for (let at = 0; at < text.length; at += 1) {
      state = childOf(trie, state, classes[text.charCodeAt(at) & 0xff] ?? 0);
    }
    (trie.groups[state] ??= []).push(group);
  }
  return trie;
}

/** Made where it is not there yet. */
function childOf(trie: Trie, state: number, column: number): number {
  const { firstChild, nextSibling, columnOf } = trie;
  const first = firstChild[state] ?? 0;
  for (let child = first; child !== 0; child = nextSibling[child] ?? 0) if (columnOf[child] === column) return child;
  const child = trie.count;
  trie.count += 1;
  firstChild[state] = child;
  firstChild.push(0);
  nextSibling.push(first);
  columnOf.push(column);
  trie.groups.push(undefined);
  return child;
}

/**
 * Where a state has no way on, it goes on as the state does that stands for its longest proper ending; it ends what
 * that one ends too. `order`: the states from the root outwards, in which a state stands behind its ending.
 */
function connect(trie: Trie): { next: Int32Array; order: number[] } {
  const { columns, count, firstChild, nextSibling, columnOf, groups } = trie;
  const next = new Int32Array(count * columns);
  const order = [0];
  const endingOf = new Int32Array(count);
  for (let index = 0; index < order.length; index += 1) {
    const state = order[index] ?? 0;
    const ending = endingOf[state] ?? 0;
    if (state !== 0) {
      next.copyWithin(state * columns, ending * columns, (ending + 1) * columns);
      const inherited = groups[ending];
      if (inherited !== undefined) groups[state] = [...new Set([...(groups[state] ?? []), ...inherited])];
    }
    for (let child = firstChild[state] ?? 0; child !== 0; child = nextSibling[child] ?? 0) {
      const way = state * columns + (columnOf[child] ?? 0);
      // Until now the way on of the state's ending stands there; for children of the root that is the root.
      endingOf[child] = next[way] ?? 0;
      next[way] = child;
      order.push(child);
    }
  }
  return { next, order };
}
