/**
 * OSSEC's own dialect of XML, in which ossec.conf, rules and decoders are written. It is not XML:
 *
 * - a file may have many roots, and text between them is ignored;
 * - entities are never decoded: `&lt;` stays five characters, and `\<` is how a `<` is written (both bytes stay);
 * - a backslash keeps `<` from opening a tag unless it is itself behind a backslash;
 * - comments run from `<!` to the first `-->` or `!>`, may stand inside content, and begin even at `\<!`;
 * - content is not trimmed, and of an element with children only the text behind its last child remains.
 *
 * The text is a byte string (latin1: one UTF-16 unit per byte), and so is all that comes out, so that no byte of a
 * rule is changed by being read. All that is unbounded in a stranger's file is bounded here: the file, each text,
 * nesting and attributes. A file that breaks the rules throws `XmlError` with its place; there is no partial result.
 */
import { XmlError } from "./errors.ts";

export interface Place {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1, in bytes. */
  readonly column: number;
  /** Bytes from the start of the file. */
  readonly offset: number;
}

export interface XmlAttribute {
  readonly name: string;
  readonly value: string;
  /** Of the name. */
  readonly place: Place;
}

export interface XmlElement {
  /** As written; whether case matters is the business of whoever reads it. */
  readonly name: string;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  /** Byte string. Of an element with children: what stands behind the last one. */
  readonly content: string;
  /** Of the `<`. */
  readonly place: Place;
}

export interface XmlOptions {
  /** `refuse` (the default; Wazuh) or `skip` (OSSEC) a byte-order mark and `<?xml …?>` at the start of the file. */
  readonly prolog?: "refuse" | "skip";
  /** Longest file, in bytes. */
  readonly fileBytesMax?: number;
}

export interface XmlDocument {
  readonly roots: readonly XmlElement[];
}

/** The peers' own limits (ruleset-spec 2), so that a file which loads there loads here. */
export const XML_TEXT_BYTES_MAX = 20_480;
export const XML_DEPTH_MAX = 1_024;
export const XML_ATTRIBUTES_MAX = 48;
/** The largest file of the peers' rulesets has under 1 MiB; the tree costs some ten times the file's bytes. */
export const XML_FILE_BYTES_MAX = 16 * 1_024 * 1_024;

const byteOrderMark = "\u00ef\u00bb\u00bf";
// Not \s: that would also take the byte A0, which is half of many a UTF-8 character.
const blanks = /[ \t\r\n\v\f]*/y;
const elementName = /[^ \t\r\n\v\f<>/]*/y;
const attributeName = /[^ \t\r\n\v\f<>/="']*/y;

interface OpenElement {
  name: string;
  attributes: XmlAttribute[];
  children: XmlElement[];
  content: string;
  place: Place;
}

class XmlReader {
  readonly #text: string;
  readonly #file: string;
  readonly #roots: XmlElement[] = [];
  readonly #open: OpenElement[] = [];
  #at = 0;
  // The line that holds #placed, the last offset whose place was asked for. Places are asked for in rising order.
  #placed = 0;
  #line = 1;
  #lineStart = 0;
  // The first `-->` at or behind the comment that was read last; -1 when there is none.
  #dashes = 0;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
  }

  read(): XmlElement[] {
    for (;;) {
      const tag = this.#nextTag();
      if (tag < 0) break;
      this.#at = tag + 1;
      if (this.#text.charCodeAt(this.#at) === 0x2f) this.#close(tag);
      else this.#openAt(tag);
    }
    const left = this.#open.at(-1);
    if (left !== undefined) throw this.#error(left.place, `<${left.name}> is never closed`);
    return this.#roots;
  }

  skipProlog(): void {
    if (this.#text.startsWith(byteOrderMark)) this.#at = byteOrderMark.length;
    blanks.lastIndex = this.#at;
    blanks.test(this.#text);
    const start = blanks.lastIndex;
    if (!this.#text.startsWith("<?xml", start)) return;
    const end = this.#text.indexOf("?>", start);
    if (end < 0) throw this.#error(this.#place(start), "<?xml has no end ?>");
    this.#at = end + 2;
  }

  refuseProlog(): void {
    if (this.#text.startsWith(byteOrderMark)) throw this.#error(this.#place(0), "a byte-order mark is not allowed");
    const start = /^[ \t\r\n\v\f]*<\?xml/.exec(this.#text);
    if (start !== null) throw this.#error(this.#place(start[0].length - 5), "<?xml …?> is not allowed");
  }

  /** Collects text and skips comments up to the next tag; returns the offset of its `<`, or -1 at the end. */
  #nextTag(): number {
    const text = this.#text;
    let from = this.#at;
    let search = from;
    for (;;) {
      const open = text.indexOf("<", search);
      if (open < 0) {
        this.#collect(from, text.length);
        return -1;
      }
      if (text.charCodeAt(open + 1) === 0x21) {
        this.#collect(from, open);
        from = this.#commentEnd(open);
        search = from;
      } else if (isEscaped(text, open, from)) search = open + 1;
      else {
        this.#collect(from, open);
        return open;
      }
    }
  }

  #collect(from: number, to: number): void {
    const element = this.#open.at(-1);
    if (element === undefined || from >= to) return;
    if (element.content.length + to - from > XML_TEXT_BYTES_MAX) {
      throw this.#error(element.place, `the content of <${element.name}> has more than ${XML_TEXT_BYTES_MAX} bytes`);
    }
    element.content += this.#text.slice(from, to);
  }

  #commentEnd(open: number): number {
    const from = open + 2;
    // Remembered, or a file of many `<!…!>` would be searched to its end for each of them.
    if (this.#dashes >= 0 && this.#dashes < from) this.#dashes = this.#text.indexOf("-->", from);
    const dashes = this.#dashes;
    const bang = this.#text.slice(from, dashes < 0 ? undefined : dashes).indexOf("!>");
    if (bang >= 0) return from + bang + 2;
    if (dashes < 0) throw this.#error(this.#place(open), "the comment has no end --> or !>");
    return dashes + 3;
  }

  #openAt(tag: number): void {
    const place = this.#place(tag);
    const name = this.#take(elementName);
    if (name === "") throw this.#error(place, "< is not followed by a name; write \\< for the character itself");
    if (name.length > XML_TEXT_BYTES_MAX) throw this.#error(place, "the name of an element is too long");
    if (this.#open.length >= XML_DEPTH_MAX)
      throw this.#error(place, `more than ${XML_DEPTH_MAX} elements in each other`);
    const element: OpenElement = { name, attributes: [], children: [], content: "", place };
    const isWhole = this.#attributes(element);
    if (isWhole) this.#add(element);
    else this.#open.push(element);
  }

  /** Reads up to the `>` of an opening tag; true when it ended in `/>`. */
  #attributes(element: OpenElement): boolean {
    for (;;) {
      this.#take(blanks);
      const next = this.#text[this.#at];
      if (next === undefined) throw this.#error(element.place, `the tag <${element.name} has no end >`);
      if (next === ">") {
        this.#at += 1;
        return false;
      }
      if (next === "/") {
        if (this.#text[this.#at + 1] !== ">") throw this.#error(this.#place(this.#at), "/ is not followed by >");
        this.#at += 2;
        return true;
      }
      element.attributes.push(this.#attribute(element));
    }
  }

  #attribute(element: OpenElement): XmlAttribute {
    const place = this.#place(this.#at);
    const name = this.#take(attributeName);
    if (name === "") throw this.#error(place, `an attribute's name is expected in <${element.name}>`);
    if (this.#text[this.#at] !== "=") throw this.#error(place, `the attribute ${name} is not followed by =`);
    this.#at += 1;
    this.#take(blanks);
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'") throw this.#error(place, `the value of ${name} is not in quotes`);
    const end = this.#text.indexOf(quote, this.#at + 1);
    if (end < 0) throw this.#error(place, `the value of ${name} has no closing quote`);
    const value = this.#text.slice(this.#at + 1, end);
    this.#at = end + 1;
    if (value.includes(">")) throw this.#error(place, `the value of ${name} holds a >`);
    if (value.length > XML_TEXT_BYTES_MAX || name.length > XML_TEXT_BYTES_MAX) {
      throw this.#error(place, `an attribute has more than ${XML_TEXT_BYTES_MAX} bytes`);
    }
    if (element.attributes.length >= XML_ATTRIBUTES_MAX) {
      throw this.#error(place, `<${element.name}> has more than ${XML_ATTRIBUTES_MAX} attributes`);
    }
    if (element.attributes.some((other) => other.name === name)) {
      throw this.#error(place, `the attribute ${name} is written twice`);
    }
    return { name, value, place };
  }

  #close(tag: number): void {
    this.#at += 1;
    const name = this.#take(elementName);
    this.#take(blanks);
    const element = this.#open.pop();
    if (element === undefined) throw this.#error(this.#place(tag), `</${name}> closes nothing`);
    if (name !== element.name) {
      const { line } = element.place;
      throw this.#error(this.#place(tag), `</${name}> stands where <${element.name}> of line ${line} is to be closed`);
    }
    if (this.#text[this.#at] !== ">") throw this.#error(this.#place(tag), `</${name} is not followed by >`);
    this.#at += 1;
    this.#add(element);
  }

  #add(element: XmlElement): void {
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#roots.push(element);
    else {
      parent.children.push(element);
      parent.content = "";
    }
  }

  /** What `pattern` (sticky, may match nothing) finds here; moves behind it. */
  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  /** `offset` is not below that of the call before. */
  #place(offset: number): Place {
    for (;;) {
      const end = this.#text.indexOf("\n", this.#placed);
      if (end < 0 || end >= offset) break;
      this.#line += 1;
      this.#lineStart = end + 1;
      this.#placed = end + 1;
    }
    return { file: this.#file, line: this.#line, column: offset - this.#lineStart + 1, offset };
  }

  #error(place: Place, message: string): XmlError {
    return new XmlError(place, message);
  }
}

/** Whether an odd number of backslashes stands right before `open`, none of them before `from`. */
function isEscaped(text: string, open: number, from: number): boolean {
  let count = 0;
  while (open - count > from && text.charCodeAt(open - count - 1) === 0x5c) count += 1;
  return count % 2 === 1;
}

/**
 * Reads a whole file.
 *
 * @param text Its bytes as latin1.
 * @param file Its name in messages and places.
 * @throws XmlError at the first thing that is wrong.
 */
export function parseXml(text: string, file: string, options: XmlOptions = {}): XmlDocument {
  const { prolog = "refuse", fileBytesMax = XML_FILE_BYTES_MAX } = options;
  if (text.length > fileBytesMax) {
    const place = { file, line: 1, column: 1, offset: 0 };
    throw new XmlError(place, `the file has ${text.length} bytes, more than ${fileBytesMax}`);
  }
  const reader = new XmlReader(text, file);
  if (prolog === "skip") reader.skipProlog();
  else reader.refuseProlog();
  return { roots: reader.read() };
}

/** The value of an attribute, by its exact name. */
export function attributeOf(element: XmlElement, name: string): string | undefined {
  return element.attributes.find((attribute) => attribute.name === name)?.value;
}
