/**
 * All decoders of a ruleset, loaded, indexed, and walked for each event (ruleset-spec 3.2 to 3.5). Holds no state of
 * events: the cache below only remembers which decoders a program name selects, which is a fact of the ruleset.
 *
 *   roots with a program_name     for events that have a program name (there is no way from one list to the other)
 *   roots without one             for all others
 *   children                      below every root of their parent's name, in load order; only two levels exist
 *
 * The first root that matches is final. Among its children the first that matches, or that has no prematch, is
 * selected, and from there a chain of siblings of the same name is run.
 */
import { must } from "../../base/assert.ts";
import { runSteps, type Steps } from "../../base/steps.ts";
import { type Problem, problemAt, problemInFile } from "../../config/problem.ts";
import type { EngineEvent } from "../../model/alert.ts";
import { XmlError } from "../../syntax/errors.ts";
import { afterPointer, type Flavour, type Match, NO_MATCH } from "../../syntax/pattern.ts";
import { Subject } from "../../syntax/subject.ts";
import { parseXml, type XmlElement } from "../../syntax/xml.ts";
import { expandVariables } from "../../syntax/xml-variable.ts";
import { Baseline } from "../baseline.ts";
import type { DecodedEvent } from "../decoded-event.ts";
import { LogLiterals } from "../log-literals.ts";
import { predecode } from "../predecode.ts";
import { isAtWork } from "../watch.ts";
import type { Decoder, FieldTarget } from "./decoder.ts";
import type { Child, FileDecoder, Root } from "./file-decoder.ts";
import { normaliseAction } from "./firewall-action.ts";
import { internalDecoders, internalNames, ossecInternalNames } from "./internal.ts";
import { loadDecoder, type LoadedDecoder } from "./loader.ts";
import { walkOssec } from "./ossec-walk.ts";
import { offsetOf, type WalkOffsets } from "./walk-offset.ts";

export interface DecoderFile {
  path: string;
  /** Byte string. */
  text: string;
}

/** Strangers choose program names; beyond this many the cache begins anew. */
const programNamesMax = 4_096;
/** Longer ones are no names of programs, and are not worth the memory. */
const programNameBytesMax = 64;

export class DecoderSet {
  readonly #decoders: FileDecoder[] = [];
  readonly #named: Root[] = [];
  readonly #nameless: Root[] = [];
  readonly #nameIds = new Map<string, number>();
  readonly #byProgramName = new Map<string, readonly Root[]>();
  /** For each first byte of a log the roots of `#nameless` that can match; filled by `seal`. */
  #byFirstByte: readonly (readonly Root[])[] = [];

  readonly #internal = new Map<string, Decoder>();

  /** What prematches look for in logs; rules add theirs. */
  readonly literals = new LogLiterals();
  readonly flavour: Flavour;
  /** OSSEC's daemon does so; its logtest, by which its own cases are judged, does not (ruleset-spec 1.3). */
  normalisesActions: boolean;

  constructor(flavour: Flavour = "wazuh") {
    this.flavour = flavour;
    this.normalisesActions = flavour === "ossec";
    const names = flavour === "ossec" ? [...internalNames, ...ossecInternalNames] : internalNames;
    for (const name of names) this.#internal.set(name, internalDecoder(name, this.#nameIdOf(name)));
  }

  internal(name: string): Decoder {
    return must(this.#internal.get(name), `no internal decoder ${name}`);
  }

  get decoders(): readonly FileDecoder[] {
    return this.#decoders;
  }

  get counts(): { withProgramName: number; withoutProgramName: number; children: number } {
    const withProgramName = this.#named.length;
    const withoutProgramName = this.#nameless.length;
    return {
      withProgramName,
      withoutProgramName,
      children: this.#decoders.length - withProgramName - withoutProgramName,
    };
  }

  /** The number that `decoded_as` compares; undefined for a name that no decoder has. */
  nameId(name: string): number | undefined {
    return this.#nameIds.get(name);
  }

  #nameIdOf(name: string): number {
    let id = this.#nameIds.get(name);
    if (id === undefined) {
      id = this.#nameIds.size;
      this.#nameIds.set(name, id);
    }
    return id;
  }

  /** Returns what is wrong with the decoder where it stands, or undefined. */
  add({ decoder, usesOwnName }: LoadedDecoder): string | undefined {
    const wrong = decoder.parent === undefined ? this.#addRoot(decoder) : this.#addChild(decoder, decoder.parent);
    if (wrong !== undefined) return wrong;
    decoder.index = this.#decoders.length;
    this.#decoders.push(decoder);
    const { prematch } = decoder;
    if (prematch !== undefined) prematch.group = this.literals.groupOf(prematch.expression.outline.needed);
    // A child's own name stays legal in `decoded_as`, though it can match only when the child keeps it.
    this.#nameIdOf(decoder.ownName);
    decoder.name = decoder.parent === undefined || usesOwnName ? decoder.ownName : decoder.parent;
    decoder.nameId = this.#nameIdOf(decoder.name);
    return undefined;
  }

  #addRoot(decoder: FileDecoder): string | undefined {
    if (decoder.regex?.offset === "after_regex") return "after_regex needs an earlier decoder of the same name";
    (decoder.programName === undefined ? this.#nameless : this.#named).push({ decoder, children: [] });
    return undefined;
  }

  #addChild(decoder: FileDecoder, parent: string): string | undefined {
    const roots = [...this.#named, ...this.#nameless].filter((root) => root.decoder.ownName === parent);
    if (roots.length === 0) return `the parent decoder ${parent} is not known`;
    const elders = roots.flatMap(({ children }) =>
      children.filter((child) => child.decoder.ownName === decoder.ownName),
    );
    if (elders.length > 0) {
      if (decoder.prematch !== undefined || decoder.fts.length > 0) {
        return `a later decoder ${decoder.ownName} of one parent may have no prematch and no fts`;
      }
      const isBare = (one: FileDecoder): boolean => one.regex === undefined && one.plugin === undefined;
      if (isBare(decoder) || elders.some((elder) => isBare(elder.decoder))) {
        return `all decoders ${decoder.ownName} of one parent need a regex or a plugin_decoder`;
      }
    } else if (decoder.regex?.offset === "after_regex") {
      return "after_regex needs an earlier decoder of the same name";
    }
    for (const elder of elders) elder.hasNext = true;
    for (const root of roots) root.children.push({ decoder, hasNext: false });
    return undefined;
  }

  /** To be called once, when all decoders are in. */
  seal(): void {
    this.#byFirstByte = Array.from({ length: 256 }, (_, code) =>
      this.#nameless.filter(({ decoder }) => {
        const firstBytes = decoder.prematch?.expression.firstBytes;
        return firstBytes === undefined || firstBytes[code] === 1;
      }),
    );
  }

  decode(decoded: DecodedEvent): void {
    const { programName, log } = decoded;
    const roots = programName === undefined ? this.#namelessFor(log.raw) : this.#rootsOf(programName);
    this.literals.scan(log.raw);
    if (this.flavour === "ossec") walkOssec(decoded, roots, this.literals);
    else walk(decoded, roots, this.literals);
    if (decoded.meter !== undefined) decoded.meter.decodingEnds(decoded.decoder?.index ?? -1);
  }

  #namelessFor(log: string): readonly Root[] {
    return log === "" ? this.#nameless : (this.#byFirstByte[log.charCodeAt(0)] ?? this.#nameless);
  }

  #rootsOf(programName: string): readonly Root[] {
    let roots = this.#byProgramName.get(programName);
    if (roots === undefined) {
      const subject = new Subject(programName);
      roots = this.#named.filter(({ decoder }) => decoder.programName?.test(subject) === true);
      if (programName.length > programNameBytesMax) return roots;
      if (this.#byProgramName.size >= programNamesMax) this.#byProgramName.clear();
      // A copy of its own: a slice would keep the whole log that it was cut from alive.
      this.#byProgramName.set(Buffer.from(programName, "latin1").toString("latin1"), roots);
    }
    return roots;
  }
}

/** Internal decoders are all of type ossec (ruleset-spec 8). */
function internalDecoder(name: string, nameId: number): Decoder {
  return {
    ...{ index: -1, nameId, name, parent: undefined, type: "ossec" },
    ...{ pluginOffset: "log", nullField: "string", arrays: "array" },
    ...{ fts: [], ftscomment: undefined, accumulate: false },
  };
}

const place: WalkOffsets = { afterParent: 0, afterPrematch: 0, afterRegex: -1 };

function walk(decoded: DecodedEvent, roots: readonly Root[], literals: LogLiterals): void {
  const { log } = decoded;
  for (const root of roots) {
    const { prematch } = root.decoder;
    if (prematch !== undefined && !literals.holds(prematch.group)) continue;
    if (!isAtWork(decoded, root.decoder)) continue;
    let afterParent = 0;
    if (prematch !== undefined) {
      const pointer = prematch.expression.match(log, 0);
      if (pointer === NO_MATCH) continue;
      afterParent = afterPointer(pointer, log.raw.length);
    }
    decoded.decoder = root.decoder;
    place.afterParent = afterParent;
    place.afterPrematch = afterParent;
    place.afterRegex = -1;
    if (root.children.length === 0) runOne(decoded, root.decoder, place);
    else runChain(decoded, root.children, select(decoded, root.children, place, literals), place);
    return;
  }
}

/**
 * The index of the child to begin with, or -1. Its prematch makes it the event's decoder; without one the root stays.
 */
function select(decoded: DecodedEvent, children: readonly Child[], at: WalkOffsets, literals: LogLiterals): number {
  const { log } = decoded;
  for (let index = 0; index < children.length; index += 1) {
    const { decoder } = children[index]!;
    const { prematch } = decoder;
    const isPossible = prematch === undefined || literals.holds(prematch.group);
    const isTried = isPossible && isAtWork(decoded, decoder);
    if (isTried && prematch === undefined) return index;
    const from = prematch?.offset === "after_parent" ? at.afterParent : 0;
    const pointer = isTried && prematch !== undefined ? prematch.expression.match(log, from) : NO_MATCH;
    if (pointer !== NO_MATCH) {
      decoded.decoder = children[index]!.decoder;
      at.afterPrematch = afterPointer(pointer, log.raw.length);
      return index;
    }
    while (index < children.length && children[index]!.hasNext) index += 1;
  }
  return -1;
}

function runChain(decoded: DecodedEvent, children: readonly Child[], from: number, at: WalkOffsets): void {
  if (from < 0) return;
  for (let index = from; index < children.length; index += 1) {
    const { decoder, hasNext } = children[index]!;
    if (!runOne(decoded, decoder, at) || !hasNext) return;
  }
}

/** False for a decoder that has nothing to run: it ends the chain. One that is passed over finds nothing. */
function runOne(decoded: DecodedEvent, decoder: FileDecoder, at: WalkOffsets): boolean {
  if (!isAtWork(decoded, decoder)) return true;
  if (decoder.plugin !== undefined) {
    const options = decoded.decoder ?? decoder;
    decoder.plugin(decoded, offsetOf(options.pluginOffset, at), options);
    return true;
  }
  if (decoder.regex === undefined) return false;
  const { expression, offset, order } = decoder.regex;
  const match = expression.exec(decoded.log, offsetOf(offset, at));
  if (match !== undefined) {
    at.afterRegex = afterPointer(match.pointer, decoded.log.raw.length);
    fillFields(decoded, match, order);
  }
  return true;
}

/** A group that took no part is an empty field, so that the groups behind it keep their names. */
function fillFields(decoded: DecodedEvent, { groups }: Match, order: readonly FieldTarget[]): void {
  const count = Math.min(groups.length, order.length);
  for (let index = 0; index < count; index += 1) {
    const target = order[index]!;
    const value = groups[index] ?? "";
    if (target.kind === "static") decoded.fields[target.name] = value;
    else decoded.addDynamic(target.name, target.lower, value);
  }
}

/**
 * Loads decoder files in the order given (the caller sorts them by base name). Never throws on what a file holds: every
 * problem is reported with its place, and a decoder with an error is left out. A set of which an `error` was reported
 * must not be put in force.
 */
export function loadDecoders(
  files: readonly DecoderFile[],
  report: (problem: Problem) => void,
  flavour: Flavour = "wazuh",
): DecoderSet {
  return runSteps(decoderSteps(files, report, flavour));
}

/** The same, a file in each step. */
export function* decoderSteps(
  files: readonly DecoderFile[],
  report: (problem: Problem) => void,
  flavour: Flavour,
): Steps<DecoderSet> {
  const set = new DecoderSet(flavour);
  for (const file of files) {
    yield undefined;
    const elements = readFile(file, flavour, report);
    if (elements?.length === 0) report(problemInFile(file.path, "warning", "holds no decoders"));
    for (const element of elements ?? []) {
      const loaded = loadDecoder(element, flavour, report);
      const wrong = loaded && set.add(loaded);
      if (loaded !== undefined && wrong !== undefined) report(problemAt(loaded.place, "error", wrong));
    }
  }
  set.seal();
  return set;
}

function readFile(
  { path, text }: DecoderFile,
  flavour: Flavour,
  report: (problem: Problem) => void,
): readonly XmlElement[] | undefined {
  try {
    const { roots } = parseXml(text, path, { prolog: flavour === "ossec" ? "skip" : "refuse" });
    return expandVariables(roots, { flavour }).filter(({ name }) => name.toLowerCase() !== "var");
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    report(problemAt(error.place, "error", error.what));
    return undefined;
  }
}

/** Predecodes and decodes `event` into `into`, which is returned. What modules of agents say changes `baseline`. */
export function decodeEvent(
  set: DecoderSet,
  event: EngineEvent,
  into: DecodedEvent,
  baseline: Baseline = new Baseline(),
): DecodedEvent {
  into.reset(event);
  into.isOssec = set.flavour === "ossec";
  const internal = internalDecoders.get(event.queue);
  if (internal !== undefined) {
    internal(into, set, baseline);
    return into;
  }
  predecode(into, set.flavour);
  set.decode(into);
  if (set.normalisesActions && into.fields.action !== undefined && into.type === "firewall") normaliseAction(into);
  return into;
}
