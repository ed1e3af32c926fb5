/**
 * A reader of the XML in which Windows renders an event. It takes elements, attributes and text, and nothing else of
 * XML: entities stay as they are written (the rules expect `&lt;`, as in the peers), comments, instructions and
 * declarations are skipped. It is tolerant, because a rule that could be kept from an event by a broken tag would be of
 * little use: an end tag that closes nothing is passed over, one that closes an outer element closes the inner ones as
 * well, and what the text's end leaves open is closed there.
 *
 * Time and memory are proportional to the text; what is beyond the limits below is left out.
 */
export interface EventElement {
  name: string;
  attributes: readonly { name: string; value: string }[];
  children: EventElement[];
  /** All text directly in the element. */
  text: string;
}

/** An event of Windows has five levels at most, and some dozens of elements. */
export const DEPTH_MAX = 16;
export const ELEMENTS_MAX = 2_048;
const attributesMax = 32;

const nameEnd = /[\s/>]/g;
const attributePattern = /\s*([^\s=/>]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/y;

/** The first element of the text, or undefined where there is none. */
export function readEventXml(text: string): EventElement | undefined {
  return new Reader(text).read();
}

class Reader {
  readonly #text: string;
  readonly #open: EventElement[] = [];
  #root: EventElement | undefined = undefined;
  #count = 0;
  /** Open elements that are too deep or too many to be kept; their end tags are counted off. */
  #skipped: string[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  read(): EventElement | undefined {
    const text = this.#text;
    let at = 0;
    while (at < text.length) {
      const tag = text.indexOf("<", at);
      this.#addText(text.slice(at, tag < 0 ? undefined : tag));
      if (tag < 0) break;
      const next = this.#tag(tag);
      if (next === undefined || (this.#root !== undefined && this.#open.length === 0)) break;
      at = next;
    }
    return this.#root;
  }

  #addText(text: string): void {
    const element = this.#open.at(-1);
    if (element !== undefined && this.#skipped.length === 0) element.text += text;
  }

  /** Reads what begins with the `<` at `at`; returns where it ends, or undefined when it does not. */
  #tag(at: number): number | undefined {
    const text = this.#text;
    if (text.startsWith("<!--", at)) return endOf(text, "-->", at + 4);
    if (text.startsWith("<![CDATA[", at)) {
      const end = endOf(text, "]]>", at + 9);
      this.#addText(text.slice(at + 9, end === undefined ? undefined : end - 3));
      return end;
    }
    if (text.startsWith("<?", at) || text.startsWith("<!", at)) return endOf(text, ">", at + 2);
    if (text.startsWith("</", at)) {
      const end = endOf(text, ">", at + 2);
      if (end !== undefined) this.#close(text.slice(at + 2, end - 1).trim());
      return end;
    }
    return this.#openTag(at + 1);
  }

  #openTag(from: number): number | undefined {
    const text = this.#text;
    nameEnd.lastIndex = from;
    const found = nameEnd.exec(text);
    if (found === null) return undefined;
    const attributes: { name: string; value: string }[] = [];
    let at = found.index;
    for (;;) {
      attributePattern.lastIndex = at;
      const [whole, name = "", double, single] = attributePattern.exec(text) ?? [];
      if (whole === undefined) break;
      at += whole.length;
      if (attributes.length < attributesMax) attributes.push({ name, value: double ?? single ?? "" });
    }
    const end = endOf(text, ">", at);
    if (end === undefined) return undefined;
    this.#begin({ name: text.slice(from, found.index), attributes, children: [], text: "" }, text[end - 2] === "/");
    return end;
  }

  #begin(element: EventElement, isEmpty: boolean): void {
    if (this.#skipped.length > 0 || this.#open.length >= DEPTH_MAX || this.#count >= ELEMENTS_MAX) {
      if (!isEmpty && this.#skipped.length < ELEMENTS_MAX) this.#skipped.push(element.name);
      return;
    }
    this.#count += 1;
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#root = element;
    else parent.children.push(element);
    if (!isEmpty) this.#open.push(element);
  }

  #close(name: string): void {
    if (this.#skipped.length > 0) {
      if (this.#skipped.at(-1) === name) this.#skipped.pop();
      return;
    }
    for (let index = this.#open.length - 1; index >= 0; index -= 1) {
      if (this.#open[index]?.name !== name) continue;
      this.#open.length = index;
      return;
    }
  }
}

/** Behind the next `what`, or undefined. */
function endOf(text: string, what: string, from: number): number | undefined {
  const at = text.indexOf(what, from);
  return at < 0 ? undefined : at + what.length;
}
