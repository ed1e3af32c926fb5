/**
 * Variables of a rule or decoder file (ruleset-spec 2): `<var name="X">value</var>`, at any depth, defines X for what
 * stands behind it in the same file. From the first one on, every content and attribute value of more than two bytes is
 * searched: `$` begins a name that runs to the next `$`, `.`, `|`, `,`, space or the end of the text. A name that is
 * known, whatever its case, is replaced; an unknown one is an error; a bare `$` stands for itself. In a file without
 * variables `$` is free.
 */
import { XmlError } from "./errors.ts";
import type { Place, XmlAttribute, XmlElement } from "./xml.ts";

export interface VariableOptions {
  /** `wazuh` leaves `$(field)` alone, `ossec` takes it for an unknown variable. */
  readonly flavour: "wazuh" | "ossec";
}

/** Expanded values may be longer than what is written, never longer than this, so that a few names cannot multiply. */
const expandedBytesMax = 65_536;
const name = /\$([^$.|, ]+)/g;

/**
 * The elements with their variables replaced; the very same ones where the file has none. The `<var>` elements stay.
 *
 * @throws XmlError at an element or attribute that names an unknown variable, and at a `<var>` without a name.
 */
export function expandVariables(roots: readonly XmlElement[], options: VariableOptions): readonly XmlElement[] {
  return roots.some(holdsVariable) ? new Expander(options).elements(roots) : roots;
}

const isVariable = (element: XmlElement): boolean => element.name.toLowerCase() === "var";

function holdsVariable(element: XmlElement): boolean {
  return isVariable(element) || element.children.some(holdsVariable);
}

class Expander {
  readonly #options: VariableOptions;
  readonly #values = new Map<string, string>();

  constructor(options: VariableOptions) {
    this.#options = options;
  }

  elements(elements: readonly XmlElement[]): XmlElement[] {
    return elements.map((element) => this.#element(element));
  }

  // In the order of the text: the attributes stand before what is inside, the content behind the last child.
  #element(element: XmlElement): XmlElement {
    if (isVariable(element)) return this.#define(element);
    const attributes = element.attributes.map((attribute) => this.#attribute(attribute));
    const children = this.elements(element.children);
    return { ...element, attributes, children, content: this.#text(element.content, element.place) };
  }

  #attribute(attribute: XmlAttribute): XmlAttribute {
    return { ...attribute, value: this.#text(attribute.value, attribute.place) };
  }

  #define(element: XmlElement): XmlElement {
    const variable = element.attributes.find((attribute) => attribute.name === "name")?.value ?? "";
    if (variable === "") throw new XmlError(element.place, "<var> has no name");
    const content = this.#text(element.content, element.place);
    this.#values.set(variable.toLowerCase(), content);
    return { ...element, content };
  }

  #text(text: string, place: Place): string {
    if (this.#values.size === 0 || text.length <= 2 || !text.includes("$")) return text;
    const expanded = text.replace(name, (whole: string, variable: string) => {
      if (this.#options.flavour === "wazuh" && variable.startsWith("(")) return whole;
      const value = this.#values.get(variable.toLowerCase());
      if (value === undefined) throw new XmlError(place, `the variable $${variable} is not defined`);
      return value;
    });
    if (expanded.length > expandedBytesMax) {
      throw new XmlError(place, `the text has more than ${expandedBytesMax} bytes with its variables replaced`);
    }
    return expanded;
  }
}
