/** Escapes that stand for one byte, and classes in brackets, of a PCRE2 pattern, as JavaScript reads them. */
import { classSources, complementOf, escapeCode, isLetter, letterRanges, posixSources } from "./pcre2-byte-set.ts";
import type { Cursor } from "./pcre2-cursor.ts";

const controlEscapes: Readonly<Record<string, number>> = { t: 9, n: 10, r: 13, f: 12, e: 27, a: 7 };
/** As PCRE2 finds the end of `[:name:]`, `[.name.]` and `[=name=]`. */
const bracketName = /\[([:.=])((?:\\[\]\\]|(?!\[\1|\]|\1\])[^])*)\1\]/y;

/** One byte outside of a class, in both cases where case does not count. */
export function literal(cursor: Cursor, code: number, ignoresCase: boolean): string {
  if (!ignoresCase) return escapeCode(code);
  checkCase(cursor, code, code);
  if (!isLetter(code)) return escapeCode(code);
  return `[${String.fromCharCode(code & ~0x20)}${String.fromCharCode(code | 0x20)}]`;
}

/** The byte that the escape here stands for, inside and outside of a class. */
export function escapedCode(cursor: Cursor): number {
  const hex = cursor.take(/\\x(?:\{([0-9A-Fa-f]{1,6})\}|(?!\{)([0-9A-Fa-f]{0,2}))/y);
  if (hex !== undefined) return byte(cursor, Number.parseInt(hex[1] ?? `0${hex[2] ?? ""}`, 16));
  const octal = cursor.take(/\\(?:0([0-7]{0,2})|o\{([0-7]{1,6})\})/y);
  if (octal !== undefined) return byte(cursor, Number.parseInt(`0${octal[1] ?? octal[2] ?? ""}`, 8));
  const control = cursor.take(/\\c([ -~])/y)?.[1];
  if (control !== undefined) return control.toUpperCase().charCodeAt(0) ^ 0x40;
  const character = cursor.pattern.charAt(cursor.at + 1);
  if (character === "") throw cursor.refusal("the pattern ends in a backslash");
  const known = controlEscapes[character];
  if (known === undefined && /[A-Za-z0-9]/.test(character)) {
    throw cursor.refusal(`the escape \\${character} is not supported`);
  }
  cursor.at += 2;
  return known ?? character.charCodeAt(0);
}

/** The set that the escape here stands for, such as that of `\w`; undefined where it stands for none. */
export function escapedSet(cursor: Cursor): { members: string; isNegated: boolean } | undefined {
  const letter = cursor.peek() === "\\" ? cursor.pattern.charAt(cursor.at + 1) : "";
  const lower = letter.toLowerCase();
  const members = letter === "" ? undefined : classSources[lower];
  if (members === undefined) return undefined;
  const isNegated = letter !== lower;
  if (cursor.isUtf && (isNegated || lower === "h" || lower === "v")) {
    throw cursor.refusal(`\\${letter} after (*UTF) is not supported`);
  }
  cursor.at += 2;
  return { members, isNegated };
}

function byte(cursor: Cursor, code: number): number {
  if (code > (cursor.isUtf ? 0x7f : 0xff)) throw cursor.refusal("a character beyond a byte is not supported");
  return code;
}

/** In UTF mode K and S have a third case, and what is beyond ASCII has others. */
function checkCase(cursor: Cursor, first: number, last: number): void {
  if (!cursor.isUtf) return;
  const holds = [..."KSks"].some((letter) => first <= letter.charCodeAt(0) && letter.charCodeAt(0) <= last);
  if (holds || last > 0x7f) throw cursor.refusal("characters with cases beyond ASCII are not supported after (*UTF)");
}

/** The class whose bracket is here. */
export function translateClass(cursor: Cursor, ignoresCase: boolean): string {
  return new ClassTranslator(cursor, ignoresCase).run();
}

class ClassTranslator {
  readonly #cursor: Cursor;
  readonly #ignoresCase: boolean;
  /** Between `\Q` and `\E`. */
  #isQuoting = false;

  constructor(cursor: Cursor, ignoresCase: boolean) {
    this.#cursor = cursor;
    this.#ignoresCase = ignoresCase;
  }

  run(): string {
    const cursor = this.#cursor;
    if (cursor.isAt(bracketName)) throw cursor.refusal("a POSIX class stands within a class alone");
    cursor.at += 1;
    this.#skipQuotes();
    const isNegated = !this.#isQuoting && cursor.take(/\^/y) !== undefined;
    if (isNegated && cursor.isUtf) throw cursor.refusal("negated classes after (*UTF) are not supported");
    let source = "";
    for (let isFirst = true; ; isFirst = false) {
      this.#skipQuotes();
      if (cursor.isAtEnd) throw cursor.refusal("a class is not closed");
      if (!isFirst && this.#isEnd()) break;
      source += this.#member();
    }
    cursor.at += 1;
    return `[${isNegated ? "^" : ""}${source}]`;
  }

  /** Past `\Q` and `\E`, which stand for nothing. */
  #skipQuotes(): void {
    for (;;) {
      if (this.#cursor.take(/\\E/y) !== undefined) this.#isQuoting = false;
      else if (!this.#isQuoting && this.#cursor.take(/\\Q/y) !== undefined) this.#isQuoting = true;
      else return;
    }
  }

  #isEnd(): boolean {
    return !this.#isQuoting && this.#cursor.peek() === "]";
  }

  /** One byte, a range, or a set. */
  #member(): string {
    const cursor = this.#cursor;
    const set = this.#set();
    if (set !== undefined) {
      if (cursor.isAt(/-(?!\])/y)) throw cursor.refusal("a range of a class begins with a set");
      return set;
    }
    const first = this.#byte();
    this.#skipQuotes();
    if (this.#isQuoting || cursor.take(/-/y) === undefined) return this.#range(first, first);
    this.#skipQuotes();
    if (this.#isEnd()) return `${this.#range(first, first)}\\-`;
    if (this.#set() !== undefined) throw cursor.refusal("a range of a class ends with a set");
    if (cursor.isAtEnd) throw cursor.refusal("a class is not closed");
    const last = this.#byte();
    if (last < first) throw cursor.refusal("a range of a class is out of order");
    return this.#range(first, last);
  }

  #set(): string | undefined {
    if (this.#isQuoting) return undefined;
    const posix = this.#cursor.take(bracketName);
    if (posix !== undefined) return this.#posix(posix[1] ?? "", posix[2] ?? "");
    const escaped = escapedSet(this.#cursor);
    if (escaped === undefined) return undefined;
    return escaped.isNegated ? complementOf(escaped.members) : escaped.members;
  }

  #posix(mark: string, text: string): string {
    const cursor = this.#cursor;
    if (mark !== ":") throw cursor.refusal("collating elements are not supported");
    const isNegated = text.startsWith("^");
    const name = isNegated ? text.slice(1) : text;
    const set = Object.hasOwn(posixSources, name) ? posixSources[name] : undefined;
    if (set === undefined) throw cursor.refusal(`there is no POSIX class [:${name}:]`);
    if (isNegated && cursor.isUtf) throw cursor.refusal("negated classes after (*UTF) are not supported");
    const isCase = this.#ignoresCase && (name === "upper" || name === "lower");
    const folded = isCase ? "A-Za-z" : set;
    return isNegated ? complementOf(folded) : folded;
  }

  #byte(): number {
    const cursor = this.#cursor;
    if (this.#isQuoting || cursor.peek() !== "\\") {
      const code = cursor.pattern.charCodeAt(cursor.at);
      if (cursor.isUtf && code > 0x7f) throw cursor.refusal("a class beyond ASCII after (*UTF) is not supported");
      cursor.at += 1;
      return code;
    }
    if (cursor.take(/\\b/y) !== undefined) return 8;
    const digit = cursor.take(/\\([89])/y)?.[1];
    if (digit !== undefined) return digit.charCodeAt(0);
    const octal = cursor.take(/\\([0-7]{1,3})/y)?.[1];
    return octal === undefined ? escapedCode(cursor) : byte(cursor, Number.parseInt(octal, 8));
  }

  #range(first: number, last: number): string {
    let source = first === last ? escapeCode(first) : `${escapeCode(first)}-${escapeCode(last)}`;
    if (!this.#ignoresCase) return source;
    checkCase(this.#cursor, first, last);
    for (const [low, high, shift] of letterRanges) {
      const from = Math.max(first, low);
      const to = Math.min(last, high);
      if (from <= to) source += `${escapeCode(from + shift)}-${escapeCode(to + shift)}`;
    }
    return source;
  }
}
