/**
 * A home's configuration: HOME/etc/ossec.conf, which all nodes share, and HOME/etc/ossec.node.conf, which is this
 * node's own and read after it.
 *
 *   files ──readConfigTree──▶ elements ──readConfiguration──▶ typed, frozen sections and all problems
 *
 * A file may have one `<ossec_config>` root, several, or sections without one. `nodes="a b"` (node names, or `master`
 * or `worker`) keeps a section to those nodes. In ossec.node.conf a section is added to those of ossec.conf, or with
 * `mode="replace"` stands in for all of that name; `<cluster>` may not be there, because who a node is must be readable
 * in one place. What is wrong is named by place and does not stop the reading.
 */
import { join } from "node:path";
import { assert, must } from "../base/assert.ts";
import type { Disk } from "../base/disk.ts";
import { describeError } from "../base/error.ts";
import { XmlError } from "../syntax/errors.ts";
import { parseXml, type Place, type XmlElement } from "../syntax/xml.ts";
import { unsupportedSections } from "./known-section.ts";
import { initialValues, readOptions } from "./option.ts";
import type { Findings, LocatedValues, Options, Values } from "./option.ts";
import { problemAt, problemInFile, sortProblems, type Problem } from "./problem.ts";
import type { Section } from "./schema.ts";

/** Who this node is, as far as `nodes="…"` of a section asks. */
export interface Self {
  /** `undefined` where no `<cluster>` names it. */
  readonly name: string | undefined;
  readonly role: "master" | "worker";
}

/** The elements of a home's configuration, before any table has looked at them. */
export interface ConfigTree {
  /** The paths of both files, in the order in which they are read. */
  readonly files: readonly string[];
  /** The sections of ossec.conf. */
  readonly shared: readonly XmlElement[];
  /** The sections of etc/ossec.node.conf. */
  readonly own: readonly XmlElement[];
  readonly problems: readonly Problem[];
  /** Whether ossec.conf is there and could be parsed. */
  readonly isRead: boolean;
}

/** A node's configuration: typed, frozen, complete with defaults. */
export interface Configuration {
  /** ossec.conf and ossec.node.conf. */
  readonly files: readonly string[];
  /** By file, line and column. Never holds a secret. */
  readonly problems: readonly Problem[];
  /** Whether the node may start by it: no problem is an error. */
  readonly isUsable: boolean;
  /** Whether ossec.conf is there and could be parsed: otherwise nothing here is what anybody wrote. */
  readonly isRead: boolean;
  /** Each `<name>` that is in force on this node, in file order, for a repeated section. */
  all<O extends Options>(section: Section<O>): readonly LocatedValues<O>[];
  /** The one merged `<name>`; its `place` is `undefined` when nobody wrote it. */
  one<O extends Options>(section: Section<O>): LocatedValues<O>;
  /** Where the first `<name>` in force stands, known or not. */
  placeOf(name: string): Place | undefined;
}

/** Larger than any that people keep (a Wazuh manager's has 10 KiB); read whole into memory. */
const configBytesMax = 4 * 1_024 * 1_024;

export const sharedConfigPath = (home: string): string => join(home, "etc", "ossec.conf");
export const ownConfigPath = (home: string): string => join(home, "etc", "ossec.node.conf");

const lower = (element: XmlElement): string => element.name.toLowerCase();

/**
 * The elements of one file; `undefined` when it is absent. A file that cannot be read or parsed gives a problem and no
 * elements. `wrapper` is the root that may or may not stand around them.
 */
export async function readElements(
  path: string,
  disk: Disk,
  wrapper: string,
  report: (problem: Problem) => void,
): Promise<readonly XmlElement[] | undefined> {
  let bytes: Buffer | undefined;
  try {
    bytes = await disk.readWhole(path, configBytesMax);
  } catch (error) {
    report(problemInFile(path, "error", `the file cannot be read: ${describeError(error)}`));
    return [];
  }
  if (bytes === undefined) return undefined;
  try {
    const { roots } = parseXml(bytes.toString("latin1"), path, { prolog: "skip" });
    return roots.flatMap((root) => (lower(root) === wrapper ? root.children : [root]));
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    report(problemAt(error.place, "error", error.what));
    return [];
  }
}

/** Reads both files. Never rejects because of what is in them. */
export async function readConfigTree(home: string, disk: Disk): Promise<ConfigTree> {
  const problems: Problem[] = [];
  const report = (problem: Problem): void => void problems.push(problem);
  const shared = await readElements(sharedConfigPath(home), disk, "ossec_config", report);
  const isRead = shared !== undefined && problems.length === 0;
  const own = await readElements(ownConfigPath(home), disk, "ossec_config", report);
  if (shared === undefined) report(problemInFile(sharedConfigPath(home), "error", "the file does not exist"));
  if (isRead && shared.length === 0) {
    const message = "it holds no section: the node is a single one, by the defaults";
    report(problemInFile(sharedConfigPath(home), "warning", message));
  }
  const files = [sharedConfigPath(home), ownConfigPath(home)];
  return { files, shared: shared ?? [], own: own ?? [], problems, isRead };
}

/** The elements named `name` (in lower case) among `elements`. */
export function sectionsNamed(elements: readonly XmlElement[], name: string): readonly XmlElement[] {
  return elements.filter((element) => lower(element) === name);
}

/** Reads one section from all its elements (one of a repeated section, any number of a merged one). */
export function readSection<O extends Options>(
  section: Section<O>,
  elements: readonly XmlElement[],
  report: (problem: Problem) => void,
): LocatedValues<O> {
  const place = elements.at(-1)?.place;
  if (place === undefined) {
    return Object.freeze({ values: initialValues(section.options), place, places: new Map<string, Place>() });
  }
  const found: Problem[] = [];
  const findings: Findings = {
    refuse: (at, message) => void found.push(problemAt(at, "error", message)),
    warn: (at, message) => void found.push(problemAt(at, "warning", message)),
  };
  const places = new Map<string, Place>();
  const refused = new Set<string>();
  const values: Values<O> = readOptions(section.options, elements, findings, places, refused, section.groups);
  const say = (severity: "error" | "warning") => (option: string, message: string) => {
    // Its own text has been refused, so what its initial value is like is nobody's concern.
    if (!refused.has(option)) report(problemAt(places.get(option) ?? place, severity, `<${option}>: ${message}`));
  };
  // Wazuh's manager comes with a section that is off and has an empty key.
  if (section.isOff(values)) return Object.freeze({ values, place, places });
  const lack = section.lack(values);
  if (lack !== undefined) {
    const { option, message } = lack;
    report(problemAt(places.get(option) ?? place, "warning", `<${option}>: ${message}`));
    return Object.freeze({ values, place, places });
  }
  for (const problem of found) report(problem);
  section.check(values, say("error"), say("warning"));
  return Object.freeze({ values, place, places });
}

const sectionAttributes = new Set(["nodes", "mode"]);
const nodesWord = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/;

/** The sections that are in force on one node. */
class Selection {
  readonly #self: Self;
  readonly #known: ReadonlyMap<string, Section>;
  readonly #report: (problem: Problem) => void;

  constructor(self: Self, known: ReadonlyMap<string, Section>, report: (problem: Problem) => void) {
    this.#self = self;
    this.#known = known;
    this.#report = report;
  }

  of(tree: ConfigTree): XmlElement[] {
    const shared = tree.shared.filter((element) => this.#isMeant(element) && this.#isWellPlaced(element, false));
    const own = tree.own.filter((element) => this.#isMeant(element) && this.#isWellPlaced(element, true));
    const replaced = new Set(own.filter((element) => modeOf(element) === "replace").map(lower));
    return [...shared.filter((element) => !replaced.has(lower(element))), ...own];
  }

  #isMeant(element: XmlElement): boolean {
    const nodes = element.attributes.find((attribute) => attribute.name === "nodes");
    if (nodes === undefined) return true;
    const words = nodes.value.split(/[\s,]+/).filter((word) => word !== "");
    if (words.length === 0 || !words.every((word) => nodesWord.test(word))) {
      this.#report(problemAt(nodes.place, "error", `nodes="…" must name nodes, or say master or worker`));
      return false;
    }
    return words.some((word) => word === this.#self.name || word === this.#self.role);
  }

  #isWellPlaced(element: XmlElement, isOwn: boolean): boolean {
    // That a section has no effect is said once, and not of its attributes as well.
    if (this.#known.has(lower(element))) this.#checkAttributes(element, isOwn);
    if (!isOwn || lower(element) !== "cluster") return true;
    this.#report(problemAt(element.place, "error", "<cluster> may stand in ossec.conf only"));
    return false;
  }

  #checkAttributes(element: XmlElement, isOwn: boolean): void {
    for (const attribute of element.attributes) {
      if (!sectionAttributes.has(attribute.name)) {
        const message = `${attribute.name}="…" means nothing at <${element.name}>`;
        this.#report(problemAt(attribute.place, "warning", message));
      }
    }
    const mode = element.attributes.find((attribute) => attribute.name === "mode");
    if (mode !== undefined && !isOwn) {
      this.#report(problemAt(mode.place, "warning", `mode="…" has an effect in ossec.node.conf only`));
    } else if (mode !== undefined && mode.value !== "replace" && mode.value !== "add") {
      this.#report(problemAt(mode.place, "error", `mode="…" must be add or replace`));
    }
  }
}

function modeOf(element: XmlElement): string | undefined {
  return element.attributes.find((attribute) => attribute.name === "mode")?.value;
}

function reportUnknown(element: XmlElement, report: (problem: Problem) => void): void {
  const message = unsupportedSections.has(lower(element))
    ? `<${element.name}> is not supported yet and has no effect`
    : `<${element.name}> is not a section of ossec.conf and has no effect`;
  report(problemAt(element.place, "warning", message));
}

/** Reads what is in force on this node by the tables of `sections`. Never throws because of what is written. */
export function readConfiguration(tree: ConfigTree, sections: readonly Section[], self: Self): Configuration {
  const found: Problem[] = [...tree.problems];
  const report = (problem: Problem): void => void found.push(problem);
  const known = new Map(sections.map((section) => [section.name, section]));
  const elements = new Selection(self, known, report).of(tree);
  const read = new Map<string, readonly LocatedValues<Options>[]>();
  for (const element of elements) if (!known.has(lower(element))) reportUnknown(element, report);
  for (const [name, section] of known) {
    const own = sectionsNamed(elements, name);
    const groups = section.isRepeated ? own.map((element) => [element]) : [own];
    read.set(name, Object.freeze(groups.map((group) => readSection(section, group, report))));
  }
  const problems = Object.freeze(sortProblems(found, tree.files));
  return new ReadConfiguration(tree, problems, known, read, elements);
}

class ReadConfiguration implements Configuration {
  readonly files: readonly string[];
  readonly problems: readonly Problem[];
  readonly isUsable: boolean;
  readonly isRead: boolean;
  readonly #known: ReadonlyMap<string, Section>;
  readonly #read: ReadonlyMap<string, readonly LocatedValues<Options>[]>;
  readonly #places: ReadonlyMap<string, Place>;

  constructor(
    tree: ConfigTree,
    problems: readonly Problem[],
    known: ReadonlyMap<string, Section>,
    read: ReadonlyMap<string, readonly LocatedValues<Options>[]>,
    elements: readonly XmlElement[],
  ) {
    this.files = tree.files;
    this.isRead = tree.isRead;
    this.problems = problems;
    this.isUsable = !problems.some((problem) => problem.severity === "error");
    this.#known = known;
    this.#read = read;
    this.#places = new Map(elements.toReversed().map((element) => [lower(element), element.place]));
  }

  all<O extends Options>(section: Section<O>): readonly LocatedValues<O>[] {
    assert(this.#known.get(section.name) === section, `<${section.name}> was not read by this table`);
    // What stands under this name was read by this very table, so it has its type.
    return (this.#read.get(section.name) ?? []) as readonly LocatedValues<O>[];
  }

  one<O extends Options>(section: Section<O>): LocatedValues<O> {
    assert(!section.isRepeated, `<${section.name}> may stand there several times`);
    return must(this.all(section)[0]);
  }

  placeOf(name: string): Place | undefined {
    return this.#places.get(name.toLowerCase());
  }
}
