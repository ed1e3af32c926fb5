/**
 * Program names by what rules make of them. Names of which every rule thinks alike are of one *class*, and there are
 * far fewer classes than names. Only expressions that compare literals are asked: they take no time to speak of, so
 * nobody needs to be told which one is at work.
 */
import { ownCopy } from "../own-copy.ts";
import { Subject } from "../../syntax/subject.ts";
import type { Expression } from "../../syntax/pattern.ts";
import type { Rule } from "./rule.ts";

/** Nothing is known of the name: every rule may match it. */
const unknownClass = 0;
/** Strangers choose program names; beyond this many the names are learned anew, and no class is made any more. */
const namesMax = 4_096;
const classesMax = 1_024;
/** Longer ones are no names of programs, and are not worth the memory. */
const nameBytesMax = 64;

export class ProgramNames {
  readonly classesMax = classesMax;
  readonly #expressions: Expression[] = [];
  /** By rule: which expression it asks, or -1. */
  readonly #expressionOf: Int32Array;
  /** By class: for each expression, whether it accepts such a name. */
  readonly #verdicts: Uint8Array[] = [];
  readonly #classOfVerdicts = new Map<string, number>();
  readonly #classOfName = new Map<string, number>();
  readonly #classOfNone: number;
  readonly #subject = new Subject();

  constructor(rules: readonly Rule[]) {
    this.#expressionOf = new Int32Array(rules.length).fill(-1);
    const known = new Map<Expression, number>();
    for (const { index, programName } of rules) {
      if (programName === undefined) continue;
      let number = known.get(programName);
      if (number === undefined) {
        number = this.#expressions.push(programName) - 1;
        known.set(programName, number);
      }
      this.#expressionOf[index] = number;
    }
    this.#verdicts.push(new Uint8Array(this.#expressions.length).fill(1));
    // A missing value never matches.
    this.#classOfNone = this.#classOfAll(new Uint8Array(this.#expressions.length));
  }

  classOf(name: string | undefined): number {
    if (name === undefined) return this.#classOfNone;
    if (name.length > nameBytesMax) return unknownClass;
    let found = this.#classOfName.get(name);
    if (found === undefined) {
      found = this.#learn(name);
      if (this.#classOfName.size >= namesMax) this.#classOfName.clear();
      this.#classOfName.set(ownCopy(name), found);
    }
    return found;
  }

  #learn(name: string): number {
    this.#subject.set(name);
    return this.#classOfAll(Uint8Array.from(this.#expressions, (one) => (one.test(this.#subject) ? 1 : 0)));
  }

  #classOfAll(verdicts: Uint8Array): number {
    const key = verdicts.join("");
    let found = this.#classOfVerdicts.get(key);
    if (found === undefined) {
      if (this.#verdicts.length >= classesMax) return unknownClass;
      found = this.#verdicts.push(verdicts) - 1;
      this.#classOfVerdicts.set(key, found);
    }
    return found;
  }

  /** Whether the rule's demand on the program name may be fulfilled by names of the class. */
  isPossible(rule: Rule, nameClass: number): boolean {
    const expression = this.#expressionOf[rule.index] ?? -1;
    return expression < 0 || this.#verdicts[nameClass]?.[expression] === 1;
  }
}
