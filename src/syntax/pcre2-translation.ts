/**
 * Translates a PCRE2 pattern (as Wazuh and OSSEC compile it: byte mode, no options but perhaps caseless) into the
 * source of a JavaScript regular expression without flags, for subjects that are byte strings.
 *
 * Everything that the two engines read differently is written out: `.`, `$`, `^`, `\s`, `\h`, `\z`, case (A to Z only),
 * inline flags, POSIX classes, `\Q…\E`, names of groups. What has no exact counterpart (possessive and atomic groups,
 * `\K`, `\G`, recursion, conditions, back-references) is refused with a `PatternError`, never guessed.
 */
import { PatternError } from "./pattern.ts";
import { lowerAscii } from "./subject.ts";

export interface Translation {
  source: string;
  /** `(*UTF)`: characters beyond ASCII were written as the bytes of their UTF-8. */
  isUtf: boolean;
  /** The longest run of literals that every match holds, in lower case; empty when none is known. */
  needed: string;
}

interface Flags {
  ignoresCase: boolean;
  isMultiline: boolean;
  dotTakesAll: boolean;
  isExtended: boolean;
  isUngreedy: boolean;
}

const nestingMax = 250;
const end = "(?![^])";
const classSources: Readonly<Record<string, string>> = {
  d: "0-9",
  w: "0-9A-Z_a-z",
  s: "\\t-\\r ",
  h: "\\t \\xa0",
  v: "\\n-\\r\\x85",
};
const posixSources: Readonly<Record<string, string>> = {
  alpha: "A-Za-z",
  digit: "0-9",
  alnum: "0-9A-Za-z",
  upper: "A-Z",
  lower: "a-z",
  space: "\\t-\\r ",
  blank: "\\t ",
  punct: "!-\\/:-@\\[-`\\{-~",
  xdigit: "0-9A-Fa-f",
  word: "0-9A-Z_a-z",
  cntrl: "\\x00-\\x1f\\x7f",
  print: " -~",
  graph: "!-~",
  ascii: "\\x00-\\x7f",
};
const controlEscapes: Readonly<Record<string, number>> = { t: 9, n: 10, r: 13, f: 12, e: 27, a: 7 };
const flagNames: Readonly<Record<string, keyof Flags>> = {
  i: "ignoresCase",
  m: "isMultiline",
  s: "dotTakesAll",
  x: "isExtended",
  U: "isUngreedy",
};

export function translatePcre2(pattern: string, ignoresCase: boolean): Translation {
  return new Translator(pattern, ignoresCase).run();
}

class Translator {
  readonly #pattern: string;
  readonly #isUtf: boolean;
  #at = 0;
  #flags: Flags;
  #depth = 0;
  /** The byte of the atom just read when it is a literal, else -1. */
  #literalCode = -1;
  /** Literals of the outermost level that follow one another. */
  #literalRun = "";
  #needed = "";
  #hasAlternatives = false;

  constructor(pattern: string, ignoresCase: boolean) {
    this.#pattern = pattern;
    this.#flags = {
      ignoresCase,
      isMultiline: false,
      dotTakesAll: false,
      isExtended: false,
      isUngreedy: false,
    };
    const verb = /^\(\*UTF8?\)/.exec(pattern)?.[0];
    this.#isUtf = verb !== undefined;
    this.#at = verb?.length ?? 0;
  }

  run(): Translation {
    const source = this.#alternatives();
    if (this.#at < this.#pattern.length) throw this.#refusal("a closing parenthesis has no opening one");
    return { source, isUtf: this.#isUtf, needed: this.#hasAlternatives ? "" : lowerAscii(this.#needed) };
  }

  #refusal(reason: string): PatternError {
    return new PatternError(`${reason}, at offset ${this.#at} of the PCRE2 pattern ${this.#pattern}`);
  }

  #peek(): string {
    return this.#pattern.charAt(this.#at);
  }

  #startsWith(text: string): boolean {
    return this.#pattern.startsWith(text, this.#at);
  }

  /** Takes what `expression` (sticky) finds here. */
  #take(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#pattern);
    if (found === null) return undefined;
    this.#at += found[0].length;
    return found;
  }

  /**
   * Up to a closing parenthesis or the end. Flags set inside do not leave the group, but pass from one alternative on.
   */
  #alternatives(): string {
    if (++this.#depth > nestingMax) throw this.#refusal(`groups nest deeper than ${nestingMax}`);
    const outer = this.#flags;
    this.#flags = { ...outer };
    let source = "";
    while (this.#at < this.#pattern.length && this.#peek() !== ")") {
      if (this.#peek() === "|") {
        this.#at += 1;
        source += "|";
        if (this.#depth === 1) this.#hasAlternatives = true;
      } else {
        source += this.#piece();
      }
    }
    this.#flags = outer;
    this.#depth -= 1;
    return source;
  }

  #piece(): string {
    if (this.#flags.isExtended && this.#take(/[\t-\r ]+|#[^\n]*\n?/y) !== undefined) return "";
    if (this.#startsWith("(?#")) return this.#comment();
    if (this.#startsWith("\\Q")) return this.#quoted();
    if (this.#take(/\\E/y) !== undefined) return "";
    const setsFlags = this.#take(/\(\?([imsxU]*)(?:-([imsxU]+))?\)/y);
    if (setsFlags !== undefined) {
      this.#setFlags(setsFlags[1] ?? "", setsFlags[2] ?? "");
      return "";
    }
    this.#literalCode = -1;
    const isNested = this.#peek() === "(" || this.#peek() === "[";
    const atom = this.#atom();
    const quantifier = this.#quantifier();
    if (this.#depth === 1) this.#noteNeeded(isNested ? -1 : this.#literalCode, quantifier);
    return atom + quantifier;
  }

  /** Only what stands at the outermost level and must be taken counts; a repeated literal ends the run. */
  #noteNeeded(code: number, quantifier: string): void {
    const isTaken = code >= 0 && (quantifier === "" || quantifier.startsWith("+"));
    this.#literalRun = isTaken ? this.#literalRun + String.fromCharCode(code) : "";
    if (this.#literalRun.length > this.#needed.length) this.#needed = this.#literalRun;
    if (quantifier !== "") this.#literalRun = "";
  }

  #comment(): string {
    if (this.#take(/\(\?#[^)]*\)/y) === undefined) throw this.#refusal("a comment is not closed");
    return "";
  }

  #quoted(): string {
    const quoted = this.#take(/\\Q([^]*?)(?:\\E|$)/y)?.[1] ?? "";
    this.#literalRun = "";
    let source = "";
    for (let index = 0; index < quoted.length; index += 1) source += this.#literal(quoted.charCodeAt(index));
    return source + (quoted === "" ? "" : this.#quantifier());
  }

  #setFlags(on: string, off: string): void {
    for (const letter of on) this.#setFlag(letter, true);
    for (const letter of off) this.#setFlag(letter, false);
  }

  #setFlag(letter: string, value: boolean): void {
    const name = flagNames[letter];
    if (name !== undefined) this.#flags[name] = value;
  }

  #atom(): string {
    const character = this.#peek();
    switch (character) {
      case "(":
        return this.#group();
      case "[":
        return this.#class();
      case "\\":
        return this.#escape();
      case ".":
        this.#at += 1;
        if (this.#isUtf) throw this.#refusal("`.` after (*UTF) is not supported");
        return this.#flags.dotTakesAll ? "[^]" : "[^\\n]";
      case "^":
        this.#at += 1;
        return this.#flags.isMultiline ? "(?<![^\\n])" : "^";
      case "$":
        this.#at += 1;
        return this.#flags.isMultiline ? `(?=\\n|${end})` : `(?=\\n?${end})`;
      case "*":
      case "+":
      case "?":
        throw this.#refusal("a quantifier follows nothing");
      default:
        this.#at += 1;
        return this.#literal(character.charCodeAt(0));
    }
  }

  #literal(code: number): string {
    this.#literalCode = code;
    if (this.#flags.ignoresCase && isLetter(code)) {
      return `[${String.fromCharCode(code & ~0x20)}${String.fromCharCode(code | 0x20)}]`;
    }
    return escapeCode(code);
  }

  #group(): string {
    if (this.#startsWith("(*")) throw this.#refusal("verbs such as (*…) are not supported");
    this.#at += 1;
    const opening = this.#opening();
    const inner = this.#alternatives();
    if (this.#peek() !== ")") throw this.#refusal("a parenthesis is not closed");
    this.#at += 1;
    return `${opening.source}${inner})`;
  }

  /** What stands behind the parenthesis and decides what the group is. */
  #opening(): { source: string } {
    if (this.#peek() !== "?") return { source: "(" };
    const plain = this.#take(/\?(?:[:=!]|<[=!])/y);
    if (plain !== undefined) return { source: `(${plain[0]}` };
    // Nobody can ask for a group by its name here, so a named group is a numbered one.
    if (this.#take(/\?(?:P?<[A-Za-z_]\w*>|'[A-Za-z_]\w*')/y) !== undefined) return { source: "(" };
    const scoped = this.#take(/\?([imsxU]*)(?:-([imsxU]+))?:/y);
    if (scoped === undefined) {
      throw this.#refusal(`the group (${this.#pattern.slice(this.#at, this.#at + 3)}… is not supported`);
    }
    return this.#scopedFlags(scoped[1] ?? "", scoped[2] ?? "");
  }

  /** The flags hold inside this group alone: it is read here, and handed over as one that is open. */
  #scopedFlags(on: string, off: string): { source: string } {
    const outer = this.#flags;
    this.#flags = { ...outer };
    this.#setFlags(on, off);
    const inner = this.#alternatives();
    this.#flags = outer;
    return { source: `(?:${inner}` };
  }

  #quantifier(): string {
    if (this.#flags.isExtended) this.#take(/[\t-\r ]+/y);
    const found = this.#take(/[*+?]|\{\d{1,5}(?:,\d{0,5})?\}/y)?.[0];
    if (found === undefined) return "";
    const mode = this.#take(/[?+]/y)?.[0];
    if (mode === "+") throw this.#refusal("possessive quantifiers are not supported");
    return found + ((mode === "?") !== this.#flags.isUngreedy ? "?" : "");
  }

  #escape(): string {
    const letter = this.#pattern.charAt(this.#at + 1);
    switch (letter) {
      case "A":
        this.#at += 2;
        return "(?<![^])";
      case "z":
        this.#at += 2;
        return end;
      case "Z":
        this.#at += 2;
        return `(?=\\n?${end})`;
      case "b":
      case "B":
        this.#at += 2;
        return `\\${letter}`;
      case "R":
        this.#at += 2;
        throw this.#refusal("\\R takes its line end atomically and is not supported");
      case "N":
        return this.#notNewline();
      default:
        break;
    }
    const lower = letter.toLowerCase();
    const set = letter === "" ? undefined : classSources[lower];
    if (set !== undefined) {
      this.#at += 2;
      if (this.#isUtf && letter !== lower) throw this.#refusal("negated classes after (*UTF) are not supported");
      return `[${letter === lower ? "" : "^"}${set}]`;
    }
    if (/[1-9gk]/.test(letter)) throw this.#refusal("back-references and octal escapes are not supported");
    return this.#literal(this.#escapedCode());
  }

  /** `\N` is any byte but a newline; `\N{U+…}` is a character, in UTF mode. */
  #notNewline(): string {
    const named = this.#take(/\\N\{U\+([0-9A-Fa-f]{1,6})\}/y)?.[1];
    if (named === undefined) {
      this.#at += 2;
      if (this.#isUtf) throw this.#refusal("\\N after (*UTF) is not supported");
      return "[^\\n]";
    }
    const code = Number.parseInt(named, 16);
    if (!this.#isUtf || code > 0x10ffff) throw this.#refusal("\\N{U+…} needs (*UTF) and a character that exists");
    const bytes = [...Buffer.from(String.fromCodePoint(code), "utf8")];
    return `(?:${bytes.map(escapeCode).join("")})`;
  }

  /** The byte that an escape stands for, inside and outside of a class. */
  #escapedCode(): number {
    const hex = this.#take(/\\x(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{0,2}))/y);
    if (hex !== undefined) return this.#byte(Number.parseInt(hex[1] ?? `0${hex[2] ?? ""}`, 16));
    const octal = this.#take(/\\(?:0([0-7]{0,2})|o\{([0-7]{1,6})\})/y);
    if (octal !== undefined) return this.#byte(Number.parseInt(`0${octal[1] ?? octal[2] ?? ""}`, 8));
    const control = this.#take(/\\c([ -~])/y)?.[1];
    if (control !== undefined) return control.toUpperCase().charCodeAt(0) ^ 0x40;
    const character = this.#pattern.charAt(this.#at + 1);
    if (character === "") throw this.#refusal("the pattern ends in a backslash");
    const known = controlEscapes[character];
    if (known === undefined && /[A-Za-z0-9]/.test(character)) {
      throw this.#refusal(`the escape \\${character} is not supported`);
    }
    this.#at += 2;
    return known ?? character.charCodeAt(0);
  }

  #byte(code: number): number {
    if (code > (this.#isUtf ? 0x7f : 0xff)) throw this.#refusal("a character beyond a byte is not supported");
    return code;
  }

  #class(): string {
    this.#at += 1;
    const isNegated = this.#take(/\^/y) !== undefined;
    if (isNegated && this.#isUtf) throw this.#refusal("negated classes after (*UTF) are not supported");
    let source = "";
    let isFirst = true;
    for (;;) {
      if (this.#at >= this.#pattern.length) throw this.#refusal("a class is not closed");
      if (this.#peek() === "]" && !isFirst) break;
      isFirst = false;
      source += this.#classMember();
    }
    this.#at += 1;
    return `[${isNegated ? "^" : ""}${source}]`;
  }

  /** One byte, a range, or a set. */
  #classMember(): string {
    if (this.#startsWith("\\Q")) throw this.#refusal("\\Q within a class is not supported");
    if (this.#take(/\\E/y) !== undefined) return "";
    const set = this.#classSet();
    if (set !== undefined) return set;
    const first = this.#classByte();
    if (!/^-[^\]]/.test(this.#pattern.slice(this.#at, this.#at + 2))) return this.#range(first, first);
    const hyphen = this.#at;
    this.#at += 1;
    if (this.#classSet() !== undefined) {
      // A hyphen before a set is a literal; the set itself is read again by the next call.
      this.#at = hyphen + 1;
      return this.#range(first, first) + "\\-";
    }
    const last = this.#classByte();
    if (last < first) throw this.#refusal("a range of a class is out of order");
    return this.#range(first, last);
  }

  #classSet(): string | undefined {
    const posix = this.#take(/\[:(\^?)([a-z]+):\]/y);
    if (posix !== undefined) return this.#posix(posix[2] ?? "", posix[1] === "^");
    if (/^\[[.=]/.test(this.#pattern.slice(this.#at, this.#at + 2)) && this.#take(/\[([.=]).*?\1\]/y) !== undefined) {
      throw this.#refusal("collating elements are not supported");
    }
    const letter = this.#peek() === "\\" ? this.#pattern.charAt(this.#at + 1) : "";
    const set = letter === "" ? undefined : classSources[letter.toLowerCase()];
    if (set === undefined) return undefined;
    this.#at += 2;
    return letter === letter.toLowerCase() ? set : complementOf(set);
  }

  #posix(name: string, isNegated: boolean): string {
    const set = posixSources[name];
    if (set === undefined) throw this.#refusal(`there is no POSIX class [:${name}:]`);
    const isCase = this.#flags.ignoresCase && (name === "upper" || name === "lower");
    const folded = isCase ? "A-Za-z" : set;
    return isNegated ? complementOf(folded) : folded;
  }

  #classByte(): number {
    if (this.#peek() !== "\\") {
      const code = this.#pattern.charCodeAt(this.#at);
      if (this.#isUtf && code > 0x7f) throw this.#refusal("a class beyond ASCII after (*UTF) is not supported");
      this.#at += 1;
      return code;
    }
    if (this.#startsWith("\\b")) {
      this.#at += 2;
      return 8;
    }
    const octal = this.#take(/\\([0-7]{1,3})/y)?.[1];
    return octal === undefined ? this.#escapedCode() : this.#byte(Number.parseInt(octal, 8));
  }

  #range(first: number, last: number): string {
    let source = first === last ? classCode(first) : `${classCode(first)}-${classCode(last)}`;
    if (!this.#flags.ignoresCase) return source;
    for (const [low, high, shift] of letterRanges) {
      const from = Math.max(first, low);
      const to = Math.min(last, high);
      if (from <= to) source += `${classCode(from + shift)}-${classCode(to + shift)}`;
    }
    return source;
  }
}

/** Each case with the distance to the other. */
const letterRanges = [
  [0x41, 0x5a, 0x20],
  [0x61, 0x7a, -0x20],
] as const;

function isLetter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}

function hexCode(code: number): string {
  return `\\x${code.toString(16).padStart(2, "0")}`;
}

function isPlain(code: number): boolean {
  return isLetter(code) || (code >= 0x30 && code <= 0x39) || code === 0x20 || code === 0x5f;
}

function escapeCode(code: number): string {
  return isPlain(code) ? String.fromCharCode(code) : hexCode(code);
}

function classCode(code: number): string {
  return escapeCode(code);
}

/** The ranges of all other bytes. */
function complementOf(set: string): string {
  const member = new RegExp(`[${set}]`);
  let source = "";
  let begin = -1;
  for (let code = 0; code <= 0x100; code += 1) {
    const isOutside = code < 0x100 && !member.test(String.fromCharCode(code));
    if (isOutside && begin < 0) begin = code;
    if (!isOutside && begin >= 0) {
      source += `${hexCode(begin)}-${hexCode(code - 1)}`;
      begin = -1;
    }
  }
  return source;
}
