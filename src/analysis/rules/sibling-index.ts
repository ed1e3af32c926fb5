/**
 * Which of a rule's children are worth trying for an event. Most siblings ask for something that can be looked up for
 * all of them at once, so the walk tries the few that are left, in their order, with all their conditions:
 *
 *   decoded_as, program_name   the list itself is of those that ask for this decoder and may have this program name
 *   match, regex               a literal that the log must hold; all literals of all rules are found in one pass
 *   fields                     the value must be there, or be one of some texts; one look-up per field
 *
 * What is looked up is numbered: a *group* is one such demand. A group that the current event fulfils is marked with
 * the event's number; group 0 always is, and a sibling is tried when both of its groups are marked. A sibling that is
 * left out certainly does not match; leaving it out is all that happens here.
 */
import { LiteralScan, type ScannedLiteral } from "../../syntax/literal-scan.ts";
import { lowerAscii } from "../../syntax/subject.ts";
import type { DecodedEvent } from "../decoded-event.ts";
import type { Demand } from "./demand.ts";
import { ProgramNames } from "./program-names.ts";
import type { Lookup, Rule, RuleNode, Siblings } from "./rule.ts";

const always = 0;
/** Fewer siblings are tried one after another. */
const siblingsMin = 3;
/** Shorter literals are in so many logs that looking for them rules nothing out. */
const literalBytesMin = 2;
/** The start of a long literal is as telling, and costs less memory. */
const literalBytesMax = 24;
/** Lists of one node; strangers choose program names, so beyond this many they are made anew. */
const listsMax = 256;
/** Before the numbers of events leave the range of the marks they begin anew. */
const marksMax = 0x7fff_fff0;

const noSiblings: Siblings = { nodes: [], groups: undefined, usesLog: false, lookups: [] };

/** The demands by which a rule is left out: those that rule out most. */
function tellingDemands(demands: readonly Demand[]): readonly Demand[] {
  const texts = demands.find((demand) => demand.kind === "value" && demand.texts !== undefined);
  const logs = demands.filter((demand) => demand.kind === "log").sort((a, b) => shortest(b) - shortest(a));
  const found = [texts, logs[0]].filter((demand) => demand !== undefined);
  return found.length > 0 ? found : demands.slice(0, 1);
}

function shortest(demand: Demand): number {
  return demand.kind === "log" ? Math.min(...demand.literals.map(({ length }) => length)) : 0;
}

export class SiblingIndex {
  readonly #programNames: ProgramNames;
  readonly #scan: LiteralScan;
  readonly #lookups = new Map<string, Lookup>();
  /** Two for each rule. */
  readonly #groupsOfRule: Int32Array;
  readonly #marks: Int32Array;
  /** By group: whether it is about the log, and else its look-up. */
  readonly #lookupOf: (Lookup | undefined)[] = [undefined];
  #mark = 0;
  #scannedMark = 0;
  #programClass = 0;

  /** The rules of a tree that is complete; they stand at their `index`. */
  constructor(rules: readonly Rule[]) {
    this.#programNames = new ProgramNames(rules);
    this.#groupsOfRule = new Int32Array(rules.length * 2);
    const literals: ScannedLiteral[] = [];
    const known = new Map<string, number>();
    for (const { index, demands } of rules) {
      for (const [place, demand] of tellingDemands(demands).entries()) {
        this.#groupsOfRule[index * 2 + place] = this.#groupOf(demand, known, literals);
      }
    }
    this.#scan = new LiteralScan(literals);
    this.#marks = new Int32Array(this.#lookupOf.length);
  }

  #groupOf(demand: Demand, known: Map<string, number>, literals: ScannedLiteral[]): number {
    if (demand.kind === "log") {
      const texts = demand.literals.map((text) => text.slice(0, literalBytesMax));
      if (texts.some(({ length }) => length < literalBytesMin)) return always;
      return this.#known(known, `\n${texts.join("\n")}`, (group) => {
        for (const text of new Set(texts)) literals.push({ text, group });
        return undefined;
      });
    }
    const { name, read, texts } = demand;
    return this.#known(known, texts === undefined ? name : `${name}\n${texts.join("\n")}`, (group) => {
      let lookup = this.#lookups.get(name);
      if (lookup === undefined) {
        lookup = { read, presence: always, groupsOf: new Map(), mark: 0 };
        this.#lookups.set(name, lookup);
      }
      if (texts === undefined) lookup.presence = group;
      for (const text of new Set(texts)) {
        const groups = lookup.groupsOf.get(text);
        if (groups === undefined) lookup.groupsOf.set(text, [group]);
        else groups.push(group);
      }
      return lookup;
    });
  }

  #known(known: Map<string, number>, key: string, make: (group: number) => Lookup | undefined): number {
    let group = known.get(key);
    if (group === undefined) {
      group = this.#lookupOf.length;
      this.#lookupOf.push(undefined);
      this.#lookupOf[group] = make(group);
      known.set(key, group);
    }
    return group;
  }

  /** To be called before the tree is walked for an event, which then may not change. */
  begin(event: DecodedEvent): void {
    if (this.#mark >= marksMax) this.#forgetMarks();
    this.#mark += 1;
    this.#marks[always] = this.#mark;
    this.#programClass = this.#programNames.classOf(event.programName);
  }

  #forgetMarks(): void {
    this.#mark = 0;
    this.#scannedMark = 0;
    this.#marks.fill(0);
    for (const lookup of this.#lookups.values()) lookup.mark = 0;
  }

  /** The children that the current event, of this decoder, may match, and what else is known of them. */
  siblingsOf(node: RuleNode, decoderNameId: number): Siblings {
    if (node.children.length === 0) return noSiblings;
    node.asksProgramName ??= node.children.some(({ rule }) => rule.programName !== undefined);
    const programClass = node.asksProgramName ? this.#programClass : 0;
    const key = (decoderNameId + 1) * this.#programNames.classesMax + programClass;
    node.siblings ??= new Map();
    let found = node.siblings.get(key);
    if (found === undefined) {
      if (node.siblings.size >= listsMax) node.siblings.clear();
      found = this.#siblings(
        node.children.filter(
          ({ rule }) =>
            (rule.decodedAs < 0 || rule.decodedAs === decoderNameId) &&
            this.#programNames.isPossible(rule, programClass),
        ),
      );
      node.siblings.set(key, found);
    }
    return found;
  }

  #siblings(nodes: readonly RuleNode[]): Siblings {
    if (nodes.length < siblingsMin) return { ...noSiblings, nodes };
    const groups = new Int32Array(nodes.length * 2);
    for (const [index, { rule }] of nodes.entries()) {
      groups[index * 2] = this.#groupsOfRule[rule.index * 2] ?? always;
      groups[index * 2 + 1] = this.#groupsOfRule[rule.index * 2 + 1] ?? always;
    }
    const asked = new Set(groups);
    asked.delete(always);
    if (asked.size === 0) return { ...noSiblings, nodes };
    const lookups = new Set<Lookup>();
    let usesLog = false;
    for (const group of asked) {
      const lookup = this.#lookupOf[group];
      if (lookup === undefined) usesLog = true;
      else lookups.add(lookup);
    }
    return { nodes, groups, usesLog, lookups: [...lookups] };
  }

  /** Looks up what these siblings ask of the event; `isPossible` is then right about them. */
  prepare({ usesLog, lookups }: Siblings, event: DecodedEvent): void {
    if (usesLog && this.#scannedMark !== this.#mark) {
      this.#scannedMark = this.#mark;
      this.#scan.scan(event.log.raw, this.#marks, this.#mark);
    }
    for (const lookup of lookups) if (lookup.mark !== this.#mark) this.#lookUp(lookup, event);
  }

  #lookUp(lookup: Lookup, event: DecodedEvent): void {
    lookup.mark = this.#mark;
    const value = lookup.read(event);
    if (value === undefined) return;
    this.#marks[lookup.presence] = this.#mark;
    if (lookup.groupsOf.size === 0) return;
    for (const group of lookup.groupsOf.get(lowerAscii(value)) ?? []) this.#marks[group] = this.#mark;
  }

  /** Whether the sibling at `index` may match; `groups` are those of its list. */
  isPossible(groups: Int32Array, index: number): boolean {
    const marks = this.#marks;
    const mark = this.#mark;
    return marks[groups[index * 2] ?? always] === mark && marks[groups[index * 2 + 1] ?? always] === mark;
  }
}
