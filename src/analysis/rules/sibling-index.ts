/**
 * Which of a rule's children are worth trying for an event. Most siblings ask for something that can be looked up for
 * all of them at once, so the walk tries the few that are left, in their order, with all their conditions:
 *
 *   decoded_as, program_name   the list itself is of those that ask for this decoder and may have this program name
 *   match, regex               a literal that the log must hold (log-literals.ts)
 *   fields                     the value must be there, or be one of some texts; one look-up per field
 *
 * Each such demand is a group of log-literals.ts; a sibling is tried when both of its groups are marked for the current
 * event. One that is left out certainly does not match; leaving it out is all that happens here.
 */
import { lowerAscii } from "../../syntax/subject.ts";
import type { DecodedEvent } from "../decoded-event.ts";
import { ALWAYS, type LogLiterals } from "../log-literals.ts";
import type { Demand } from "./demand.ts";
import { ProgramNames } from "./program-names.ts";
import type { Lookup, Rule, RuleNode, Siblings } from "./rule.ts";

/** Fewer siblings are tried one after another. */
const siblingsMin = 3;
/** Lists of one node; strangers choose program names, so beyond this many they are made anew. */
const listsMax = 256;

const noSiblings: Siblings = { nodes: [], groups: undefined, lookups: [] };

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
  readonly #literals: LogLiterals;
  readonly #programNames: ProgramNames;
  readonly #lookups = new Map<string, Lookup>();
  /** By group, of those that are no literals of logs. */
  readonly #lookupOf = new Map<number, Lookup>();
  readonly #groups = new Map<string, number>();
  /** Two for each rule. */
  readonly #groupsOfRule: Int32Array;
  #programClass = 0;

  /** The rules of a tree that is complete; they stand at their `index`. */
  constructor(rules: readonly Rule[], literals: LogLiterals) {
    this.#literals = literals;
    this.#programNames = new ProgramNames(rules);
    this.#groupsOfRule = new Int32Array(rules.length * 2);
    for (const { index, demands } of rules) {
      for (const [place, demand] of tellingDemands(demands).entries()) {
        this.#groupsOfRule[index * 2 + place] =
          demand.kind === "log" ? literals.groupOf(demand.literals) : this.#groupOfValue(demand);
      }
    }
  }

  #groupOfValue({ name, read, texts }: Demand & { kind: "value" }): number {
    const key = texts === undefined ? name : `${name}\n${texts.join("\n")}`;
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const group = this.#literals.newGroup();
    this.#groups.set(key, group);
    let lookup = this.#lookups.get(name);
    if (lookup === undefined) {
      lookup = { read, presence: ALWAYS, groupsOf: new Map(), mark: 0 };
      this.#lookups.set(name, lookup);
    }
    this.#lookupOf.set(group, lookup);
    if (texts === undefined) lookup.presence = group;
    for (const text of new Set(texts)) {
      const groups = lookup.groupsOf.get(text);
      if (groups === undefined) lookup.groupsOf.set(text, [group]);
      else groups.push(group);
    }
    return group;
  }

  /** To be called before the tree is walked for an event, which then may not change. */
  begin(event: DecodedEvent): void {
    this.#literals.use(event.log.raw);
    this.#programClass = this.#programNames.classOf(event.programName);
  }

  /** The children that the current event, of this decoder, may match, and what else is known of them. */
  siblingsOf(node: RuleNode, decoderNameId: number): Siblings {
    if (node.children.length === 0) return noSiblings;
    node.asksProgramName ??= node.children.some(({ rule }) => rule.programName !== undefined);
    const programClass = node.asksProgramName ? this.#programClass : 0;
    const key = (decoderNameId + 1) * this.#programNames.classesMax + programClass;
    return node.siblings?.get(key) ?? this.#newSiblings(node, key, decoderNameId, programClass);
  }

  #newSiblings(node: RuleNode, key: number, decoderNameId: number, programClass: number): Siblings {
    const nodes = node.children.filter(
      ({ rule }) =>
        (rule.decodedAs < 0 || rule.decodedAs === decoderNameId) && this.#programNames.isPossible(rule, programClass),
    );
    const found = this.#withGroups(nodes);
    node.siblings ??= new Map();
    if (node.siblings.size >= listsMax) node.siblings.clear();
    node.siblings.set(key, found);
    return found;
  }

  #withGroups(nodes: readonly RuleNode[]): Siblings {
    const groups = new Int32Array(nodes.length * 2);
    for (const [index, { rule }] of nodes.entries()) {
      groups[index * 2] = this.#groupsOfRule[rule.index * 2] ?? ALWAYS;
      groups[index * 2 + 1] = this.#groupsOfRule[rule.index * 2 + 1] ?? ALWAYS;
    }
    if (nodes.length < siblingsMin || groups.every((group) => group === ALWAYS)) return { ...noSiblings, nodes };
    const lookups = new Set<Lookup>();
    for (const group of groups) {
      const lookup = this.#lookupOf.get(group);
      if (lookup !== undefined) lookups.add(lookup);
    }
    return { nodes, groups, lookups: [...lookups] };
  }

  /** Looks up what these siblings ask of the event; `isPossible` is then right about them. */
  prepare({ lookups }: Siblings, event: DecodedEvent): void {
    const { mark } = this.#literals;
    for (const lookup of lookups) {
      if (lookup.mark === mark) continue;
      lookup.mark = mark;
      this.#lookUp(lookup, event, mark);
    }
  }

  #lookUp({ read, presence, groupsOf }: Lookup, event: DecodedEvent, mark: number): void {
    const value = read(event);
    if (value === undefined) return;
    const { marks } = this.#literals;
    marks[presence] = mark;
    if (groupsOf.size === 0) return;
    for (const group of groupsOf.get(lowerAscii(value)) ?? []) marks[group] = mark;
  }

  /** Whether the sibling at `index` may match; `groups` are those of its list. */
  isPossible(groups: Int32Array, index: number): boolean {
    const { marks, mark } = this.#literals;
    return marks[groups[index * 2] ?? ALWAYS] === mark && marks[groups[index * 2 + 1] ?? ALWAYS] === mark;
  }
}
