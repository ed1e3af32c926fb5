/**
 * A search whose time no text can drive up: by the JavaScript engine where that is quick in any case, which is nearly
 * always, and by a linear machine (linear-machine.ts), some twenty times slower, where a hostile text of this length
 * could make the JavaScript engine search for long. Both find the same.
 *
 * How long a text may be for the JavaScript engine follows from the risk of the pattern: n bytes cost n^d / d! steps at
 * most, and forty million of them take less than the 250 ms after which an event counts as poison.
 */
import { LinearMachine } from "./linear-machine.ts";
import { programOf } from "./linear-program.ts";
import { isEntangled, riskOf, type Risk } from "./pattern-risk.ts";
import { treeOf } from "./regular-tree.ts";

/** What a search found: where, and its groups, group i of the pattern at i - 1. */
export interface Found {
  index: number;
  end: number;
  groups: (string | undefined)[];
}

const stepsMax = 40_000_000;
/** Two to the power of this is little. */
const anyBytesMax = 16;
const repetition = /[*+]|\{\d/g;
const groupRepetition = /\)(?:[*+]|\{\d)/;
/** Something is looked for ahead before anything else, from wherever a match may begin. */
const aheadFirst = /^(?:\((?:\?:)?)*\(\?[=!]/;
const simple: Risk = { isExponential: false, degree: 1 };
const unknown: Risk = { isExponential: false, degree: 2 };
const entangled: Risk = { isExponential: true, degree: 1 };

export class BoundedSearch {
  readonly #source: string;
  readonly #regExp: RegExp;
  /** Looked for when it is asked for, or when the first text comes that is longer than what any pattern can bear. */
  #risk: Risk | undefined;
  #bytesMax = anyBytesMax;
  /** `null`: not asked for yet. */
  #machine: LinearMachine | undefined | null = null;

  /** `source`: a regular expression without flags. Throws what `RegExp` throws. */
  constructor(source: string) {
    this.#source = source;
    this.#regExp = new RegExp(source);
  }

  get risk(): Risk {
    if (this.#risk === undefined) {
      this.#risk = this.#riskOf(this.#source);
      this.#bytesMax = bytesMaxOf(this.#risk);
    }
    return this.#risk;
  }

  /** Whether a text can make it search exponentially long; no work where nothing that repeats is repeated. */
  get isExplosive(): boolean {
    return groupRepetition.test(this.#source) && this.risk.isExponential;
  }

  /** Whether a text can make it look through the same rest again from each of its bytes. */
  get looksAheadForLong(): boolean {
    return aheadFirst.test(this.#source) && /[*+]|,\}/.test(this.#source) && !this.isBounded;
  }

  /** Whether no text can make it search for long. */
  get isBounded(): boolean {
    return bytesMaxOf(this.risk) === Number.POSITIVE_INFINITY || this.#linear() !== undefined;
  }

  test(text: string): boolean {
    const machine = text.length <= this.#bytesMax ? undefined : this.#machineFor(text);
    return machine === undefined ? this.#regExp.test(text) : machine.run(text, false) >= 0;
  }

  exec(text: string): Found | undefined {
    const machine = text.length <= this.#bytesMax ? undefined : this.#machineFor(text);
    if (machine !== undefined) {
      const index = machine.run(text);
      return index < 0 ? undefined : { index, end: machine.end, groups: machine.groups(text) };
    }
    const found = this.#regExp.exec(text);
    if (found === null) return undefined;
    const { index } = found;
    return { index, end: index + found[0].length, groups: found.slice(1) };
  }

  /** Undefined where the JavaScript engine is quick with a text of this length, or where there is nothing else. */
  #machineFor(text: string): LinearMachine | undefined {
    return text.length <= bytesMaxOf(this.risk) ? undefined : this.#linear();
  }

  /** Most patterns repeat once at most, and cost no more than that to see. */
  #riskOf(source: string): Risk {
    const count = source.match(repetition)?.length ?? 0;
    if (count === 0) return simple;
    const isOfGroup = groupRepetition.test(source);
    if (count === 1 && !isOfGroup) return source.startsWith("^") && !source.includes("|") ? simple : unknown;
    const read = treeOf(source);
    if (read === undefined) return unknown;
    const program = programOf(read.tree, read.groupCount);
    if (program !== undefined) this.#machine = new LinearMachine(program);
    if (isOfGroup && isEntangled(read.tree)) return entangled;
    return program === undefined ? unknown : riskOf(program);
  }

  #linear(): LinearMachine | undefined {
    if (this.#machine === null) {
      const read = treeOf(this.#source);
      const program = read && programOf(read.tree, read.groupCount);
      this.#machine = program && new LinearMachine(program);
    }
    return this.#machine;
  }
}

function bytesMaxOf({ isExponential, degree }: Risk): number {
  if (isExponential) return anyBytesMax;
  if (degree === 1) return Number.POSITIVE_INFINITY;
  let steps = stepsMax;
  for (let factor = 2; factor <= degree; factor += 1) steps *= factor;
  return Math.floor(steps ** (1 / degree));
}
