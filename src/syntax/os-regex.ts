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
 * places. The machine below follows the specification step by step; its odd corners (a flag that leaks, an end pointer
 * that lags behind a trailing class) are what decoders were written against. In front of it stand two exact filters:
 * alternatives that are plain literals are compared, and an alternative that needs a literal the subject lacks fails.
 */
import type { Expression, ExpressionLanguage, ExpressionOptions, Match, Outline } from "./pattern.ts";
import { NO_MATCH, PatternError, unknownOutline } from "./pattern.ts";
import { type Literal, literalOf, LiteralSet, outlineOf } from "./os-match.ts";
import { lowerAscii, Subject } from "./subject.ts";

const patternBytesMax = 20_480;
/** How many places a quantified class can be resumed at. */
const slotsMax = 4;
/** No byte taken yet: different from every end pointer. */
const noneTaken = -2;

const kindMark = 0;
const kindClass = 1;
const kindLiteral = 2;
const once = 0;
const plus = 1;
const star = 2;

const openingBracket = 0x28;

function byteSet(accepts: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => (accepts(code) ? 1 : 0));
}

const oneOf = (characters: string): Uint8Array => byteSet((code) => characters.includes(String.fromCharCode(code)));
const complement = (set: Uint8Array): Uint8Array => set.map((flag) => 1 - flag);

const digits = oneOf("0123456789");
const words = byteSet((code) => /[A-Za-z0-9\-@_]/.test(String.fromCharCode(code)));
const spaces = oneOf(" ");

const classes: ReadonlyMap<string, Uint8Array> = new Map([
  ["d", digits],
  ["w", words],
  ["s", spaces],
  ["p", oneOf("!\"#$%&'()*+,-.:;<=>?[]{|}")],
  ["D", complement(digits)],
  ["W", complement(words)],
  ["S", complement(spaces)],
  [".", byteSet(() => true)],
  ["t", oneOf("\t")],
  ...["$", "(", ")", "\\", "|", "<"].map((character): [string, Uint8Array] => [character, oneOf(character)]),
]);

interface Token {
  kind: typeof kindMark | typeof kindClass | typeof kindLiteral;
  /** Of a class. */
  set: Uint8Array | undefined;
  quantifier: typeof once | typeof plus | typeof star;
  /** Of a literal, in lower case; of a mark, the opening bracket that it counts as where a literal is looked for. */
  code: number;
}

interface Alternative {
  isAnchored: boolean;
  isEndAnchored: boolean;
  /** Tokens, one per index, as parallel arrays; `count` of them. */
  kinds: Uint8Array;
  sets: readonly Uint8Array[];
  quantifiers: Uint8Array;
  codes: Uint8Array;
  /** Number of the mark, for the tokens that are one. */
  markOf: Uint16Array;
  /** Whether at most one character of the pattern follows the class escape at this token. */
  endsSoon: Uint8Array;
  count: number;
  /** Where each mark was met in the last run; -1 where it was not. */
  marks: Int32Array;
  /** A run of literals that every match holds, in lower case; empty when there is none. */
  needed: string;
  /** An anchored alternative's literals before its first class; empty when there are none. */
  prefix: string;
  /** The whole alternative when it is nothing but literals; its tokens are then left out. */
  literal: Literal | undefined;
}

/** The alternatives' texts: an escaped `|` separates nothing. */
function splitAlternatives(pattern: string): string[] {
  const parts: string[] = [];
  let begin = 0;
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at];
    if (character === "\\") at += 1;
    else if (character === "|") {
      parts.push(pattern.slice(begin, at));
      begin = at + 1;
    }
  }
  parts.push(pattern.slice(begin));
  return parts;
}

function readClass(text: string, at: number, pattern: string): Token {
  const letter = text[at + 1];
  if (letter === undefined) throw new PatternError(`the OS_Regex pattern ends in a lone backslash: ${pattern}`);
  const set = classes.get(letter);
  if (set === undefined) throw new PatternError(`OS_Regex knows no escape \\${letter}: ${pattern}`);
  const next = text[at + 2];
  const quantifier = next === "+" ? plus : next === "*" ? star : once;
  return { kind: kindClass, set, quantifier, code: 0 };
}

/** The tokens of an alternative without its anchors, and the offset of each in `text`. */
function tokenise(text: string, pattern: string): { tokens: Token[]; offsets: number[] } {
  const tokens: Token[] = [];
  const offsets: number[] = [];
  let isOpen = false;
  let at = 0;
  while (at < text.length) {
    const character = text.charAt(at);
    offsets.push(at);
    if (character === "\\") {
      const token = readClass(text, at, pattern);
      tokens.push(token);
      at += token.quantifier === once ? 2 : 3;
      continue;
    }
    if (character === "(" || character === ")") {
      if ((character === "(") === isOpen) {
        throw new PatternError(`parentheses in OS_Regex may not nest and must be balanced: ${pattern}`);
      }
      isOpen = !isOpen;
      tokens.push({ kind: kindMark, set: undefined, quantifier: once, code: openingBracket });
    } else {
      tokens.push({ kind: kindLiteral, set: undefined, quantifier: once, code: lowerAscii(character).charCodeAt(0) });
    }
    at += 1;
  }
  if (isOpen) throw new PatternError(`a parenthesis is not closed within its OS_Regex alternative: ${pattern}`);
  return { tokens, offsets };
}

function textOf(tokens: readonly Token[]): string {
  return String.fromCharCode(...tokens.map(({ code }) => code));
}

/** Bytes that nearly every log holds: a run of nothing else rules little out. */
const commonBytes = /^[a-z0-9 :.,\-/=_]*$/;

function worthOf(literals: string): number {
  return literals.length * 4 + (commonBytes.test(literals) ? 0 : 6);
}

/**
 * The most telling run of literals that no match can do without. The last literal does not count when an unquantified
 * class stands before it: the machine may then end without looking at it.
 */
function neededLiteral(tokens: readonly Token[]): string {
  let best = "";
  let run = "";
  const endRun = (): void => {
    if (worthOf(run) > worthOf(best)) best = run;
    run = "";
  };
  for (const [index, { kind, code }] of tokens.entries()) {
    const before = tokens[index - 1];
    const isLast = index === tokens.length - 1;
    const isSkippable = isLast && before?.kind === kindClass && before.quantifier === once;
    if (kind === kindLiteral && !isSkippable) run += String.fromCharCode(code);
    else endRun();
  }
  endRun();
  return best;
}

function literalPrefix(tokens: readonly Token[]): string {
  const end = tokens.findIndex(({ kind }) => kind !== kindLiteral);
  return textOf(end < 0 ? tokens : tokens.slice(0, end));
}

/** Bytes that make a pattern more than a literal. */
const special = /[\\()]/;
const noTokens = new Uint8Array(0);
const noMarks = new Int32Array(0);
const noMarkNumbers = new Uint16Array(0);

/** It is never run by the machine, so it has no tokens. */
function literalAlternative(text: string, isAnchored: boolean, isEndAnchored: boolean): Alternative {
  const literal = literalOf(text, isAnchored, isEndAnchored);
  return {
    isAnchored,
    isEndAnchored,
    kinds: noTokens,
    sets: [],
    quantifiers: noTokens,
    codes: noTokens,
    markOf: noMarkNumbers,
    endsSoon: noTokens,
    count: 0,
    marks: noMarks,
    needed: literal.text,
    prefix: isAnchored ? literal.text : "",
    literal,
  };
}

function compileAlternative(whole: string, pattern: string): Alternative {
  const isAnchored = whole.startsWith("^");
  let text = isAnchored ? whole.slice(1) : whole;
  const isEndAnchored = endsInAnchor(text);
  if (isEndAnchored) text = text.slice(0, -1);
  if (text !== "" && !special.test(text)) return literalAlternative(text, isAnchored, isEndAnchored);
  const { tokens, offsets } = tokenise(text, pattern);
  const markOf = new Uint16Array(tokens.length);
  let markCount = 0;
  for (const [index, { kind }] of tokens.entries()) if (kind === kindMark) markOf[index] = markCount++;
  return {
    isAnchored,
    isEndAnchored,
    kinds: Uint8Array.from(tokens, ({ kind }) => kind),
    sets: tokens.map(({ set }) => set ?? digits),
    quantifiers: Uint8Array.from(tokens, ({ quantifier }) => quantifier),
    codes: Uint8Array.from(tokens, ({ code }) => code),
    markOf,
    endsSoon: Uint8Array.from(offsets, (offset) => (text.length - (offset + 2) <= 1 ? 1 : 0)),
    count: tokens.length,
    marks: new Int32Array(markCount),
    needed: neededLiteral(tokens),
    prefix: isAnchored ? literalPrefix(tokens) : "",
    literal: undefined,
  };
}

/** Whether the text ends in a `$` that no backslash escapes. */
function endsInAnchor(text: string): boolean {
  if (!text.endsWith("$")) return false;
  let backslashes = 0;
  while (text[text.length - 2 - backslashes] === "\\") backslashes += 1;
  return backslashes % 2 === 0;
}

const slotTokens = new Int32Array(slotsMax);
const slotIndexes = new Int32Array(slotsMax);

/**
 * Runs one alternative on `text` (in lower case) from `from`; returns the end pointer or `NO_MATCH`. Fills
 * `alternative.marks` when `records`. The names are the specification's: `p` token, `i` byte, `taken` its M, `restart`
 * its A.
 */
function run(alternative: Alternative, text: string, from: number, records: boolean): number {
  const { kinds, sets, quantifiers, codes, markOf, endsSoon, count, marks, isAnchored, isEndAnchored } = alternative;
  const n = text.length;
  let p = 0;
  let i = from;
  let taken = false;
  let last = from;
  let restart = -1;
  let slots = 0;
  if (records) marks.fill(-1);
  scan: while (i < n) {
    fail: {
      if (p === count) {
        if (!isEndAnchored) return found(last);
        break fail;
      }
      if (kinds[p] === kindMark) {
        if (records) marks[markOf[p]!] = i;
        p += 1;
        if (p === count) {
          if (!isEndAnchored) return found(last);
          break fail;
        }
      }
      const code = text.charCodeAt(i);
      if (kinds[p] !== kindClass) {
        if (codes[p] !== code) break fail;
        p += 1;
        if (restart < 0) restart = i;
        last = i;
        i += 1;
        continue scan;
      }
      const quantifier = quantifiers[p];
      if (sets[p]![code] === 1) {
        if (quantifier === once) {
          p += 1;
          if (restart < 0) restart = i;
          last = i;
          i += 1;
          continue scan;
        }
        if (quantifier === star) taken = true;
        if (taken) {
          let next = p + 1;
          const mark = next < count && kinds[next] === kindMark ? next++ : -1;
          if (next === count) {
            if (mark >= 0 && records) marks[markOf[mark]!] = i + 1;
            i += 1;
            continue scan;
          }
          const isClass = kinds[next] === kindClass;
          if (isClass ? sets[next]![code] === 1 : codes[next] === code) {
            const shares = isClass && quantifiers[next] !== once;
            if (!isClass) taken = false;
            if (mark >= 0 && records) marks[markOf[mark]!] = i;
            if (slots < slotsMax) {
              slotTokens[slots] = p;
              slotIndexes[slots] = i;
              slots += 1;
            }
            p = shares ? next : next + 1;
          }
        } else {
          if (records && p + 1 < count && kinds[p + 1] === kindMark) marks[markOf[p + 1]!] = i === n - 1 ? i + 1 : i;
          taken = true;
        }
        last = i;
        i += 1;
        continue scan;
      }
      if (endsSoon[p] === 1 && taken && last !== noneTaken) {
        last = i;
        if (!isEndAnchored) return found(last);
      } else if (quantifier === plus && taken) {
        p += 1;
        taken = false;
        continue scan;
      } else if (quantifier === star) {
        p += 1;
        last = i - 1;
        taken = false;
        continue scan;
      }
      taken = false;
    }
    if (slots > 0) {
      slots -= 1;
      p = slotTokens[slots]!;
      i = slotIndexes[slots]! + 1;
      continue;
    }
    if (isAnchored) return NO_MATCH;
    if (restart >= 0) {
      i = restart;
      restart = -1;
    }
    p = 0;
    last = noneTaken;
    i += 1;
  }
  if (records) p = markEnd(alternative, p, n);
  return acceptsAtEnd(alternative, p, taken) ? found(last) : NO_MATCH;
}

/** Accepting before any byte was taken is no match. */
function found(last: number): number {
  return last === noneTaken ? NO_MATCH : last;
}

/**
 * At the end of the subject the mark behind any number of `class*` stands at the end. Returns the token reached: the
 * machine goes on from there, so that a pattern with captures accepts a little more than the same one without.
 */
function markEnd({ kinds, quantifiers, markOf, marks, count }: Alternative, from: number, end: number): number {
  let p = from;
  while (p < count && kinds[p] === kindClass && quantifiers[p] === star) p += 1;
  if (p < count && kinds[p] === kindMark) marks[markOf[p]!] = end;
  return p;
}

/** Whether the tokens from `p` on can do without another byte. */
function acceptsAtEnd({ kinds, quantifiers, count }: Alternative, p: number, taken: boolean): boolean {
  // Beyond the last token there is a kind that is none: no closure tells it, because this runs for each event.
  let c = p + isMark(kinds[p]);
  if (c === count) return true;
  let isInsidePlus = false;
  if (kinds[c] === kindClass && taken) {
    const isQuantified = quantifiers[c] !== once;
    c += 1;
    if (isQuantified) {
      c += isMark(kinds[c]);
      if (c === count) return true;
      if (kinds[c] === kindClass) {
        const follower = quantifiers[c];
        c += 1;
        isInsidePlus = follower === plus;
        if (follower === star) {
          c += isMark(kinds[c]);
          if (c === count) return true;
        }
      }
    }
  }
  if (!isInsidePlus && kinds[c] === kindClass && quantifiers[c] === star) {
    c += 1;
    return c + isMark(kinds[c]) === count;
  }
  return false;
}

function isMark(kind: number | undefined): 0 | 1 {
  return kind === kindMark ? 1 : 0;
}

/** The bytes that a match of an anchored pattern can begin with. */
function firstBytesOf(alternatives: readonly Alternative[]): Uint8Array | undefined {
  const bytes = new Uint8Array(256);
  for (const { isAnchored, kinds, sets, quantifiers, codes, count, literal } of alternatives) {
    if (literal !== undefined) {
      if (!isAnchored) return undefined;
      addFirstByte(bytes, literal.text.charCodeAt(0));
      continue;
    }
    const first = kinds[0] === kindMark ? 1 : 0;
    if (!isAnchored || first >= count || kinds[first] === kindMark || quantifiers[first] === star) return undefined;
    if (kinds[first] === kindClass) sets[first]!.forEach((flag, code) => (bytes[code]! |= flag));
    else addFirstByte(bytes, codes[first]!);
  }
  return bytes;
}

/** `code` is in lower case. */
function addFirstByte(bytes: Uint8Array, code: number): void {
  bytes[code] = 1;
  if (code >= 0x61 && code <= 0x7a) bytes[code - 0x20] = 1;
}

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
    this.#alternatives = splitAlternatives(pattern).map((text) => compileAlternative(text, pattern));
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
      return withGroups(pointer, this.#records ? alternative.marks : undefined, subject.raw);
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

/** Marks in pairs until one is missing; a group that ends before it begins makes it no match. */
function withGroups(pointer: number, marks: Int32Array | undefined, raw: string): Match | undefined {
  const groups: string[] = [];
  if (marks === undefined) return { pointer, groups };
  for (let index = 0; index + 1 < marks.length; index += 2) {
    const begin = marks[index]!;
    const end = marks[index + 1]!;
    if (begin < 0 || end < 0) break;
    if (end < begin) return undefined;
    groups.push(raw.slice(begin, end));
  }
  return { pointer, groups };
}
