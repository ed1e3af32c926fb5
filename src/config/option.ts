/** What every kind of option is, and how the options inside an element are read by their table. */
import { must } from "../base/assert.ts";
import type { Place, XmlElement } from "../syntax/xml.ts";

/** The outcome of reading one text. `refusal` completes the sentence "<port> …", e.g. "must be a number". */
export type Reading<T> = { readonly value: T } | { readonly refusal: string };

/** Where an option's reader puts what it found wrong. */
export interface Findings {
  refuse(place: Place, message: string): void;
  warn(place: Place, message: string): void;
}

export interface Option<T> {
  /** The form of a value in words, for people: `1 to 65535`. */
  readonly form: string;
  readonly help: string;
  /** The value when the option is not written. */
  readonly initial: T;
  /** `initial` as an operator would write it; empty where there is none. */
  readonly initialText: string;
  /** Whether the option may be written several times, each adding to the last. */
  readonly isList: boolean;
  /** What writing it does: what it says, nothing yet (a warning says so), or nothing, and that is as well. */
  readonly effect: "full" | "not yet" | "none";
  /** What is inside, for an option that is a block of its own. */
  readonly inner: Options | undefined;
  /** The attributes that an element of this option may carry. */
  readonly attributes: readonly string[];
  /** `elements` holds at least one, in file order. */
  read(elements: readonly XmlElement[], findings: Findings): T;
}

export type Options = Readonly<Record<string, Option<unknown>>>;

/** The type of a section's values: what its table says. */
export type Values<O extends Options> = { readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never };

/** A section as it was read, frozen. */
export interface LocatedValues<O extends Options> {
  readonly values: Values<O>;
  /** Of the (last) element; `undefined` when the section is not written and all values are the initial ones. */
  readonly place: Place | undefined;
  /** Of each option that is written, by its name in the table. */
  readonly places: ReadonlyMap<string, Place>;
}

// The one cast of this file: the object is built name by name from the very table that `Values` is computed from.
function asValues<O extends Options>(found: Readonly<Record<string, unknown>>): Values<O> {
  return Object.freeze(found) as Values<O>;
}

/** What a section says that is not written. */
export function initialValues<O extends Options>(options: O): Values<O> {
  return asValues<O>(Object.fromEntries(Object.entries(options).map(([name, { initial }]) => [name, initial])));
}

/** Sorts the children of one element by option; names those that the table does not hold. */
function collectOptions(
  options: Options,
  parent: XmlElement,
  findings: Findings,
  written: Map<string, XmlElement[]>,
): void {
  const spellings = new Map(Object.keys(options).map((name) => [name.toLowerCase(), name]));
  const once = new Set<string>();
  for (const element of parent.children) {
    const name = spellings.get(element.name.toLowerCase());
    const option = name === undefined ? undefined : options[name];
    if (name === undefined || option === undefined) {
      findings.warn(element.place, `<${element.name}> is not an option of <${parent.name}> and has no effect`);
      continue;
    }
    if (once.has(name) && !option.isList) {
      findings.warn(element.place, `<${element.name}> is written again in the same <${parent.name}>; this one counts`);
    }
    once.add(name);
    warnOfAttributes(element, option, findings);
    const elements = written.get(name);
    if (elements === undefined) written.set(name, [element]);
    else elements.push(element);
  }
}

/** What earlier sections wrote of a group has no effect beside a later one that writes of it as well. */
function dropEarlier(
  group: readonly string[],
  parent: XmlElement,
  findings: Findings,
  written: Map<string, XmlElement[]>,
): void {
  const later = parent.children.find((element) => group.includes(element.name.toLowerCase()));
  if (later === undefined) return;
  for (const name of group) {
    const [first] = written.get(name) ?? [];
    if (first === undefined) continue;
    findings.warn(first.place, `<${name}> has no effect: a later <${parent.name}> has <${later.name}>`);
    written.delete(name);
  }
}

function warnOfAttributes(element: XmlElement, option: Option<unknown>, findings: Findings): void {
  if (option.effect !== "full") return;
  for (const { name, place } of element.attributes) {
    if (!option.attributes.includes(name)) findings.warn(place, `${name}="…" means nothing at <${element.name}>`);
  }
}

/**
 * Reads the options inside `parents` (all of one section, in file order). Fills `places` with where each option that is
 * written stands (the last one), and `refused` with those whose text was refused and that have another value. Unknown
 * options are warned about by name; option names compare without case.
 */
export function readOptions<O extends Options>(
  options: O,
  parents: readonly XmlElement[],
  findings: Findings,
  places: Map<string, Place>,
  refused = new Set<string>(),
  groups: readonly (readonly string[])[] = [],
): Values<O> {
  const written = new Map<string, XmlElement[]>();
  for (const parent of parents) {
    for (const group of groups) dropEarlier(group, parent, findings, written);
    collectOptions(options, parent, findings, written);
  }
  for (const [name, elements] of written) places.set(name, must(elements.at(-1)).place);
  const found: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(options)) {
    const elements = written.get(name);
    const noting: Findings = {
      refuse(place, message) {
        refused.add(name);
        findings.refuse(place, message);
      },
      warn: (place, message) => findings.warn(place, message),
    };
    found[name] = elements === undefined ? option.initial : option.read(elements, noting);
  }
  return asValues<O>(found);
}
