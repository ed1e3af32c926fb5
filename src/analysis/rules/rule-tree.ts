/**
 * Where a rule stands (ruleset-spec 5.2). Siblings are in descending priority, and in load order where it is equal:
 * level 0 first, then 16 to 1. What is loaded later is invisible to the parents that a rule is looked up by.
 */
import { problemAt, type Problem } from "../../config/problem.ts";
import { IfGroup } from "../../syntax/if-group.ts";
import type { RuleDraft } from "./draft.ts";
import { RuleNode, type Rule } from "./rule.ts";

/** Ids below this one are the roots of the tree. */
const FIRST_ORDINARY_ID = 10;
/** Guards against a few rules that multiply each other: the largest known ruleset has 8,450 nodes. */
export const NODES_MAX = 200_000;

/** Level 0 counts as 99, before all others; `accuracy="0"` takes away the factor and puts a rule behind all others. */
export function priorityOf({ level, isLast }: RuleDraft): number {
  return (level === 0 ? 99 : level) * (isLast ? 1 : 100);
}

export class RuleTree {
  readonly roots: RuleNode[] = [];
  readonly #nodesOf = new Map<number, RuleNode[]>();
  /** In load order. */
  readonly #nodes: RuleNode[] = [];

  get nodeCount(): number {
    return this.#nodes.length;
  }

  nodesOf(ruleId: number): readonly RuleNode[] {
    return this.#nodesOf.get(ruleId) ?? [];
  }

  /** Puts a rule in all its places; false, with the reason reported, when it has none. */
  add(rule: Rule, report: (problem: Problem) => void): boolean {
    const { draft } = rule;
    if (rule.id < FIRST_ORDINARY_ID) {
      this.#insert(this.roots, new RuleNode(rule, undefined));
      return true;
    }
    const parents = this.#parentsOf(rule, report);
    if (parents.length === 0) {
      report(problemAt(draft.place, "warning", `rule ${rule.id} has no parent and is passed over`));
      return false;
    }
    if (this.nodeCount + parents.length > NODES_MAX) {
      report(problemAt(draft.place, "error", `the rules have over ${NODES_MAX} places in the tree`));
      return false;
    }
    for (const parent of parents) this.#insert(parent.children, new RuleNode(rule, parent));
    return true;
  }

  #parentsOf({ draft }: Rule, report: (problem: Problem) => void): RuleNode[] {
    const { ifSid, ifLevel, ifGroup, ifMatchedSid, ifMatchedGroup } = draft;
    const hasOwnParent = ifSid !== undefined || ifGroup !== undefined;
    const ids =
      ifSid ?? (hasOwnParent || ifMatchedSid === undefined ? undefined : { ...ifMatchedSid, ids: [ifMatchedSid.id] });
    if (ids !== undefined) return this.#parentsById(draft, ids.ids, ids.place, report);
    if (ifLevel !== undefined) return this.#nodes.filter((node) => priorityOf(node.rule.draft) >= ifLevel.level * 100);
    const group = ifGroup ?? (hasOwnParent ? undefined : ifMatchedGroup);
    if (group !== undefined) {
      const matcher = new IfGroup(group.text);
      return this.#nodes.filter((node) => matcher.test(node.rule.draft.groups));
    }
    const category = draft.category?.text ?? "syslog";
    const root = this.roots.find((node) => (node.rule.draft.category?.text ?? "syslog") === category);
    return root === undefined ? [] : [root];
  }

  #parentsById(
    draft: RuleDraft,
    ids: readonly number[],
    place: RuleDraft["place"],
    report: (problem: Problem) => void,
  ): RuleNode[] {
    const parents: RuleNode[] = [];
    for (const id of ids) {
      const found = this.nodesOf(id);
      if (found.length === 0)
        report(problemAt(place, "warning", `rule ${draft.id} names rule ${id}, which is not loaded`));
      for (const node of found) if (this.#isReached(node)) parents.push(node);
    }
    return parents;
  }

  /**
   * Whether a search for the rule by its id comes to this place: a list of siblings is looked through up to the first
   * place of the rule in it, those before with all that is below them, those behind not at all. The peers' rules were
   * written with this, and a place more would count an event once more (ruleset-spec 5.5).
   */
  #isReached(place: RuleNode): boolean {
    const { id } = place.rule;
    for (let node: RuleNode | undefined = place; node !== undefined; node = node.parent) {
      if (node !== place && node.rule.id === id) return false;
      for (const sibling of node.parent?.children ?? this.roots) {
        if (sibling === node) break;
        if (sibling.rule.id === id) return false;
      }
    }
    return true;
  }

  #insert(siblings: RuleNode[], node: RuleNode): void {
    const priority = priorityOf(node.rule.draft);
    const before = siblings.findIndex((sibling) => priorityOf(sibling.rule.draft) < priority);
    siblings.splice(before < 0 ? siblings.length : before, 0, node);
    this.#nodes.push(node);
    const same = this.#nodesOf.get(node.rule.id);
    if (same === undefined) this.#nodesOf.set(node.rule.id, [node]);
    else same.push(node);
  }
}
