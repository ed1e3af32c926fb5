/**
 * Patterns of OS_Regex (os-regex.ts has the grammar) compiled to what the token machine runs (os-regex-machine.ts):
 * alternatives, tokens, and what a match cannot do without.
 */
import { tokenKinds, tokenQuantifiers, type Alternative } from "./os-regex-machine.ts";
import { literalOf } from "./os-match.ts";
import { PatternError } from "./pattern.ts";
import { lowerAscii } from "./subject.ts";

const { mark: kindMark, class: kindClass, literal: kindLiteral } = tokenKinds;
const { once, plus, star } = tokenQuantifiers;

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
  kind: (typeof tokenKinds)[keyof typeof tokenKinds];
  /** Of a class. */
  set: Uint8Array | undefined;
  quantifier: (typeof tokenQuantifiers)[keyof typeof tokenQuantifiers];
  /** Of a literal, in lower case; of a mark, the opening bracket that it counts as where a literal is looked for. */
  code: number;
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

/** Throws `PatternError` on a pattern that the language does not have. */
export function alternativesOf(pattern: string): Alternative[] {
  return splitAlternatives(pattern).map((text) => compileAlternative(text, pattern));
}

/** Whether the text ends in a `$` that no backslash escapes. */
function endsInAnchor(text: string): boolean {
  if (!text.endsWith("$")) return false;
  let backslashes = 0;
  while (text[text.length - 2 - backslashes] === "\\") backslashes += 1;
  return backslashes % 2 === 0;
}

/** The bytes that a match of an anchored pattern can begin with. */
export function firstBytesOf(alternatives: readonly Alternative[]): Uint8Array | undefined {
  const bytes = new Uint8Array(256);
  for (const { isAnchored, kinds, sets, quantifiers, codes, count, literal } of alternatives) {
    if (literal !== undefined) {
      if (!isAnchored) return undefined;
      addFirstByte(bytes, literal.text.charCodeAt(0));
      continue;
    }
    const first = kinds[0] === kindMark ? 1 : 0;
    if (!isAnchored || first >= count || kinds[first] === kindMark || quantifiers[first] === star) return undefined;
    if (kinds[first] !== kindClass) addFirstByte(bytes, codes[first] ?? 0);
    else for (const [code, flag] of sets[first]?.entries() ?? []) if (flag === 1) bytes[code] = 1;
  }
  return bytes;
}

/** `code` is in lower case. */
function addFirstByte(bytes: Uint8Array, code: number): void {
  bytes[code] = 1;
  if (code >= 0x61 && code <= 0x7a) bytes[code - 0x20] = 1;
}
