/**
 * PCRE2 patterns, run by the JavaScript engine. The translation (pcre2-translation.ts) is exact in span and captures
 * for what it accepts, and refuses the rest, with two known differences, of which `difference` tells. A group inside a
 * repeated group keeps the value of an earlier round in PCRE2, and is unset in JavaScript. And where a repeated group
 * may match nothing, as in `(a*)*`, PCRE2 ends with a round that matches nothing, and JavaScript does without it.
 */
import { isUtf8 } from "node:buffer";
import { BoundedSearch } from "./bounded-search.ts";
import type { Expression, ExpressionLanguage, ExpressionOptions, Match, Outline } from "./pattern.ts";
import { NO_MATCH, PatternError, unknownOutline } from "./pattern.ts";
import type { Risk } from "./pattern-risk.ts";
import type { Difference } from "./pcre2-quantifier.ts";
import { translatePcre2 } from "./pcre2-translation.ts";
import type { Subject } from "./subject.ts";

const patternBytesMax = 20_480;

export class Pcre2 implements Expression {
  readonly language: ExpressionLanguage = "pcre2";
  readonly pattern: string;
  readonly firstBytes: Uint8Array | undefined;
  readonly outline: Outline;
  /** What may come out otherwise than in PCRE2, as far as it is asked for: groups are only with `captures`. */
  readonly difference: Difference | undefined;
  readonly #search: BoundedSearch;
  /** A literal without which there is no match: looked for first, because that is many times cheaper. */
  readonly #needed: string;
  /** After `(*UTF)` a subject that is not valid UTF-8 never matches. */
  readonly #isUtf: boolean;
  readonly #negate: boolean;

  constructor(pattern: string, options: ExpressionOptions = {}) {
    if (pattern.length > patternBytesMax) {
      throw new PatternError(`a PCRE2 pattern may have ${patternBytesMax} bytes, this one has ${pattern.length}`);
    }
    this.pattern = pattern;
    this.#negate = options.negate ?? false;
    const { source, isUtf, needed, difference } = translatePcre2(pattern, options.flavour === "ossec");
    this.difference = difference === "span" || options.captures ? difference : undefined;
    this.#isUtf = isUtf;
    this.#needed = needed;
    this.outline = needed === "" || this.#negate ? unknownOutline : { ...unknownOutline, needed: [needed] };
    this.firstBytes = firstBytesOf(source);
    try {
      this.#search = new BoundedSearch(source);
    } catch (error) {
      throw new PatternError(`the PCRE2 pattern cannot be run: ${String(error)}`, { cause: error });
    }
  }

  /** What a text can make of it where it is searched for step by step (pattern-risk.ts). */
  get risk(): Risk {
    return this.#search.risk;
  }

  /** Whether a text can make a search for it take exponentially long. */
  get isExplosive(): boolean {
    return this.#search.isExplosive;
  }

  /** Whether a long text can hold it up, since it begins by looking ahead without a limit. */
  get looksAheadForLong(): boolean {
    return this.#search.looksAheadForLong;
  }

  /** Whether it is searched for in linear time where that is needed. */
  get isBounded(): boolean {
    return this.#search.isBounded;
  }

  test(subject: Subject): boolean {
    return (this.#hasNeeded(subject, 0) && this.#matches(subject.raw)) !== this.#negate;
  }

  testText(text: string): boolean {
    return this.#matches(text) !== this.#negate;
  }

  #hasNeeded(subject: Subject, from: number): boolean {
    return this.#needed === "" || subject.lower.includes(this.#needed, from);
  }

  #matches(text: string): boolean {
    return (!this.#isUtf || isUtf8(Buffer.from(text, "latin1"))) && this.#search.test(text);
  }

  match(subject: Subject, from: number): number {
    return this.exec(subject, from)?.pointer ?? NO_MATCH;
  }

  exec(subject: Subject, from: number): Match | undefined {
    if (!this.#hasNeeded(subject, from)) return undefined;
    const text = from === 0 ? subject.raw : subject.raw.slice(from);
    if (this.#isUtf && !isUtf8(Buffer.from(text, "latin1"))) return undefined;
    const found = this.#search.exec(text);
    if (found === undefined) return undefined;
    const { groups } = found;
    while (groups.length > 0 && groups.at(-1) === undefined) groups.pop();
    return { pointer: from + found.end - 1, groups };
  }
}

/** Known only for a pattern whose one alternative begins with a plain letter, digit or blank after `^`. */
function firstBytesOf(source: string): Uint8Array | undefined {
  const first = /^\^([A-Za-z0-9 ])(?![*?{])/.exec(source)?.[1];
  if (first === undefined || source.includes("|")) return undefined;
  const bytes = new Uint8Array(256);
  bytes[first.charCodeAt(0)] = 1;
  return bytes;
}
