/**
 * Translates a PCRE2 pattern (as Wazuh and OSSEC compile it: byte mode, no options but perhaps caseless) into the
 * source of a JavaScript regular expression without flags, for subjects that are byte strings.
 *
 * Everything that the two engines read differently is written out: `.`, `$`, `^`, `\s`, `\h`, `\z`, case (A to Z only),
 * inline flags, POSIX classes, `\Q…\E`, names of groups, possessive quantifiers behind one byte, a group that may be
 * left out. What has no exact counterpart (atomic groups, possessive ones, recursion, conditions, back-references) is
 * refused with a `PatternError`, never guessed, and so is what PCRE2 itself refuses. Repetitions of two kinds are
 * translated though they are not exact, and told of by `difference`.
 */
import { isUtf8 } from "node:buffer";
import { escapeCode } from "./pcre2-byte-set.ts";
import { escapedCode, escapedSet, literal, translateClass } from "./pcre2-class.ts";
import { Cursor } from "./pcre2-cursor.ts";
import {
  byteShape,
  type Difference,
  differenceOf,
  placeShape,
  type Quantifier,
  readQuantifier,
  refuseQuantifier,
  repeated,
  repeatedShape,
  type Shape,
} from "./pcre2-quantifier.ts";
import { lowerAscii } from "./subject.ts";

export interface Translation {
  source: string;
  /** `(*UTF)`: characters beyond ASCII were written as the bytes of their UTF-8. */
  isUtf: boolean;
  /** The longest run of literals that every match holds, in lower case; empty when none is known. */
  needed: string;
  /** What may come out otherwise than in PCRE2 (`differenceOf` says when); undefined: nothing. */
  difference: Difference | undefined;
}

/** A part of the pattern, translated. */
interface Part {
  source: string;
  shape: Shape;
}

interface Flags {
  ignoresCase: boolean;
  isMultiline: boolean;
  dotTakesAll: boolean;
  isExtended: boolean;
  isUngreedy: boolean;
}

const nestingMax = 250;
const nameBytesMax = 32;
const wordByte = "[0-9A-Z_a-z]";
const end = "(?![^])";
const flagNames: Readonly<Record<string, keyof Flags>> = {
  i: "ignoresCase",
  m: "isMultiline",
  s: "dotTakesAll",
  x: "isExtended",
  U: "isUngreedy",
};
const emptyShape: Shape = { ...placeShape, kind: "group" };

export function translatePcre2(pattern: string, ignoresCase: boolean): Translation {
  return new Translator(pattern, ignoresCase).run();
}

class Translator {
  readonly #cursor: Cursor;
  #flags: Flags;
  #depth = 0;
  /** The byte of the atom just read when it is a literal, else -1. */
  #literalCode = -1;
  #lookarounds = 0;
  readonly #names = new Set<string>();
  #difference: Difference | undefined;
  /** Literals of the outermost level that follow one another. */
  #literalRun = "";
  #needed = "";
  #hasAlternatives = false;

  constructor(pattern: string, ignoresCase: boolean) {
    this.#cursor = new Cursor(pattern);
    this.#flags = {
      ignoresCase,
      isMultiline: false,
      dotTakesAll: false,
      isExtended: false,
      isUngreedy: false,
    };
  }

  run(): Translation {
    const cursor = this.#cursor;
    const { isUtf } = cursor;
    if (isUtf && !isUtf8(Buffer.from(cursor.pattern, "latin1"))) throw cursor.refusal("the pattern is not UTF-8");
    const { source } = this.#alternatives();
    if (!cursor.isAtEnd) throw cursor.refusal("a closing parenthesis has no opening one");
    return {
      // A match does not begin within a character.
      source: isUtf ? `(?![\\x80-\\xbf])(?:${source})` : source,
      isUtf,
      needed: this.#hasAlternatives ? "" : lowerAscii(this.#needed),
      difference: this.#difference,
    };
  }

  /**
   * Up to a closing parenthesis or the end. Flags set inside do not leave the group, but pass from one alternative on.
   */
  #alternatives(): Part & { lengths: number[] } {
    const cursor = this.#cursor;
    if (++this.#depth > nestingMax) throw cursor.refusal(`groups nest deeper than ${nestingMax}`);
    const outer = this.#flags;
    this.#flags = { ...outer };
    let source = "";
    let shape = { ...emptyShape };
    const shapes: Shape[] = [];
    while (!cursor.isAtEnd && cursor.peek() !== ")") {
      if (cursor.take(/\|/y) !== undefined) {
        source += "|";
        shapes.push(shape);
        shape = { ...emptyShape };
        if (this.#depth === 1) this.#hasAlternatives = true;
      } else {
        const piece = this.#piece();
        source += piece.source;
        extend(shape, piece.shape);
      }
    }
    shapes.push(shape);
    this.#flags = outer;
    this.#depth -= 1;
    return { source, shape: eitherOf(shapes), lengths: shapes.map(({ length }) => length) };
  }

  #piece(): Part {
    const cursor = this.#cursor;
    if (this.#skipped()) return { source: "", shape: emptyShape };
    if (cursor.startsWith("\\Q")) return this.#quoted();
    const setsFlags = cursor.startsWith("(?") ? cursor.take(/\(\?([imsxU]*)(?:-([imsxU]*))?\)/y) : undefined;
    if (setsFlags !== undefined) {
      this.#setFlags(setsFlags[1] ?? "", setsFlags[2] ?? "");
      return { source: "", shape: emptyShape };
    }
    const edge = cursor.startsWith("[[:") ? cursor.take(/\[\[:([<>]):\]\]/y)?.[1] : undefined;
    if (edge !== undefined) {
      // A quantifier behind the edge of a word is one of what stands beside it alone, as PCRE2 reads it.
      const kind = edge === "<" ? "ahead" : "behind";
      const source = `(?${edge === "<" ? "=" : "<="}${wordByte})`;
      const beside = this.#withQuantifier({ source, shape: { ...placeShape, kind } }, -1);
      return { ...beside, source: `\\b${beside.source}` };
    }
    this.#literalCode = -1;
    const isNested = cursor.peek() === "(" || cursor.peek() === "[";
    const atom = this.#atom();
    return this.#withQuantifier(atom, isNested ? -1 : this.#literalCode);
  }

  #withQuantifier(atom: Part, literalCode: number): Part {
    const { kind } = atom.shape;
    const quantifier = readQuantifier(this.#cursor, kind, this.#flags.isUngreedy, () => this.#skipped());
    if (this.#depth === 1) this.#noteNeeded(literalCode, quantifier);
    if (quantifier === undefined) return atom;
    if (this.#difference !== "span") this.#difference = differenceOf(atom.shape, quantifier) ?? this.#difference;
    const source = repeated(this.#cursor, atom.source, atom.shape, quantifier);
    return { source, shape: repeatedShape(atom.shape, quantifier) };
  }

  /** Whether something stood here that is nothing, not even between an atom and its quantifier. */
  #skipped(): boolean {
    const cursor = this.#cursor;
    const begin = cursor.at;
    const { isExtended } = this.#flags;
    // Nearly always: thousands of patterns are read while a node starts.
    if (!isExtended && !"(\\".includes(cursor.peek())) return false;
    while (
      (isExtended && cursor.take(/[\t-\r ]+|#[^\n]*\n?/y) !== undefined) ||
      (cursor.startsWith("(?#") && this.#comment() === "") ||
      cursor.take(/(?:\\Q)?\\E/y) !== undefined
    );
    return cursor.at > begin;
  }

  /** Only what stands at the outermost level and must be taken counts; a repeated literal ends the run. */
  #noteNeeded(code: number, quantifier: Quantifier | undefined): void {
    const isTaken = code >= 0 && (quantifier === undefined || quantifier.min > 0);
    this.#literalRun = isTaken ? this.#literalRun + String.fromCharCode(code) : "";
    if (this.#literalRun.length > this.#needed.length) this.#needed = this.#literalRun;
    if (quantifier !== undefined) this.#literalRun = "";
  }

  #comment(): string {
    if (this.#cursor.take(/\(\?#[^)]*\)/y) === undefined) throw this.#cursor.refusal("a comment is not closed");
    return "";
  }

  /** A quantifier behind it is one of its last byte. */
  #quoted(): Part {
    const quoted = this.#cursor.take(/\\Q([^]*?)(?:\\E|$)/y)?.[1] ?? "";
    this.#literalRun = "";
    if (quoted === "") return { source: "", shape: emptyShape };
    const parts = Array.from(quoted.slice(0, -1), (character) => this.#literal(character.charCodeAt(0)));
    parts.push(this.#withQuantifier(this.#literal(quoted.charCodeAt(quoted.length - 1)), -1));
    const shape = { ...emptyShape };
    for (const part of parts) extend(shape, part.shape);
    return { source: parts.map(({ source }) => source).join(""), shape };
  }

  #setFlags(on: string, off: string): void {
    if (on.includes("xx")) throw this.#cursor.refusal("the flag xx is not supported");
    for (const letter of on) this.#setFlag(letter, true);
    for (const letter of off) this.#setFlag(letter, false);
  }

  #setFlag(letter: string, value: boolean): void {
    const name = flagNames[letter];
    if (name !== undefined) this.#flags[name] = value;
  }

  #atom(): Part {
    const cursor = this.#cursor;
    const character = cursor.peek();
    switch (character) {
      case "(":
        return this.#group();
      case "[":
        return { source: translateClass(cursor, this.#flags.ignoresCase), shape: byteShape };
      case "\\":
        return this.#escape();
      case ".":
        cursor.at += 1;
        if (cursor.isUtf) throw cursor.refusal("`.` after (*UTF) is not supported");
        return { source: this.#flags.dotTakesAll ? "[^]" : "[^\\n]", shape: byteShape };
      case "^":
        // Behind a newline, but for one that ends the subject.
        return this.#place(1, this.#flags.isMultiline ? "(?:^|(?<=\\n)(?=[^]))" : "^");
      case "$":
        return this.#place(1, this.#flags.isMultiline ? `(?=\\n|${end})` : `(?=\\n?${end})`);
      default:
        refuseQuantifier(cursor);
        cursor.at += 1;
        return this.#literal(character.charCodeAt(0));
    }
  }

  #place(count: number, source: string): Part {
    this.#cursor.at += count;
    return { source, shape: placeShape };
  }

  #literal(code: number): Part {
    this.#literalCode = code;
    const isPart = this.#cursor.isUtf && code > 0x7f;
    // Lengths are counted in characters, and the bytes behind the first of one count for none.
    const shape: Shape = isPart ? { ...byteShape, kind: "part", length: code < 0xc0 ? 0 : 1 } : byteShape;
    return { source: literal(this.#cursor, code, this.#flags.ignoresCase), shape };
  }

  #group(): Part {
    const cursor = this.#cursor;
    if (cursor.startsWith("(*")) throw cursor.refusal("verbs such as (*…) are not supported");
    const begin = cursor.at;
    cursor.at += 1;
    const outer = this.#flags;
    const opening = this.#opening();
    const isLookaround = /^\(\?<?[=!]/.test(opening);
    if (isLookaround) this.#lookarounds += 1;
    const { source, shape, lengths } = this.#alternatives();
    if (isLookaround) this.#lookarounds -= 1;
    this.#flags = outer;
    if (cursor.take(/\)/y) === undefined) throw cursor.refusal("a parenthesis is not closed");
    if (opening.startsWith("(?<") && lengths.some(Number.isNaN)) {
      cursor.at = begin;
      throw cursor.refusal("what is looked for behind has no fixed length");
    }
    const part = { source: `${opening}${source})`, shape };
    if (opening === "(") part.shape = { ...shape, hasGroups: true };
    if (isLookaround) {
      // What is looked for in vain sets no groups.
      const found = opening.endsWith("!") ? placeShape : shape;
      part.shape = { ...found, kind: opening.startsWith("(?<") ? "behind" : "ahead", length: 0, isNullable: true };
    }
    return part;
  }

  /** What stands behind the parenthesis and decides what the group is. Sets the flags that hold in it. */
  #opening(): string {
    const cursor = this.#cursor;
    if (cursor.peek() !== "?") return "(";
    const plain = cursor.take(/\?(?:[:=!]|<[=!])/y);
    if (plain !== undefined) return `(${plain[0]}`;
    const named = cursor.take(/\?(?:P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')/y);
    if (named !== undefined) return this.#named(named[1] ?? named[2] ?? "");
    const scoped = cursor.take(/\?([imsxU]*)(?:-([imsxU]*))?:/y);
    if (scoped === undefined) {
      throw cursor.refusal(`the group (${cursor.pattern.slice(cursor.at, cursor.at + 3)}… is not supported`);
    }
    this.#flags = { ...this.#flags };
    this.#setFlags(scoped[1] ?? "", scoped[2] ?? "");
    return "(?:";
  }

  /** Nobody can ask for a group by its name here, so a named group is a numbered one. */
  #named(name: string): string {
    if (name.length > nameBytesMax) throw this.#cursor.refusal(`the name of a group has up to ${nameBytesMax} bytes`);
    if (this.#names.has(name)) throw this.#cursor.refusal(`two groups have the name ${name}`);
    this.#names.add(name);
    return "(";
  }

  #escape(): Part {
    const cursor = this.#cursor;
    const letter = cursor.pattern.charAt(cursor.at + 1);
    switch (letter) {
      case "A":
      case "G":
        // A search begins at the start of its subject, nowhere else.
        return this.#place(2, "(?<![^])");
      case "K":
        // Where a match begins is asked by nobody: its end and its groups count.
        if (this.#lookarounds > 0) throw cursor.refusal("\\K within what is looked for is not allowed");
        return this.#place(2, "");
      case "z":
        return this.#place(2, end);
      case "Z":
        return this.#place(2, `(?=\\n?${end})`);
      case "b":
      case "B":
        return this.#place(2, `\\${letter}`);
      case "R":
        // PCRE2 itself never gives a carriage return back to it, as in `.+\\R`.
        throw cursor.refusal("\\R is not supported");
      case "N":
        return this.#notNewline();
      default:
        break;
    }
    const set = escapedSet(cursor);
    if (set !== undefined) return { source: `[${set.isNegated ? "^" : ""}${set.members}]`, shape: byteShape };
    if (/[1-9gk]/.test(letter)) throw cursor.refusal("back-references and octal escapes are not supported");
    return this.#literal(escapedCode(cursor));
  }

  /** `\N` is any byte but a newline; `\N{U+…}` is a character, in UTF mode. */
  #notNewline(): Part {
    const cursor = this.#cursor;
    const named = cursor.take(/\\N\{U\+([0-9A-Fa-f]{1,6})\}/y)?.[1];
    if (named === undefined) {
      if (cursor.isUtf) throw cursor.refusal("\\N after (*UTF) is not supported");
      if (cursor.take(/\\N(?!\{(?!\d+(?:,\d*)?\}))/y) === undefined) throw cursor.refusal("\\N{…} is not supported");
      return { source: "[^\\n]", shape: byteShape };
    }
    const code = Number.parseInt(named, 16);
    const isCharacter = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    if (!cursor.isUtf || !isCharacter) throw cursor.refusal("\\N{U+…} needs (*UTF) and a character that exists");
    const character = String.fromCodePoint(code);
    if (this.#flags.ignoresCase && /\p{Changes_When_Casemapped}/u.test(character)) {
      throw cursor.refusal("\\N{U+…} of a letter is not supported where case does not count");
    }
    const bytes = [...Buffer.from(character, "utf8")];
    return { source: `(?:${bytes.map(escapeCode).join("")})`, shape: { ...byteShape, kind: "group" } };
  }
}

/** Lengthens `shape` by what comes next: in place, since nearly every character of a pattern comes by here. */
function extend(shape: Shape, next: Shape): void {
  shape.length += next.length;
  shape.isNullable &&= next.isNullable;
  shape.prefersNothing ||= next.prefersNothing;
  shape.hasGroups ||= next.hasGroups;
  shape.leavesGroups ||= next.leavesGroups;
}

function eitherOf(shapes: readonly Shape[]): Shape {
  const [first = emptyShape, ...others] = shapes;
  const hasGroups = shapes.some((shape) => shape.hasGroups);
  return {
    kind: "group",
    length: others.every(({ length }) => length === first.length) ? first.length : Number.NaN,
    isNullable: shapes.some(({ isNullable }) => isNullable),
    prefersNothing:
      shapes.some(({ prefersNothing }) => prefersNothing) || shapes.slice(0, -1).some(({ isNullable }) => isNullable),
    hasGroups,
    leavesGroups: shapes.some(({ leavesGroups }) => leavesGroups) || (hasGroups && others.length > 0),
  };
}
