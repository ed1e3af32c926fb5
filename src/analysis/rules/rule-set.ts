/** All rules of a ruleset as a tree, compiled. Holds no state of events. */

export interface RuleSet {
  readonly counts: { rules: number; nodes: number };
}
