/** The default language of a rule's `action`: equality, case and all. */
import type { Expression, ExpressionLanguage, ExpressionOptions, Match, Outline } from "./pattern.ts";
import { NO_MATCH } from "./pattern.ts";
import { lowerAscii, type Subject } from "./subject.ts";

export class ExactText implements Expression {
  readonly language: ExpressionLanguage = "exact";
  readonly pattern: string;
  readonly firstBytes = undefined;
  readonly outline: Outline;
  readonly #negate: boolean;

  constructor(pattern: string, options: ExpressionOptions = {}) {
    this.pattern = pattern;
    this.#negate = options.negate ?? false;
    this.outline = {
      needed: undefined,
      values: this.#negate ? undefined : [lowerAscii(pattern)],
      isComparison: true,
    };
  }

  test(subject: Subject): boolean {
    return (subject.raw === this.pattern) !== this.#negate;
  }

  testText(text: string): boolean {
    return (text === this.pattern) !== this.#negate;
  }

  match(subject: Subject, from: number): number {
    const isEqual = subject.raw.length - from === this.pattern.length && subject.raw.startsWith(this.pattern, from);
    return isEqual ? subject.raw.length - 1 : NO_MATCH;
  }

  exec(subject: Subject, from: number): Match | undefined {
    const pointer = this.match(subject, from);
    return pointer === NO_MATCH ? undefined : { pointer, groups: [] };
  }
}
