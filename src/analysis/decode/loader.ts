/**
 * One `<decoder>` element becomes a `Decoder` (ruleset-spec 3.1). What the peers refuse is an error here with its
 * place; what they accept and this version does not do yet is a warning that says so.
 */
import { type Problem, problemAt } from "../../config/problem.ts";
import { compileExpression } from "../../syntax/expression.ts";
import { differenceWarning, riskWarning } from "../../syntax/pattern-warning.ts";
import type { Expression, ExpressionLanguage, Flavour } from "../../syntax/pattern.ts";
import { PatternError } from "../../syntax/pattern.ts";
import { attributeOf, type Place, type XmlElement } from "../../syntax/xml.ts";
import { type DecoderType, decoderTypes, type FieldTarget, type Offset } from "./decoder.ts";
import type { FileDecoder } from "./file-decoder.ts";
import { readFts, readOrder } from "./field-list.ts";
import { plugins } from "./plugin.ts";
import { Refusal } from "./refusal.ts";

/** One expression with all its repetitions must stay below this. */
const expressionBytesMax: Readonly<Record<Flavour, number>> = { wazuh: 1_024, ossec: 8_192 };
/** In the order of an FTS key (ruleset-spec 5.7). */
const ftsOrder = ["name", "id", "dstuser", "srcuser", "srcip", "dstip", "data", "system_name", "location"];

/** An expression whose element may be repeated: the contents are joined, the last `type` holds. */
interface Draft {
  /** Of the element, in lower case: OSSEC has an element for each language. */
  element: string;
  text: string;
  language: ExpressionLanguage;
  offset: Offset;
  place: Place;
}

interface Drafts {
  programName: Draft | undefined;
  prematch: Draft | undefined;
  regex: Draft | undefined;
  order: FieldTarget[] | undefined;
  fts: string[];
  ftsPlace: Place | undefined;
  pluginPlace: Place | undefined;
}

export interface LoadedDecoder {
  decoder: FileDecoder;
  usesOwnName: boolean;
  place: Place;
}

/** Undefined when the element cannot be a decoder; the reason was reported. */
export function loadDecoder(
  element: XmlElement,
  flavour: Flavour,
  report: (problem: Problem) => void,
): LoadedDecoder | undefined {
  try {
    return new DecoderLoader(element, flavour, report).load();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    report(problemAt(error.place, "error", error.message));
    return undefined;
  }
}

class DecoderLoader {
  readonly #element: XmlElement;
  readonly #flavour: Flavour;
  readonly #report: (problem: Problem) => void;
  readonly #decoder: FileDecoder;
  #usesOwnName = false;
  readonly #drafts: Drafts = {
    programName: undefined,
    prematch: undefined,
    regex: undefined,
    order: undefined,
    fts: [],
    ftsPlace: undefined,
    pluginPlace: undefined,
  };

  constructor(element: XmlElement, flavour: Flavour, report: (problem: Problem) => void) {
    this.#element = element;
    this.#flavour = flavour;
    this.#report = report;
    const name = decoderName(element);
    this.#decoder = {
      nameId: -1,
      name,
      ownName: name,
      parent: undefined,
      type: "syslog",
      programName: undefined,
      prematch: undefined,
      regex: undefined,
      plugin: undefined,
      pluginOffset: "log",
      nullField: "string",
      arrays: "array",
      fts: [],
      ftscomment: undefined,
      accumulate: false,
      index: -1,
      file: element.place.file,
      line: element.place.line,
    };
  }

  load(): LoadedDecoder {
    for (const child of this.#element.children) this.#read(child);
    this.#check();
    this.#finish();
    return { decoder: this.#decoder, usesOwnName: this.#usesOwnName, place: this.#element.place };
  }

  #read(element: XmlElement): void {
    const decoder = this.#decoder;
    const drafts = this.#drafts;
    const name = element.name.toLowerCase();
    switch (name) {
      case "parent":
        decoder.parent = (decoder.parent ?? "") + element.content;
        return;
      case "program_name":
        drafts.programName = this.#expression(element, drafts.programName, "osmatch");
        return;
      case "prematch":
        drafts.prematch = this.#expression(element, drafts.prematch, "osregex");
        return;
      case "regex":
        drafts.regex = this.#expression(element, drafts.regex, "osregex");
        return;
      case "order":
        drafts.order = readOrder(element, this.#flavour);
        return;
      case "fts":
        drafts.fts = readFts(element);
        drafts.ftsPlace = element.place;
        return;
      case "ftscomment":
        decoder.ftscomment = (decoder.ftscomment ?? "") + element.content;
        return;
      case "plugin_decoder":
        this.#plugin(element);
        return;
      case "type":
        // The only element of which the peers look at the case.
        if (element.name !== "type") throw unknownElement(element);
        decoder.type = readType(element);
        return;
      default:
        if (!this.#readOption(element, name) && !this.#readOfFlavour(element, name)) throw unknownElement(element);
    }
  }

  #readOfFlavour(element: XmlElement, name: string): boolean {
    return this.#flavour === "ossec" ? this.#readOssec(element, name) : this.#readWazuh(element, name);
  }

  /** The elements that stand for a `type` in OSSEC (ruleset-spec 3.1); false for any other. */
  #readOssec(element: XmlElement, name: string): boolean {
    const drafts = this.#drafts;
    switch (name) {
      case "program_name_pcre2":
        drafts.programName = this.#expression(element, drafts.programName, "pcre2");
        return true;
      case "prematch_pcre2":
        drafts.prematch = this.#expression(element, drafts.prematch, "pcre2");
        return true;
      case "pcre2":
        drafts.regex = this.#expression(element, drafts.regex, "pcre2");
        return true;
      default:
        return false;
    }
  }

  #readOption(element: XmlElement, name: string): boolean {
    switch (name) {
      case "use_own_name":
        this.#usesOwnName = element.content === "true";
        return true;
      case "accumulate":
        this.#decoder.accumulate = true;
        return true;
      default:
        return false;
    }
  }

  /** How JSON is read; false for any other element. */
  #readWazuh(element: XmlElement, name: string): boolean {
    const decoder = this.#decoder;
    const { content } = element;
    switch (name) {
      case "json_null_field":
        if (content === "discard" || content === "string") decoder.nullField = content;
        else this.#warn(element, `<json_null_field> ${content} means string`);
        return true;
      case "json_array_structure":
        if (content === "array" || content === "csv") decoder.arrays = content;
        else this.#warn(element, `<json_array_structure> ${content} means array`);
        return true;
      default:
        return false;
    }
  }

  #warn(element: XmlElement, message: string): void {
    this.#report(problemAt(element.place, "warning", message));
  }

  #expression(element: XmlElement, before: Draft | undefined, initial: ExpressionLanguage): Draft {
    const offset = attributeOf(element, "offset");
    if (before !== undefined && offset !== undefined) {
      throw new Refusal(element.place, `only the first <${element.name}> may have an offset`);
    }
    const name = element.name.toLowerCase();
    if (before !== undefined && before.element !== name) {
      throw new Refusal(element.place, `a decoder may have <${before.element}> or <${name}>, not both`);
    }
    const text = (before?.text ?? "") + element.content;
    const bytesMax = expressionBytesMax[this.#flavour];
    if (text.length >= bytesMax) {
      throw new Refusal(element.place, `<${element.name}> has ${text.length} bytes, ${bytesMax} or more`);
    }
    return {
      element: name,
      text,
      language: this.#language(element, initial),
      offset: before?.offset ?? readOffset(element, offset),
      place: before?.place ?? element.place,
    };
  }

  #language(element: XmlElement, initial: ExpressionLanguage): ExpressionLanguage {
    const type = attributeOf(element, "type")?.toLowerCase();
    if (type === undefined) return initial;
    if (this.#flavour === "ossec") {
      this.#warn(
        element,
        `type="${type}" does nothing in OSSEC's flavour, which has elements such as <prematch_pcre2>`,
      );
      return initial;
    }
    if (type === "osregex" || type === "pcre2" || (type === "osmatch" && initial === "osmatch")) return type;
    this.#warn(element, `<${element.name}> has no type ${type}; ${initial} is taken`);
    return initial;
  }

  #plugin(element: XmlElement): void {
    const isOssec = this.#flavour === "ossec";
    const plugin = plugins.get(element.content);
    if (plugin === undefined || (isOssec && element.content === "JSON_Decoder")) {
      throw new Refusal(element.place, `there is no plugin_decoder ${element.content}`);
    }
    const offset = attributeOf(element, "offset");
    if (isOssec && offset !== undefined) this.#warn(element, "the offset of a plugin does nothing in OSSEC's flavour");
    else if (offset !== undefined) this.#decoder.pluginOffset = readOffset(element, offset);
    if (this.#decoder.pluginOffset === "after_regex") throw new Refusal(element.place, "a plugin has no after_regex");
    this.#drafts.pluginPlace = element.place;
    this.#decoder.plugin = plugin;
  }

  /** What must stand together, in the words of ruleset-spec 3.1. */
  #check(): void {
    const { programName, prematch, regex, order, ftsPlace, pluginPlace } = this.#drafts;
    const { parent } = this.#decoder;
    const { place } = this.#element;
    if (parent === undefined && prematch === undefined && programName === undefined) {
      throw new Refusal(place, "a decoder without a parent needs a prematch or a program_name");
    }
    if (pluginPlace !== undefined && (regex !== undefined || order !== undefined)) {
      throw new Refusal(pluginPlace, "a plugin_decoder excludes regex and order");
    }
    if (regex !== undefined && order === undefined) throw new Refusal(regex.place, "a regex needs an order");
    if (regex === undefined && order !== undefined) throw new Refusal(place, "an order needs a regex");
    if (regex === undefined && pluginPlace === undefined && ftsPlace !== undefined) {
      throw new Refusal(ftsPlace, "an fts needs a regex");
    }
    this.#checkOffsets();
  }

  #checkOffsets(): void {
    const { prematch, regex } = this.#drafts;
    const decoder = this.#decoder;
    const isRoot = decoder.parent === undefined;
    if (prematch !== undefined && prematch.offset !== "log" && prematch.offset !== "after_parent") {
      throw new Refusal(prematch.place, `a prematch has no offset ${prematch.offset}`);
    }
    for (const draft of [prematch, regex]) {
      if (isRoot && draft?.offset === "after_parent") throw new Refusal(draft.place, "after_parent needs a parent");
    }
    if (isRoot && decoder.pluginOffset === "after_parent") {
      throw new Refusal(this.#element.place, "after_parent needs a parent");
    }
    if (regex?.offset === "after_prematch") {
      if (!isRoot && prematch === undefined) throw new Refusal(regex.place, "after_prematch needs a prematch");
      // The peers turn it into "after this root's own prematch", which is where a root's children begin.
      if (isRoot) regex.offset = "after_parent";
    }
  }

  #finish(): void {
    const decoder = this.#decoder;
    const { programName, prematch, regex, order = [], fts } = this.#drafts;
    if (programName !== undefined) decoder.programName = this.#compile(programName, false);
    if (prematch !== undefined) {
      decoder.prematch = { expression: this.#compile(prematch, false), offset: prematch.offset, group: 0 };
    }
    if (regex !== undefined) {
      decoder.regex = { expression: this.#compile(regex, true), offset: regex.offset, order };
    }
    const dynamic = new Set(order.flatMap((target) => (target.kind === "dynamic" ? target.lower : [])));
    for (const name of fts) {
      if (!ftsOrder.includes(name) && !dynamic.has(name)) {
        throw new Refusal(this.#drafts.ftsPlace ?? this.#element.place, `the fts field ${name} is not in the order`);
      }
    }
    const statics = ftsOrder.filter((name) => fts.includes(name));
    decoder.fts = [...statics, ...fts.filter((name) => !ftsOrder.includes(name))];
  }

  #compile(draft: Draft, captures: boolean): Expression {
    try {
      const expression = compileExpression(draft.language, draft.text, { captures, flavour: this.#flavour });
      for (const warning of [riskWarning(expression), differenceWarning(expression)]) {
        if (warning !== undefined) this.#report(problemAt(draft.place, "warning", warning));
      }
      return expression;
    } catch (error) {
      if (error instanceof PatternError) throw new Refusal(draft.place, error.message);
      throw error;
    }
  }
}

function unknownElement(element: XmlElement): Refusal {
  return new Refusal(element.place, `a decoder has no element <${element.name}>`);
}

function decoderName(element: XmlElement): string {
  const [first, second, ...others] = element.attributes;
  if (element.name.toLowerCase() !== "decoder") {
    throw new Refusal(element.place, `<${element.name}> stands where a <decoder> is expected`);
  }
  if (first?.name !== "name" || first.value === "") {
    throw new Refusal(element.place, "the first attribute of a decoder must be its name");
  }
  if ((second !== undefined && second.name !== "status") || others.length > 0) {
    throw new Refusal(element.place, `the decoder ${first.value} may have no attribute but name and status`);
  }
  return first.value;
}

function readOffset(element: XmlElement, offset: string | undefined): Offset {
  switch (offset?.toLowerCase()) {
    case undefined:
      return "log";
    case "after_parent":
      return "after_parent";
    case "after_prematch":
      return "after_prematch";
    case "after_regex":
      return "after_regex";
    default:
      throw new Refusal(element.place, `there is no offset ${offset}`);
  }
}

function readType(element: XmlElement): DecoderType {
  const type = decoderTypes.find((known) => known === element.content);
  if (type === undefined) throw new Refusal(element.place, `there is no decoder type ${element.content}`);
  return type;
}
