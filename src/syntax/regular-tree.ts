/**
 * A JavaScript regular expression without flags, as a tree: what a search for risk and a machine of our own need of it.
 * Only the forms are read that pcre2-translation.ts writes; of any other there is no tree, which is no fault of it.
 */

export type Tree =
  /** One byte, as 256 flags. */
  | { kind: "byte"; set: Uint8Array }
  | { kind: "sequence"; parts: readonly Tree[] }
  | { kind: "choice"; options: readonly Tree[] }
  | { kind: "group"; index: number; body: Tree }
  | Loop
  | { kind: "ahead"; isNegative: boolean; body: Tree }
  /** What the byte before must be; at the start of the text there is none. */
  | { kind: "behind"; isNegative: boolean; set: Uint8Array }
  | { kind: "edge"; edge: "start" | "word" | "noWord" };

export interface Loop {
  kind: "loop";
  body: Tree;
  min: number;
  /** Infinity: without a limit. */
  max: number;
  isLazy: boolean;
  /** The groups within: from the first to the one before the last. */
  firstGroup: number;
  endGroup: number;
}

/** Undefined where the source holds a form that is not known here. */
export function treeOf(source: string): { tree: Tree; groupCount: number } | undefined {
  try {
    const reader = new Reader(source);
    return { tree: reader.run(), groupCount: reader.groupCount };
  } catch (error) {
    if (error instanceof UnknownForm) return undefined;
    throw error;
  }
}

class UnknownForm extends Error {}

const controls: Readonly<Record<string, number>> = { t: 9, n: 10, r: 13 };

class Reader {
  readonly #source: string;
  #at = 0;
  groupCount = 0;

  constructor(source: string) {
    this.#source = source;
  }

  run(): Tree {
    const tree = this.#choice();
    if (this.#at < this.#source.length) throw new UnknownForm();
    return tree;
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #choice(): Tree {
    const options: Tree[] = [];
    do options.push(this.#sequence());
    while (this.#take("|"));
    return options.length === 1 && options[0] !== undefined ? options[0] : { kind: "choice", options };
  }

  #sequence(): Tree {
    const parts: Tree[] = [];
    while (this.#at < this.#source.length && !"|)".includes(this.#source.charAt(this.#at))) parts.push(this.#piece());
    return { kind: "sequence", parts };
  }

  #piece(): Tree {
    const firstGroup = this.groupCount;
    const body = this.#atom();
    const found = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})(\??)/.exec(this.#source.slice(this.#at, this.#at + 16));
    if (found === null) return body;
    if (body.kind === "ahead" || body.kind === "behind" || body.kind === "edge") throw new UnknownForm();
    this.#at += found[0].length;
    const [, sign, least, comma, most, lazy] = found;
    const min = sign === undefined ? Number(least) : sign === "+" ? 1 : 0;
    const counted = comma === "" ? min : most === "" ? Number.POSITIVE_INFINITY : Number(most);
    const max = sign === undefined ? counted : sign === "?" ? 1 : Number.POSITIVE_INFINITY;
    return { kind: "loop", body, min, max, isLazy: lazy === "?", firstGroup, endGroup: this.groupCount };
  }

  #atom(): Tree {
    if (this.#take("(?:")) return this.#closed(this.#choice());
    if (this.#take("(?=")) return { kind: "ahead", isNegative: false, body: this.#closed(this.#choice()) };
    if (this.#take("(?!")) return { kind: "ahead", isNegative: true, body: this.#closed(this.#choice()) };
    if (this.#take("(?<=")) return this.#behind(false);
    if (this.#take("(?<!")) return this.#behind(true);
    if (this.#take("(")) {
      const index = this.groupCount;
      this.groupCount += 1;
      return { kind: "group", index, body: this.#closed(this.#choice()) };
    }
    if (this.#take("^")) return { kind: "edge", edge: "start" };
    if (this.#take("\\b")) return { kind: "edge", edge: "word" };
    if (this.#take("\\B")) return { kind: "edge", edge: "noWord" };
    if (this.#take("[")) return { kind: "byte", set: this.#class() };
    const set = new Uint8Array(256);
    set[this.#byte(/^[A-Za-z0-9_ ]$/)] = 1;
    return { kind: "byte", set };
  }

  #closed(tree: Tree): Tree {
    if (!this.#take(")")) throw new UnknownForm();
    return tree;
  }

  /** Of one byte only: more are not written by the translation itself. */
  #behind(isNegative: boolean): Tree {
    const body = this.#closed(this.#choice());
    const only = body.kind === "sequence" && body.parts.length === 1 ? body.parts[0] : undefined;
    if (only?.kind !== "byte") throw new UnknownForm();
    return { kind: "behind", isNegative, set: only.set };
  }

  /** Behind the bracket. */
  #class(): Uint8Array {
    const isNegated = this.#take("^");
    const set = new Uint8Array(256);
    while (!this.#take("]")) {
      const first = this.#byte(/^[^\\\]]$/);
      const isRange = this.#source.charAt(this.#at) === "-" && this.#source.charAt(this.#at + 1) !== "]";
      if (isRange) this.#at += 1;
      const last = isRange ? this.#byte(/^[^\\\]]$/) : first;
      set.fill(1, first, last + 1);
    }
    return isNegated ? set.map((flag) => 1 - flag) : set;
  }

  #byte(plain: RegExp): number {
    const character = this.#source.charAt(this.#at);
    if (plain.test(character) && character.charCodeAt(0) < 256) {
      this.#at += 1;
      return character.charCodeAt(0);
    }
    const [whole, hex, escaped = ""] = /^\\(?:x([0-9a-f]{2})|([tnr\-/[\]\\]))/.exec(this.#source.slice(this.#at)) ?? [];
    if (whole === undefined) throw new UnknownForm();
    this.#at += whole.length;
    return hex === undefined ? (controls[escaped] ?? escaped.charCodeAt(0)) : Number.parseInt(hex, 16);
  }
}

/** Whether it can match nothing at all. */
export function isNullable(tree: Tree): boolean {
  switch (tree.kind) {
    case "byte":
      return false;
    case "sequence":
      return tree.parts.every(isNullable);
    case "choice":
      return tree.options.some(isNullable);
    case "group":
      return isNullable(tree.body);
    case "loop":
      return tree.min === 0 || isNullable(tree.body);
    default:
      return true;
  }
}

/** How many bytes it takes, where that is the same for all that it matches. */
export function lengthOf(tree: Tree): number | undefined {
  switch (tree.kind) {
    case "byte":
      return 1;
    case "sequence":
      return tree.parts
        .map(lengthOf)
        .reduce((sum, one) => (sum === undefined || one === undefined ? undefined : sum + one), 0);
    case "choice": {
      const [first, ...others] = tree.options.map(lengthOf);
      return others.every((one) => one === first) ? first : undefined;
    }
    case "group":
      return lengthOf(tree.body);
    case "loop": {
      const once = lengthOf(tree.body);
      return tree.min === tree.max && once !== undefined ? once * tree.min : undefined;
    }
    default:
      return 0;
  }
}
