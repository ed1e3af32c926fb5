/**
 * OS_Regex, the ruleset's own pattern language, as the token machine that Wazuh runs (ruleset-spec 4.3, 4.4). It is not
 * a regular expression engine, and shipped rules rely on the difference:
 *
 *   pattern     := alternative ("|" alternative)*   tried one after another over the whole subject; the first that
 *                                                   matches anywhere wins, not the leftmost place
 *   alternative := "^"? token* "$"?                 elsewhere `^` and `$` are literals
 *   token       := "(" | ")"                        a mark: opening and closing are the same thing
 *                | "\" one of dwspDWS.t$()\|<  ("+" | "*")?      a class, perhaps quantified
 *                | any other byte                   a literal, `.`, `*` and `+` among them
 *
 * A quantified class leaves as soon as the next token accepts a byte, and can be resumed at no more than four saved
 * places (os-regex-machine.ts). In front of the machine stand two exact filters: alternatives that are plain literals
 * are compared, and an alternative that needs a literal the subject lacks fails.
 */
import { type Literal, LiteralSet, outlineOf } from "./os-match.ts";
import { type Alternative, groupsOf, run } from "./os-regex-machine.ts";
import { alternativesOf, firstBytesOf } from "./os-regex-program.ts";
import type { Expression, ExpressionLanguage, ExpressionOptions, Match, Outline } from "./pattern.ts";
import { NO_MATCH, PatternError, unknownOutline } from "./pattern.ts";
import { Subject } from "./subject.ts";

const patternBytesMax = 20_480;

const scratch = new Subject();

export class OsRegex implements Expression {
  readonly language: ExpressionLanguage = "osregex";
  readonly pattern: string;
  readonly firstBytes: Uint8Array | undefined;
  readonly outline: Outline;
  readonly #alternatives: readonly Alternative[];
  /** Set when no alternative has a class: `test` is then a comparison. */
  readonly #literals: LiteralSet | undefined;
  readonly #negate: boolean;
  readonly #records: boolean;

  constructor(pattern: string, options: ExpressionOptions = {}) {
    if (pattern.length > patternBytesMax) {
      throw new PatternError(`an OS_Regex pattern may have ${patternBytesMax} bytes, this one has ${pattern.length}`);
    }
    this.pattern = pattern;
    this.#negate = options.negate ?? false;
    this.#alternatives = alternativesOf(pattern);
    this.#records = (options.captures ?? false) && this.#alternatives.some(({ marks }) => marks.length > 0);
    const literals = this.#alternatives.flatMap(({ literal }) => literal ?? []);
    this.#literals = literals.length === this.#alternatives.length ? new LiteralSet(literals) : undefined;
    this.firstBytes = firstBytesOf(this.#alternatives);
    this.outline =
      this.#literals === undefined
        ? neededOutline(this.#alternatives, this.#negate)
        : outlineOf(literals, this.#negate);
  }

  test(subject: Subject): boolean {
    const isMatch =
      this.#literals === undefined ? this.match(subject, 0) !== NO_MATCH : this.#literals.has(subject.lower);
    return isMatch !== this.#negate;
  }

  testText(text: string): boolean {
    return this.test(scratch.set(text));
  }

  match(subject: Subject, from: number): number {
    const lower = subject.lower;
    for (const alternative of this.#alternatives) {
      const pointer = runFiltered(alternative, lower, from, this.#records);
      if (pointer !== NO_MATCH) return pointer;
    }
    return NO_MATCH;
  }

  exec(subject: Subject, from: number): Match | undefined {
    const lower = subject.lower;
    for (const alternative of this.#alternatives) {
      const pointer = runFiltered(alternative, lower, from, this.#records);
      if (pointer === NO_MATCH) continue;
      const groups = this.#records ? groupsOf(alternative.marks, subject.raw) : [];
      return groups && { pointer, groups };
    }
    return undefined;
  }
}

function neededOutline(alternatives: readonly Alternative[], isNegated: boolean): Outline {
  const needed = alternatives.map((alternative) => alternative.needed);
  return isNegated || needed.includes("") ? unknownOutline : { ...unknownOutline, needed };
}

function runFiltered(alternative: Alternative, lower: string, from: number, records: boolean): number {
  const { literal, needed, prefix } = alternative;
  if (literal !== undefined) return findLiteral(literal, lower, from);
  if (prefix !== "" && !lower.startsWith(prefix, from)) return NO_MATCH;
  if (needed !== "" && !lower.includes(needed, from)) return NO_MATCH;
  return run(alternative, lower, from, records);
}

/** What the machine would find, by the string functions. */
function findLiteral({ place, text }: Literal, lower: string, from: number): number {
  const atLeast = lower.length - text.length;
  const at =
    place === 0
      ? lower.indexOf(text, from)
      : place === 1
        ? lower.startsWith(text, from)
          ? from
          : -1
        : place === 2
          ? atLeast >= from && lower.endsWith(text)
            ? atLeast
            : -1
          : atLeast === from && lower.endsWith(text)
            ? from
            : -1;
  return at < 0 ? NO_MATCH : at + text.length - 1;
}
