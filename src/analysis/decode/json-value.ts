/**
 * A JSON reader for logs: byte strings in, byte strings out (an escape such as `\u00e9` becomes the bytes of its
 * UTF-8), all keys kept in order and double ones too, text behind the value ignored. As lenient as the peers' reader:
 * control bytes may stand in strings, and numbers may have leading zeros. Nothing it reads becomes a property of an
 * object, so no key is special. Work and memory are bounded by the log's length, recursion by `depthMax`.
 */
export type JsonValue =
  | { kind: "text"; text: string }
  | { kind: "number"; number: number }
  | { kind: "true" | "false" | "null" }
  | { kind: "array"; items: readonly JsonValue[] }
  | { kind: "object"; entries: readonly JsonEntry[] };

export interface JsonEntry {
  key: string;
  value: JsonValue;
}

const depthMax = 1_000;
const numberPattern = /-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?/y;
const simpleEscapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** The first value in `text` from `from` on, or undefined when it is not JSON. */
export function readJson(text: string, from: number): JsonValue | undefined {
  return new Reader(text, from).value(0);
}

class Reader {
  readonly #text: string;
  #at: number;
  /** Where the next backslash stands, so that not every string looks for it to the end of the text. */
  #backslash = -1;

  constructor(text: string, from: number) {
    this.#text = text;
    this.#at = from;
  }

  #skipBlanks(): void {
    while (this.#at < this.#text.length && this.#text.charCodeAt(this.#at) <= 0x20) this.#at += 1;
  }

  /** Whether the next byte is `character`, which is then taken. */
  #takes(character: string): boolean {
    this.#skipBlanks();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  value(depth: number): JsonValue | undefined {
    this.#skipBlanks();
    switch (this.#text[this.#at]) {
      case '"': {
        const text = this.#string();
        return text === undefined ? undefined : { kind: "text", text };
      }
      case "{":
        return this.#object(depth + 1);
      case "[":
        return this.#array(depth + 1);
      case "t":
        return this.#word("true");
      case "f":
        return this.#word("false");
      case "n":
        return this.#word("null");
      default:
        return this.#number();
    }
  }

  #word(kind: "true" | "false" | "null"): JsonValue | undefined {
    if (!this.#text.startsWith(kind, this.#at)) return undefined;
    this.#at += kind.length;
    return { kind };
  }

  #number(): JsonValue | undefined {
    numberPattern.lastIndex = this.#at;
    const found = numberPattern.exec(this.#text)?.[0];
    if (found === undefined) return undefined;
    this.#at += found.length;
    return { kind: "number", number: Number.parseFloat(found) };
  }

  #object(depth: number): JsonValue | undefined {
    if (depth > depthMax) return undefined;
    this.#at += 1;
    const entries: JsonEntry[] = [];
    if (this.#takes("}")) return { kind: "object", entries };
    do {
      this.#skipBlanks();
      const key = this.#text[this.#at] === '"' ? this.#string() : undefined;
      if (key === undefined || !this.#takes(":")) return undefined;
      const value = this.value(depth);
      if (value === undefined) return undefined;
      entries.push({ key, value });
    } while (this.#takes(","));
    return this.#takes("}") ? { kind: "object", entries } : undefined;
  }

  #array(depth: number): JsonValue | undefined {
    if (depth > depthMax) return undefined;
    this.#at += 1;
    const items: JsonValue[] = [];
    if (this.#takes("]")) return { kind: "array", items };
    do {
      const value = this.value(depth);
      if (value === undefined) return undefined;
      items.push(value);
    } while (this.#takes(","));
    return this.#takes("]") ? { kind: "array", items } : undefined;
  }

  /** From its opening quote on; most strings hold no escape and are one slice. */
  #string(): string | undefined {
    const begin = this.#at + 1;
    const quote = this.#text.indexOf('"', begin);
    if (quote < 0) return undefined;
    if (this.#backslash < begin) {
      const found = this.#text.indexOf("\\", begin);
      this.#backslash = found < 0 ? Number.POSITIVE_INFINITY : found;
    }
    if (this.#backslash > quote) {
      this.#at = quote + 1;
      return this.#text.slice(begin, quote);
    }
    return this.#stringWithEscapes(begin);
  }

  #stringWithEscapes(begin: number): string | undefined {
    const pieces: string[] = [];
    let from = begin;
    for (let at = begin; at < this.#text.length; at += 1) {
      const character = this.#text[at];
      if (character === '"') {
        pieces.push(this.#text.slice(from, at));
        this.#at = at + 1;
        return pieces.join("");
      }
      if (character !== "\\") continue;
      pieces.push(this.#text.slice(from, at));
      const escape = this.#escape(at + 1);
      if (escape === undefined) return undefined;
      pieces.push(escape.text);
      from = escape.end;
      at = escape.end - 1;
    }
    return undefined;
  }

  /** What the escape whose letter stands at `at` means, and where it ends. */
  #escape(at: number): { text: string; end: number } | undefined {
    const letter = this.#text.charAt(at);
    const simple = simpleEscapes[letter];
    if (simple !== undefined) return { text: simple, end: at + 1 };
    const unit = letter === "u" ? this.#hex(at + 1) : undefined;
    if (unit === undefined || (unit >= 0xdc00 && unit <= 0xdfff)) return undefined;
    if (unit < 0xd800 || unit > 0xdfff) return { text: utf8(unit), end: at + 5 };
    const low = this.#text.startsWith("\\u", at + 5) ? this.#hex(at + 7) : undefined;
    if (low === undefined || low < 0xdc00 || low > 0xdfff) return undefined;
    return { text: utf8(0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff)), end: at + 11 };
  }

  #hex(at: number): number | undefined {
    const digits = this.#text.slice(at, at + 4);
    return /^[0-9A-Fa-f]{4}$/.test(digits) ? Number.parseInt(digits, 16) : undefined;
  }
}

function utf8(code: number): string {
  return code < 0x80 ? String.fromCharCode(code) : Buffer.from(String.fromCodePoint(code)).toString("latin1");
}
