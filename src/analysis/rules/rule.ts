/** A rule as it is run. Of the overwritten ones the place in the tree and the parents stay (ruleset-spec 5.3). */
import type { Mitre } from "../../model/alert.ts";
import type { Expression } from "../../syntax/pattern.ts";
import type { Composite, FieldReader } from "../correlate/composite.ts";
import type { DecodedEvent } from "../decoded-event.ts";
import type { Ignoring } from "../ignored-line.ts";
import type { Condition } from "./condition.ts";
import type { Demand } from "./demand.ts";
import type { RuleDraft } from "./draft.ts";

/** What an answer of this rule is remembered for. */
export interface Feed {
  composite: Composite;
  /** A rule with several nodes is counted once for each by group composites, as in the peers (ruleset-spec 5.5). */
  times: number;
}

/** `if_matched_regex`: remembers any alerted event whose log matches, among those of one decoder type. */
export interface RegexFeed {
  composite: Composite;
  expression: Expression;
}

export interface Rule {
  /** Dense, for tables by rule. */
  readonly index: number;
  readonly id: number;
  readonly idText: string;
  /** What it is built from; of an overwritten rule, the parents of the first draft and all else of the last. */
  draft: RuleDraft;
  level: number;
  /** The number of the decoder's final name, or -1: any. */
  decodedAs: number;
  before: readonly Condition[];
  after: readonly Condition[];
  /** Of the conditions, at the same places. */
  conditionNames: { readonly before: readonly string[]; readonly after: readonly string[] };
  /** Of the conditions before, what can be looked up for many rules at once. */
  demands: readonly Demand[];
  /** The condition on the program name, where it is a comparison of literals. */
  programName: Expression | undefined;
  ifFts: boolean;
  checksDiff: boolean;
  composite: Composite | undefined;
  noalert: boolean;
  ignoreMs: number;
  /** Undefined: it neither asks nor adds to the list of what is ignored. */
  ignoring: Ignoring | undefined;
  groupNames: readonly string[];
  mitre: Mitre | undefined;
  describe: (event: DecodedEvent) => string;
  /** Whether an answer is written to the alert files, and whether it is mailed. */
  logs: boolean;
  mails: boolean;
  /** Whether it is named by an `if_matched_sid`; then it feeds no group composite. */
  sidFeeds: Feed[];
  groupFeeds: Feed[];
}

/** All demands on one value, and who makes them (sibling-index.ts). */
export interface Lookup {
  read: FieldReader;
  /** The group that is marked when there is a value; 0: no rule asks for no more than that. */
  presence: number;
  /** By text in lower case. */
  groupsOf: Map<string, number[]>;
  /** The mark of the event whose value was looked up last. */
  mark: number;
}

/** Children for one decoder and class of program names, in the order in which they are tried. */
export interface Siblings {
  readonly nodes: readonly RuleNode[];
  /** Two groups for each node, or undefined where looking anything up is not worth it. */
  readonly groups: Int32Array | undefined;
  readonly lookups: readonly Lookup[];
}

/** One place of a rule in the tree; a rule with several parents has several, each with children of its own. */
export class RuleNode {
  readonly rule: Rule;
  /** Undefined for the roots. */
  readonly parent: RuleNode | undefined;
  /** In the order in which they are tried. */
  readonly children: RuleNode[] = [];
  /** Its children by what an event brings along; filled by `SiblingIndex`. */
  siblings: Map<number, Siblings> | undefined = undefined;
  /** Whether any child has a `programName`; undefined: not looked yet. */
  asksProgramName: boolean | undefined = undefined;

  constructor(rule: Rule, parent: RuleNode | undefined) {
    this.rule = rule;
    this.parent = parent;
  }
}
