/**
 * OS_Match, the simplest of the ruleset's languages (ruleset-spec 4.2). There are no escapes:
 *
 *   pattern     := "!"? alternative ("|" alternative)*      "!" inverts the whole
 *   alternative := "^"? literal "$"?                        equality, prefix, suffix or substring
 *
 * An empty alternative is always true, and so are `^` and `$` alone; `^$` is the empty text. Case is ignored (A to Z).
 */
import type { Expression, ExpressionLanguage, ExpressionOptions, Match, Outline } from "./pattern.ts";
import { NO_MATCH, PatternError } from "./pattern.ts";
import { lowerAscii, Subject } from "./subject.ts";

const patternBytesMax = 20_480;

/** Where a literal may stand. Numbers, because the hot loop switches on them. */
const anywhere = 0;
const atStart = 1;
const atEnd = 2;
const whole = 3;

export interface Literal {
  place: typeof anywhere | typeof atStart | typeof atEnd | typeof whole;
  /** In lower case. */
  text: string;
}

/** Above this many whole literals a set is asked instead of one after another. */
const setFrom = 4;

/** Alternatives that are plain literals; also how an OS_Regex without any class is run. */
export class LiteralSet {
  readonly #equal: ReadonlySet<string> | undefined;
  readonly #literals: readonly Literal[];
  readonly #isAlwaysTrue: boolean;

  constructor(literals: readonly Literal[]) {
    const equal = literals.filter(({ place }) => place === whole);
    const useSet = equal.length >= setFrom;
    this.#equal = useSet ? new Set(equal.map(({ text }) => text)) : undefined;
    this.#literals = useSet ? literals.filter(({ place }) => place !== whole) : literals;
    this.#isAlwaysTrue = literals.some(({ place, text }) => place !== whole && text === "");
  }

  /** `lower` is in lower case. */
  has(lower: string): boolean {
    if (this.#isAlwaysTrue) return true;
    if (this.#equal?.has(lower) === true) return true;
    for (const { place, text } of this.#literals) {
      if (holds(place, text, lower)) return true;
    }
    return false;
  }
}

function holds(place: Literal["place"], text: string, lower: string): boolean {
  switch (place) {
    case anywhere:
      return lower.includes(text);
    case atStart:
      return lower.startsWith(text);
    case atEnd:
      return lower.endsWith(text);
    case whole:
      return lower === text;
  }
}

/** The literal between an optional `^` and an optional `$`. */
export function literalOf(text: string, isAnchored: boolean, isEndAnchored: boolean): Literal {
  const place = isAnchored ? (isEndAnchored ? whole : atStart) : isEndAnchored ? atEnd : anywhere;
  return { place, text: lowerAscii(text) };
}

function parseAlternative(alternative: string): Literal {
  const isAnchored = alternative.startsWith("^");
  const isEndAnchored = alternative.endsWith("$") && alternative.length > (isAnchored ? 1 : 0);
  const text = alternative.slice(isAnchored ? 1 : 0, isEndAnchored ? -1 : undefined);
  return literalOf(text, isAnchored, isEndAnchored);
}

/** The first bytes of whole and prefix alternatives, or undefined when one may begin with anything. */
function firstBytesOf(literals: readonly Literal[]): Uint8Array | undefined {
  const bytes = new Uint8Array(256);
  for (const { place, text } of literals) {
    if (text === "" || place === anywhere || place === atEnd) return undefined;
    const code = text.charCodeAt(0);
    bytes[code] = 1;
    if (code >= 0x61 && code <= 0x7a) bytes[code - 0x20] = 1;
  }
  return bytes;
}

/** Of alternatives; `isInverted`: a text that matches is one that they do not. */
export function outlineOf(literals: readonly Literal[], isInverted: boolean): Outline {
  const texts = literals.map(({ text }) => text);
  return {
    needed: isInverted || texts.includes("") ? undefined : texts,
    values: isInverted || literals.some(({ place }) => place !== whole) ? undefined : texts,
    isComparison: true,
  };
}

const scratch = new Subject();

export class OsMatch implements Expression {
  readonly language: ExpressionLanguage = "osmatch";
  readonly pattern: string;
  readonly firstBytes: Uint8Array | undefined;
  readonly outline: Outline;
  readonly #literals: LiteralSet;
  readonly #isInverted: boolean;
  readonly #negate: boolean;

  constructor(pattern: string, options: ExpressionOptions = {}) {
    if (pattern.length > patternBytesMax) {
      throw new PatternError(`an OS_Match pattern may have ${patternBytesMax} bytes, this one has ${pattern.length}`);
    }
    this.pattern = pattern;
    // OSSEC knows no inversion: there the mark is a literal.
    this.#isInverted = pattern.startsWith("!") && options.flavour !== "ossec";
    this.#negate = options.negate ?? false;
    const literals = (this.#isInverted ? pattern.slice(1) : pattern).split("|").map(parseAlternative);
    this.#literals = new LiteralSet(literals);
    this.firstBytes = this.#isInverted ? undefined : firstBytesOf(literals);
    this.outline = outlineOf(literals, this.#isInverted || this.#negate);
  }

  test(subject: Subject): boolean {
    return (this.#literals.has(subject.lower) !== this.#isInverted) !== this.#negate;
  }

  testText(text: string): boolean {
    return this.test(scratch.set(text));
  }

  /** OS_Match has no end pointer: what follows is taken to begin at the end of the text. */
  match(subject: Subject, from: number): number {
    const isMatch = this.#literals.has(from === 0 ? subject.lower : subject.lower.slice(from)) !== this.#isInverted;
    return isMatch ? subject.raw.length - 1 : NO_MATCH;
  }

  exec(subject: Subject, from: number): Match | undefined {
    const pointer = this.match(subject, from);
    return pointer === NO_MATCH ? undefined : { pointer, groups: [] };
  }
}
