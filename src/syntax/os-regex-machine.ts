/**
 * The token machine of OS_Regex (os-regex.ts), step by step as the specification has it (ruleset-spec 4.3, 4.4). Its
 * odd corners (a flag that leaks, an end pointer that lags behind a trailing class) are what decoders were written
 * against. It runs for each byte of every log. What it runs is compiled by os-regex-program.ts.
 */
import type { Literal } from "./os-match.ts";
import { NO_MATCH } from "./pattern.ts";

/** How many places a quantified class can be resumed at. */
const slotsMax = 4;
/** No byte taken yet: different from every end pointer. */
const noneTaken = -2;

// The machine compares with these constants of its own file, which cost it less than fields of the objects below.
const kindMark = 0;
const kindClass = 1;
const kindLiteral = 2;
const once = 0;
const plus = 1;
const star = 2;

export const tokenKinds = { mark: kindMark, class: kindClass, literal: kindLiteral } as const;
export const tokenQuantifiers = { once, plus, star } as const;

export interface Alternative {
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

const slotTokens = new Int32Array(slotsMax);
const slotIndexes = new Int32Array(slotsMax);

/**
 * Runs one alternative on `text` (in lower case) from `from`; returns the end pointer or `NO_MATCH`. Fills
 * `alternative.marks` when `records`. The names are the specification's: `p` token, `i` byte, `taken` its M, `restart`
 * its A.
 */
export function run(alternative: Alternative, text: string, from: number, records: boolean): number {
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

/** Marks in pairs until one is missing; a group that ends before it begins makes it no match. */
export function groupsOf(marks: Int32Array, raw: string): string[] | undefined {
  const groups: string[] = [];
  for (let index = 0; index + 1 < marks.length; index += 2) {
    const begin = marks[index]!;
    const end = marks[index + 1]!;
    if (begin < 0 || end < 0) break;
    if (end < begin) return undefined;
    groups.push(raw.slice(begin, end));
  }
  return groups;
}
