/**
 * How much longer than its text a backtracking search for a pattern can take, found in the pattern's automaton:
 *
 *   exponential   two different ways round a loop take the same text: each further byte may double the time
 *   degree d      d loops in a chain can share the same text out among them in n^d ways, n bytes long; a search that
 *                 may begin anywhere counts as a loop
 *
 * What is found is an upper bound: it is not asked whether the rest of the pattern can fail, nor whether what stands
 * ahead or behind forbids it. (Weideman et al., "Analyzing matching time behavior of backtracking regular expression
 * matchers", 2016, has the criteria; the second is taken more coarsely here.)
 */
import { op, type Program } from "./linear-program.ts";
import { isNullable, lengthOf, type Tree } from "./regular-tree.ts";

export interface Risk {
  isExponential: boolean;
  /** 1: the time grows with the text and no faster. */
  degree: number;
}

/** Pairs of states that are looked at for one loop; loops that people write have some tens. */
const pairsMax = 250_000;

export function riskOf(program: Program): Risk {
  const { loops, aheadLoops, words } = program;
  const taken = riskOfLoops(program);
  if (aheadLoops.length === 0) return taken;
  // A look ahead is searched again from each place that the rest comes to, and that is one place in this case alone.
  const places = loops.length === 0 && words[0] === op.start ? 0 : taken.degree;
  const ahead = new Automaton(program, aheadLoops);
  return { isExponential: taken.isExponential || ahead.isExponential, degree: places + ahead.degreeFromAny };
}

function riskOfLoops(program: Program): Risk {
  const [only, another] = program.loops;
  // Nearly all patterns are as simple as this: one loop over one kind of byte can only share with where it begins.
  if (only === undefined) return { isExponential: false, degree: 1 };
  if (another === undefined && isOfOneByte(program, only)) {
    return { isExponential: false, degree: program.words[0] === op.start ? 1 : 2 };
  }
  const { isExponential, degree } = new Automaton(program, program.loops);
  return { isExponential, degree };
}

/** From so many rounds on, the ways to share a text out among them are too many, though their number has a limit. */
const roundsMin = 10;

/**
 * Whether a group is repeated without a limit that may match nothing, or many times and may be of several lengths: the
 * ways through it multiply, and no automaton has to be looked at.
 */
export function isEntangled(tree: Tree): boolean {
  switch (tree.kind) {
    case "sequence":
      return tree.parts.some(isEntangled);
    case "choice":
      return tree.options.some(isEntangled);
    case "group":
    case "ahead":
      return isEntangled(tree.body);
    case "loop":
      if (tree.max === Number.POSITIVE_INFINITY ? isNullable(tree.body) : isLongChain(tree)) return true;
      return isEntangled(tree.body);
    default:
      return false;
  }
}

function isLongChain({ body, max }: { body: Tree; max: number }): boolean {
  return max >= roundsMin && lengthOf(body) === undefined;
}

function isOfOneByte({ words }: Program, [begin, end]: readonly [number, number]): boolean {
  let count = 0;
  for (let word = begin; word < end; word += 1) {
    const what = words[word * 3];
    if (what === op.byte) count += 1;
    else if (what === op.split) return false;
  }
  return count === 1;
}

/** States are the words that take a byte; 2 counts as "more than one way". */
class Automaton {
  readonly #program: Program;
  readonly #closures = new Map<number, ReadonlyMap<number, number>>();
  readonly #meeting = new Map<number, boolean>();
  readonly #states: readonly number[];
  /** The states of each loop, by where it begins. */
  readonly #loops = new Map<number, readonly number[]>();
  readonly #degrees = new Map<number, number>();

  /** `loops`: those of the program that are looked at. */
  constructor(program: Program, loops: Program["loops"]) {
    this.#program = program;
    const count = program.words.length / 3;
    this.#states = Array.from({ length: count }, (_, word) => word).filter((word) => this.#what(word) === op.byte);
    this.#findLoops(loops);
  }

  get isExponential(): boolean {
    return [...this.#loops.values()].some((loop) => this.#isAmbiguous(loop));
  }

  #what(word: number): number {
    return this.#program.words[word * 3] ?? op.accept;
  }

  /** The states that may come next when the machine stands at a word, with in how many ways (1, or 2 for more). */
  #closure(word: number): ReadonlyMap<number, number> {
    const known = this.#closures.get(word);
    if (known !== undefined) return known;
    const found = new Map<number, number>();
    for (const next of this.#ways(word)) {
      if (this.#what(next) === op.byte) found.set(next, Math.min(2, (found.get(next) ?? 0) + 1));
      else
        for (const [state, ways] of this.#closure(next)) found.set(state, Math.min(2, (found.get(state) ?? 0) + ways));
    }
    this.#closures.set(word, found);
    return found;
  }

  /** Where a word that takes no byte leads; of one that does, what is behind it. */
  #ways(word: number): readonly number[] {
    const [, a = 0, b = 0] = this.#program.words.subarray(word * 3, word * 3 + 3);
    switch (this.#what(word)) {
      case op.split:
        return [a, b];
      case op.jump:
      case op.ahead:
        return [a];
      case op.accept:
        return [];
      default:
        return [word + 1];
    }
  }

  #set(state: number): number {
    return this.#program.words[state * 3 + 1] ?? 0;
  }

  /** Whether one byte can be taken by both states. */
  #meet(one: number, other: number): boolean {
    const [a, b] = [this.#set(one), this.#set(other)];
    if (a === b) return true;
    const key = Math.min(a, b) * 65_536 + Math.max(a, b);
    let isMeeting = this.#meeting.get(key);
    if (isMeeting === undefined) {
      const { sets } = this.#program;
      isMeeting = sets[a]?.some((flag, byte) => flag === 1 && sets[b]?.[byte] === 1) ?? false;
      this.#meeting.set(key, isMeeting);
    }
    return isMeeting;
  }

  #findLoops(loops: Program["loops"]): void {
    for (const [begin, end] of loops) {
      const states = this.#states.filter((state) => state >= begin && state < end);
      if (states.length > 0) this.#loops.set(begin, states);
    }
  }

  #reachedFrom(begin: readonly number[], isPassable: (state: number) => boolean = () => true): Set<number> {
    const reached = new Set<number>();
    const waiting = [...begin];
    for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
      for (const next of this.#closure(state).keys()) {
        if (reached.has(next)) continue;
        reached.add(next);
        if (isPassable(next)) waiting.push(next);
      }
    }
    return reached;
  }

  /** Whether a text leads round the loop in two ways: from one state over two different ones to one again. */
  #isAmbiguous(loop: readonly number[]): boolean {
    if (loop.length * loop.length > pairsMax) return false;
    const inside = new Set(loop);
    const next = (state: number): [number, number][] => [...this.#closure(state)].filter(([one]) => inside.has(one));
    if (loop.some((state) => next(state).some(([, ways]) => ways > 1))) return true;
    const count = this.#program.words.length;
    const before = new Map<number, number[]>();
    const waiting = loop.map((state): [number, number] => [state, state]);
    const seen = new Set(waiting.map(([state]) => state * count + state));
    for (let pair = waiting.pop(); pair !== undefined; pair = waiting.pop()) {
      for (const [one] of next(pair[0])) {
        for (const [other] of next(pair[1])) {
          if (!this.#meet(one, other)) continue;
          const key = one * count + other;
          before.set(key, [...(before.get(key) ?? []), pair[0] * count + pair[1]]);
          if (seen.has(key)) continue;
          seen.add(key);
          waiting.push([one, other]);
        }
      }
    }
    return leadsTogether(before, count);
  }

  /** That of the longest chain of loops, wherever in the program it begins. */
  get degreeFromAny(): number {
    return Math.max(1, ...[...this.#loops.keys()].map((loop) => this.#degreeOf(loop)));
  }

  get degree(): number {
    if (this.#what(0) === op.start) return this.degreeFromAny;
    const begin = this.#what(0) === op.byte ? [-1] : [];
    return Math.max(1, ...this.#followers(begin, undefined).map((one) => 1 + this.#degreeOf(one)));
  }

  #degreeOf(loop: number): number {
    let degree = this.#degrees.get(loop);
    if (degree === undefined) {
      this.#degrees.set(loop, 1);
      const followers = this.#followers(this.#loops.get(loop) ?? [], loop);
      degree = 1 + Math.max(0, ...followers.map((one) => this.#degreeOf(one)));
      this.#degrees.set(loop, degree);
    }
    return degree;
  }

  /** The loops that can take over from one (undefined: the search for where to begin) within the same text. */
  #followers(from: readonly number[], own: number | undefined): number[] {
    return [...this.#loops].flatMap(([loop, states]) => {
      if (loop === own) return [];
      const meetsLoop = (state: number): boolean => states.some((one) => this.#meet(one, state));
      if (own !== undefined && !from.some(meetsLoop)) return [];
      const begin = own === undefined ? this.#firstStates() : from;
      const reached = this.#reachedFrom(own === undefined ? begin.filter(meetsLoop) : begin, meetsLoop);
      const isReached = states.some((state) => reached.has(state) || (own === undefined && begin.includes(state)));
      return isReached ? [loop] : [];
    });
  }

  #firstStates(): number[] {
    return this.#what(0) === op.byte ? [0] : [...this.#closure(0).keys()];
  }
}

/** Whether a pair of two different states that was reached leads to a pair of the same. */
function leadsTogether(before: ReadonlyMap<number, readonly number[]>, count: number): boolean {
  const isSame = (key: number): boolean => Math.floor(key / count) === key % count;
  const waiting = [...before.keys()].filter(isSame);
  const seen = new Set(waiting);
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    for (const earlier of before.get(key) ?? []) {
      if (seen.has(earlier)) continue;
      if (!isSame(earlier)) return true;
      seen.add(earlier);
      waiting.push(earlier);
    }
  }
  return false;
}
