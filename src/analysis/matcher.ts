/**
 * The walk through the tree of rules for one event (ruleset-spec 5.4), and what it does to the state on its way:
 * `check_diff`, `if_fts` and the search of composite rules have effects even where a child wins later or nothing is
 * alerted.
 */
import type { Baseline } from "./baseline.ts";
import { changedFrom } from "./check-diff.ts";
import { latenessOf } from "./compat.ts";
import type { Composite, Seeker } from "./correlate/composite.ts";
import type { DecodedEvent, ForwardedAlert } from "./decoded-event.ts";
import { becomeForwarded } from "./decode/ossec-alert-plugin.ts";
import { isFirstSeen } from "./fts.ts";
import type { CompiledRuleset } from "./ruleset.ts";
import type { Rule, RuleNode } from "./rules/rule.ts";
import type { EngineState } from "./state.ts";

const nothing: readonly string[] = Object.freeze([]);

/** Hears of each rule that is tried, in the order of the walk, with what ruled it out; undefined: it matches. */
export type RuleObserver = (rule: Rule, failed: string | undefined) => void;

/** Hears of each rule that is tried, before and after (cost.ts). */
export interface RuleMeter {
  ruleBegins(): void;
  ruleEnds(index: number, isMatching: boolean): void;
}

export class Matcher {
  readonly #ruleset: CompiledRuleset;
  readonly #state: EngineState;
  readonly #baseline: Baseline;
  /** 1 at the index of a rule that is passed over. */
  readonly #isQuarantined: Uint8Array;
  readonly #latenessMs: number;
  /** Filled when the first alert of another manager comes. */
  #nodeOfRule: ReadonlyMap<number, RuleNode> | undefined = undefined;
  /** Logs that the last composite rule which fired on this event had counted, newest first. */
  previousLogs: readonly string[] = nothing;
  /** The log from which this one differs, of the last rule with `check_diff` that matched. */
  previousLog: string | undefined = undefined;
  /** What with effects ruled the last rule out, for the observer: it cannot be asked again. */
  #failedEffect: string | undefined = undefined;
  /** The level at which this event was consumed; -1: it was not. */
  consumedLevel = -1;
  watch: Int32Array | undefined = undefined;
  /** Slow: for `argus logtest -v`. */
  observer: RuleObserver | undefined = undefined;
  /** For `argus ruleset cost`. */
  meter: RuleMeter | undefined = undefined;

  constructor(ruleset: CompiledRuleset, state: EngineState, baseline: Baseline) {
    this.#ruleset = ruleset;
    this.#state = state;
    this.#baseline = baseline;
    this.#latenessMs = latenessOf(ruleset.options);
    this.#isQuarantined = new Uint8Array(ruleset.rules.rules.length);
    for (const ruleId of state.quarantined.keys()) this.passOver(ruleId);
  }

  passOver(ruleId: number): void {
    const rule = this.#ruleset.rules.byId.get(ruleId);
    if (rule !== undefined) this.#isQuarantined[rule.index] = 1;
  }

  /** Ends `passOver`. */
  restore(ruleId: number): void {
    const rule = this.#ruleset.rules.byId.get(ruleId);
    if (rule !== undefined) this.#isQuarantined[rule.index] = 0;
  }

  /** The node that answers, or undefined. */
  match(event: DecodedEvent): RuleNode | undefined {
    this.previousLogs = nothing;
    this.previousLog = undefined;
    this.consumedLevel = -1;
    const forwarded = event.forwarded === undefined ? undefined : this.#forwardedTo(event.forwarded, event);
    if (forwarded !== undefined) return forwarded;
    const category = event.type;
    const decoder = event.decoder?.nameId ?? -1;
    this.#ruleset.rules.index.begin(event);
    for (const root of this.#ruleset.rules.roots) {
      if ((root.rule.draft.category?.text ?? "syslog") !== category) continue;
      const found = this.#matchNode(root, event, decoder);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The first place of the rule by which another manager alerted; the event is then the one that it alerted of. */
  #forwardedTo(forwarded: ForwardedAlert, event: DecodedEvent): RuleNode | undefined {
    this.#nodeOfRule ??= firstNodes(this.#ruleset.rules.roots);
    const node = this.#nodeOfRule.get(forwarded.ruleId);
    if (node !== undefined) becomeForwarded(event, forwarded);
    return node;
  }

  #matchNode(node: RuleNode, event: DecodedEvent, decoder: number): RuleNode | undefined {
    const { rule } = node;
    if (!this.#matchRule(rule, event, decoder)) return undefined;
    const found =
      this.observer === undefined
        ? this.#matchSiblings(node, event, decoder)
        : this.#matchEach(node.children, event, decoder);
    if (found !== undefined) return found;
    return rule.noalert ? undefined : node;
  }

  #matchEach(nodes: readonly RuleNode[], event: DecodedEvent, decoder: number): RuleNode | undefined {
    for (const node of nodes) {
      const found = this.#matchNode(node, event, decoder);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The same for the children of a node, of which those are left out that cannot match. */
  #matchSiblings(parent: RuleNode, event: DecodedEvent, decoder: number): RuleNode | undefined {
    const { index } = this.#ruleset.rules;
    const siblings = index.siblingsOf(parent, decoder);
    const { nodes, groups } = siblings;
    if (groups === undefined) return this.#matchEach(nodes, event, decoder);
    index.prepare(siblings, event);
    for (let place = 0; place < nodes.length; place += 1) {
      if (!index.isPossible(groups, place)) continue;
      const node = nodes[place];
      const found = node && this.#matchNode(node, event, decoder);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #matchRule(rule: Rule, event: DecodedEvent, decoder: number): boolean {
    if (this.meter !== undefined) return this.#measured(this.meter, rule, event, decoder);
    if (this.observer === undefined) return this.#holds(rule, event, decoder);
    this.#failedEffect = undefined;
    const isMatching = this.#holds(rule, event, decoder);
    this.observer(rule, isMatching ? undefined : this.#failureOf(rule, event, decoder));
    return isMatching;
  }

  #measured(meter: RuleMeter, rule: Rule, event: DecodedEvent, decoder: number): boolean {
    meter.ruleBegins();
    const isMatching = this.#holds(rule, event, decoder);
    meter.ruleEnds(rule.index, isMatching);
    return isMatching;
  }

  /** In words, of a rule that did not match. Without effects: what has some is named when all before it holds. */
  #failureOf(rule: Rule, event: DecodedEvent, decoder: number): string {
    if (rule.decodedAs >= 0 && rule.decodedAs !== decoder) return "decoded_as";
    if (this.#isQuarantined[rule.index] === 1) return "quarantined";
    const { before, after } = rule.conditionNames;
    const first = rule.before.findIndex((condition) => !condition(event));
    if (first >= 0) return before[first] ?? "";
    if (this.#failedEffect !== undefined) return this.#failedEffect;
    const later = rule.after.findIndex((condition) => !condition(event));
    return later >= 0 ? (after[later] ?? "") : "too few earlier events";
  }

  #holds(rule: Rule, event: DecodedEvent, decoder: number): boolean {
    if (rule.decodedAs >= 0 && rule.decodedAs !== decoder) return false;
    if (this.#isQuarantined[rule.index] === 1) return false;
    if (this.watch !== undefined) this.watch[0] = rule.id;
    for (const condition of rule.before) if (!condition(event)) return false;
    if (rule.checksDiff && !this.#hasChanged(rule, event)) return false;
    if (rule.ifFts && !this.#isNew(event)) return false;
    for (const condition of rule.after) if (!condition(event)) return false;
    return rule.composite === undefined || this.#fires(rule.composite, event);
  }

  #hasChanged(rule: Rule, event: DecodedEvent): boolean {
    const before = changedFrom(this.#baseline, rule.id, event);
    if (before === undefined) this.#failedEffect = "check_diff";
    else this.previousLog = before;
    return before !== undefined;
  }

  #isNew(event: DecodedEvent): boolean {
    const isNew = isFirstSeen(this.#state, event, this.#ruleset.options.ftsBytesMax);
    if (!isNew) this.#failedEffect = "if_fts";
    return isNew;
  }

  #fires(composite: Composite, event: DecodedEvent): boolean {
    const window = this.#state.windows.get(composite.ruleId);
    const key = window && composite.keyOf(event);
    const bucket = key === undefined ? undefined : window?.buckets.get(key);
    if (bucket === undefined) return false;
    const seeker: Seeker = {
      eventMs: event.event.eventMs,
      receivedMs: event.event.receivedMs,
      latenessMs: this.#latenessMs,
      firstSeq: this.#state.ring.firstSeq,
      hasDynamicFields: event.dynamicNames.length > 0,
      compared: composite.comparedOf(event),
    };
    const logs = composite.search(bucket, seeker);
    if (logs === undefined) return false;
    this.previousLogs = logs;
    this.consumedLevel = composite.level;
    return true;
  }
}

/** By rule the place that the walk would come to first. */
function firstNodes(roots: readonly RuleNode[]): Map<number, RuleNode> {
  const found = new Map<number, RuleNode>();
  const visit = (node: RuleNode): void => {
    if (!found.has(node.rule.id)) found.set(node.rule.id, node);
    node.children.forEach(visit);
  };
  roots.forEach(visit);
  return found;
}
