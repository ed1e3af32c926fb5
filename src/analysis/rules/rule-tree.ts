/**
 * Where a rule stands (ruleset-spec 5.2). Siblings are in descending priority, and in load order where it is equal:
 * level 0 first, then 16 to 1. What is loaded later is invisible to the parents that a rule is looked up by.
 */
import { problemAt, type Problem } from "../../config/problem.ts";
import { IfGroup } from "../../syntax/if-group.ts";
import type { Flavour } from "../../syntax/pattern.ts";
import type { Place } from "../../syntax/xml.ts";
import type { RuleDraft } from "./draft.ts";
import { RuleNode, type Rule } from "./rule.ts";

/** Ids below this one are the roots of the tree. */
const FIRST_ORDINARY_ID = 10;
/** Guards against a few rules that multiply each other: the largest known ruleset has 8,450 nodes. */
const nodesMax = 200_000;

/** Level 0 counts as 99, before all others; `accuracy="0"` takes away the factor and puts a rule behind all others. */
function priorityOf({ level, isLast }: RuleDraft): number {
  return (level === 0 ? 99 : level) * (isLast ? 1 : 100);
}

type Report = (problem: Problem) => void;

export class RuleTree {
  readonly roots: RuleNode[] = [];
  readonly #flavour: Flavour;
  readonly #nodesOf = new Map<number, RuleNode[]>();
  /** One of each rule, in load order. */
  readonly #rules: Rule[] = [];
  #nodeCount = 0;

  constructor(flavour: Flavour) {
    this.#flavour = flavour;
  }

  get nodeCount(): number {
    return this.#nodeCount;
  }

  nodesOf(ruleId: number): readonly RuleNode[] {
    return this.#nodesOf.get(ruleId) ?? [];
  }

  /** Puts a rule in all its places; false, with the reason reported, when it has none. */
  add(rule: Rule, report: Report): boolean {
    const { draft } = rule;
    if (rule.id < FIRST_ORDINARY_ID) {
      this.#insert(this.roots, new RuleNode(rule, undefined));
      return true;
    }
    const before = this.nodeCount;
    const isWhole = this.#addBelowParents(rule, report);
    if (isWhole && this.nodeCount === before) {
      report(problemAt(draft.place, "warning", `rule ${rule.id} has no parent and is passed over`));
    }
    return isWhole && this.nodeCount > before;
  }

  #addBelowParents(rule: Rule, report: Report): boolean {
    const { ifSid, ifLevel, ifGroup, ifMatchedSid, ifMatchedGroup } = rule.draft;
    const hasOwnParent = ifSid !== undefined || ifGroup !== undefined;
    const ids =
      ifSid ?? (hasOwnParent || ifMatchedSid === undefined ? undefined : { ...ifMatchedSid, ids: [ifMatchedSid.id] });
    if (ids !== undefined) return this.#addBelowIds(rule, ids.ids, ids.place, report);
    if (ifLevel !== undefined) {
      return this.#addBelowRules(rule, (known) => priorityOf(known) >= ifLevel.level * 100, report);
    }
    const group = ifGroup ?? (hasOwnParent ? undefined : ifMatchedGroup);
    if (group !== undefined) {
      const matcher = new IfGroup(group.text);
      // Few group strings, many rules.
      const verdicts = new Map<string, boolean>();
      const isParent = ({ groups }: RuleDraft): boolean => {
        let verdict = verdicts.get(groups);
        if (verdict === undefined) {
          verdict = matcher.test(groups);
          verdicts.set(groups, verdict);
        }
        return verdict;
      };
      return this.#addBelowRules(rule, isParent, report);
    }
    const category = rule.draft.category?.text ?? "syslog";
    const root = this.roots.find((node) => (node.rule.draft.category?.text ?? "syslog") === category);
    return this.#addBelow(rule, root === undefined ? [] : [root], report);
  }

  /**
   * The ids are taken one after another, so a rule that names itself behind another one stands below its own places
   * too, as in the peers.
   */
  #addBelowIds(rule: Rule, ids: readonly number[], place: Place, report: Report): boolean {
    for (const id of ids) {
      const found = this.nodesOf(id);
      if (found.length === 0) {
        const severity = this.#flavour === "ossec" ? "error" : "warning";
        report(problemAt(place, severity, `rule ${rule.id} names rule ${id}, which is not loaded`));
      }
      const reached = found.filter((node) => this.#isReached(node));
      if (!this.#addBelow(rule, reached, report)) return false;
    }
    return true;
  }

  #addBelowRules(rule: Rule, isParent: (known: RuleDraft) => boolean, report: Report): boolean {
    const parents = this.#rules.filter(({ draft }) => isParent(draft)).flatMap(({ id }) => this.nodesOf(id));
    return this.#addBelow(rule, parents, report);
  }

  #addBelow(rule: Rule, parents: readonly RuleNode[], report: Report): boolean {
    if (this.nodeCount + parents.length > nodesMax) {
      report(problemAt(rule.draft.place, "error", `the rules have over ${nodesMax} places in the tree`));
      return false;
    }
    for (const parent of parents) this.#insert(parent.children, new RuleNode(rule, parent));
    return true;
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
    let index = 0;
    for (const { rule } of siblings) {
      if (priorityOf(rule.draft) < priority) break;
      index += 1;
    }
    siblings.splice(index, 0, node);
    this.#nodeCount += 1;
    const same = this.#nodesOf.get(node.rule.id);
    if (same !== undefined) same.push(node);
    else {
      this.#nodesOf.set(node.rule.id, [node]);
      this.#rules.push(node.rule);
    }
  }
}
