/** All rules of a ruleset as a tree, compiled. Holds no state of events. */
import type { LocalTime } from "../../base/local-time.ts";
import type { Steps } from "../../base/steps.ts";
import { problemAt, type Problem } from "../../config/problem.ts";
import type { Mitre } from "../../model/alert.ts";
import { compileExpression } from "../../syntax/expression.ts";
import type { Flavour } from "../../syntax/pattern.ts";
import { compositeOf } from "../correlate/composite-of.ts";
import type { Composite } from "../correlate/composite.ts";
import { ignoringOf } from "../ignored-line.ts";
import type { NamedTechnique } from "../mitre.ts";
import { compileAt, compileConditions, type ConditionNeeds } from "./condition.ts";
import { compileDescription } from "./description.ts";
import type { RuleDraft } from "./draft.ts";
import type { LogLiterals } from "../log-literals.ts";
import type { LookupList } from "./lookup-list.ts";
import { isComposite, readRuleFile, type RuleFile } from "./rule-file.ts";
import { RuleTree } from "./rule-tree.ts";
import type { RegexFeed, Rule, RuleNode } from "./rule.ts";
import { SiblingIndex } from "./sibling-index.ts";

export interface RuleSetNeeds {
  flavour: Flavour;
  logAlertLevel: number;
  emailAlertLevel: number;
  localTime: LocalTime;
  /** By the name under which `<list>` of ossec.conf declares them. */
  lists: ReadonlyMap<string, LookupList>;
  /** `--compat`. */
  isCompat: boolean;
  /** Whether a database says where addresses are. */
  knowsPlaces: boolean;
  /** Of the decoders; what rules look for in logs is looked for in the same pass. */
  literals: LogLiterals;
  /** The number of a decoder's final name. */
  decoderNameId(name: string): number | undefined;
  mitreOf(named: readonly NamedTechnique[]): Mitre | undefined;
  report: (problem: Problem) => void;
}

export interface RuleSet {
  /** In the order in which they are tried. */
  readonly roots: readonly RuleNode[];
  readonly rules: readonly Rule[];
  readonly byId: ReadonlyMap<number, Rule>;
  readonly composites: ReadonlyMap<number, Composite>;
  readonly regexFeeds: readonly RegexFeed[];
  readonly counts: { rules: number; nodes: number };
  /** Of no event but the current one; one walk at a time. */
  readonly index: SiblingIndex;
}

/** ruleset-spec 9.1: more of the group string is not shown. */
const shownGroupBytes = 1_023;

const placeNames = ["srcgeoip", "dstgeoip"] as const;

const noNames = { before: [], after: [] };

class RuleLoader {
  readonly #needs: RuleSetNeeds;
  readonly #conditionNeeds: ConditionNeeds;
  readonly tree: RuleTree;
  readonly rules: Rule[] = [];
  readonly byId = new Map<number, Rule>();
  readonly composites = new Map<number, Composite>();
  readonly regexFeeds: RegexFeed[] = [];

  constructor(needs: RuleSetNeeds) {
    this.#needs = needs;
    this.tree = new RuleTree(needs.flavour);
    this.#conditionNeeds = { ...needs, expressions: new Map() };
  }

  load(draft: RuleDraft): void {
    const { report } = this.#needs;
    const known = this.byId.get(draft.id);
    if (known !== undefined && draft.overwrite) return this.#overwrite(known, draft);
    if (draft.overwrite && this.#needs.flavour === "ossec") {
      return report(problemAt(draft.place, "error", `rule ${draft.id} is to be overwritten, but is not loaded`));
    }
    if (known !== undefined) {
      const { file, line } = known.draft.place;
      const severity = this.#needs.flavour === "ossec" ? "error" : "warning";
      return report(
        problemAt(
          draft.place,
          severity,
          `rule ${draft.id} is there already (${file}:${line}); this one is passed over`,
        ),
      );
    }
    const rule = this.#newRule(draft);
    if (!this.#compile(rule) || !this.tree.add(rule, report)) return;
    this.rules.push(rule);
    this.byId.set(rule.id, rule);
    this.#feed(rule);
  }

  /** The parents, the place, the children and what it is counted by stay; all else is the new rule's. */
  #overwrite(rule: Rule, draft: RuleDraft): void {
    const { ifSid, ifLevel, ifGroup, ifMatchedSid, ifMatchedGroup } = rule.draft;
    if (namesOtherParents(draft, rule.draft)) {
      this.#needs.report(
        problemAt(draft.place, "warning", `rule ${draft.id} keeps its parents; those of the new rule have no effect`),
      );
    }
    const before = rule.draft;
    rule.draft = {
      ...{ ...draft, ifSid, ifLevel, ifGroup, ifMatchedSid, ifMatchedGroup },
      fingerprint: `${before.fingerprint}+${draft.fingerprint}`,
    };
    const wasComposite = rule.composite;
    // One that becomes composite has nothing that it counts, and never fires.
    if (!this.#compile(rule, isComposite(draft))) {
      rule.draft = before;
      return;
    }
    // The lists of what is counted are the rule's from when it was loaded; those of a regex are what it says itself.
    const keepsLists = draft.ifMatchedRegex === undefined && before.ifMatchedRegex === undefined;
    if (wasComposite !== undefined && rule.composite !== undefined && keepsLists) {
      return this.#refeed(wasComposite, rule.composite);
    }
    if (wasComposite !== undefined) this.#unfeed(wasComposite);
    this.#feed(rule);
  }

  /** One literal, so that all rules have one shape for the compiler. */
  #newRule(draft: RuleDraft): Rule {
    return {
      index: this.rules.length,
      id: draft.id,
      idText: String(draft.id),
      draft,
      level: draft.level,
      decodedAs: -1,
      before: [],
      after: [],
      conditionNames: noNames,
      demands: [],
      programName: undefined,
      ifFts: false,
      checksDiff: false,
      composite: undefined,
      noalert: false,
      ignoreMs: 0,
      ignoring: undefined,
      groupNames: [],
      mitre: undefined,
      describe: () => "",
      logs: false,
      mails: false,
      sidFeeds: [],
      groupFeeds: [],
    };
  }

  /** Fills the rule from its draft; false, with the reason reported, when it must be left out. */
  #compile(rule: Rule, counts = isComposite(rule.draft)): boolean {
    const { draft } = rule;
    const needs = this.#needs;
    const { decodedAs } = draft;
    const nameId = decodedAs === undefined ? -1 : needs.decoderNameId(decodedAs.text);
    if (decodedAs !== undefined && nameId === undefined) {
      needs.report(problemAt(decodedAs.place, "error", `no decoder is called "${decodedAs.text}"`));
      return false;
    }
    if (!needs.knowsPlaces) this.#warnOfPlaces(draft);
    const conditions = compileConditions(draft, this.#conditionNeeds);
    if (conditions.isDropped) return false;
    rule.level = draft.level;
    rule.decodedAs = nameId ?? -1;
    rule.before = conditions.before.conditions;
    rule.after = conditions.after.conditions;
    rule.conditionNames = { before: conditions.before.names, after: conditions.after.names };
    rule.demands = conditions.before.demands;
    rule.programName = conditions.before.programNames[0];
    rule.ifFts = draft.ifFts;
    rule.checksDiff = draft.checkDiff;
    rule.composite = counts ? compositeOf(draft, needs.flavour) : undefined;
    rule.noalert = draft.noalert;
    rule.ignoreMs = draft.ignoreSeconds * 1_000;
    rule.ignoring = ignoringOf(draft, needs.flavour);
    rule.groupNames = draft.groups.slice(0, shownGroupBytes).split(",").filter(Boolean);
    rule.mitre = needs.mitreOf(draft.mitre);
    rule.describe = compileDescription(draft.description ?? "", needs.flavour === "wazuh");
    rule.logs = draft.logs ?? draft.level >= needs.logAlertLevel;
    rule.mails = draft.mails ?? draft.level >= needs.emailAlertLevel;
    return true;
  }

  #warnOfPlaces({ id, place, expressions, pcre2, same, different }: RuleDraft): void {
    const asked = placeNames.filter((name) => [expressions, pcre2, same, different].some((some) => some.has(name)));
    if (asked.length === 0) return;
    const message = `rule ${id} asks where an address is (${asked.join(", ")}), and no <geoipdb> says so`;
    this.#needs.report(problemAt(place, "warning", message));
  }

  /** Registers a composite rule with the rules that it counts: those loaded so far. */
  #feed({ composite, draft }: Rule): void {
    if (composite === undefined) return;
    this.composites.set(draft.id, composite);
    const { ifMatchedSid, ifMatchedGroup, ifMatchedRegex } = draft;
    if (ifMatchedSid !== undefined) {
      const counted = this.byId.get(ifMatchedSid.id);
      if (counted !== undefined) counted.sidFeeds.push({ composite, times: 1 });
      else {
        const what = `rule ${draft.id} counts rule ${ifMatchedSid.id}`;
        const message = `${what}, which is not loaded before it, and never fires`;
        this.#needs.report(problemAt(ifMatchedSid.place, "warning", message));
      }
    } else if (ifMatchedGroup !== undefined) {
      const group = compileExpression("osmatch", ifMatchedGroup.text, { flavour: this.#needs.flavour });
      for (const rule of this.rules) {
        if (rule.id === draft.id || !group.testText(rule.draft.groups)) continue;
        rule.groupFeeds.push({ composite, times: this.tree.nodesOf(rule.id).length });
      }
    } else if (ifMatchedRegex !== undefined) {
      const pattern = {
        language: "osregex",
        pattern: ifMatchedRegex.text,
        isNegated: false,
        place: ifMatchedRegex.place,
      } as const;
      const expression = compileAt(pattern, this.#conditionNeeds);
      if (expression !== undefined) this.regexFeeds.push({ composite, expression });
    }
  }

  /** What was registered for one composite is the other's. */
  #refeed(before: Composite, after: Composite): void {
    this.composites.set(after.ruleId, after);
    for (const { sidFeeds, groupFeeds } of this.rules) {
      for (const feeds of [sidFeeds, groupFeeds]) {
        for (const [index, { composite, times }] of feeds.entries()) {
          if (composite === before) feeds[index] = { composite: after, times };
        }
      }
    }
  }

  #unfeed(composite: Composite): void {
    this.composites.delete(composite.ruleId);
    for (const rule of this.rules) {
      rule.sidFeeds = rule.sidFeeds.filter((feed) => feed.composite !== composite);
      rule.groupFeeds = rule.groupFeeds.filter((feed) => feed.composite !== composite);
    }
    const left = this.regexFeeds.filter((feed) => feed.composite !== composite);
    this.regexFeeds.splice(0, this.regexFeeds.length, ...left);
  }
}

/** Only of what the draft names at all. */
function namesOtherParents({ ifSid, ifLevel, ifGroup }: RuleDraft, before: RuleDraft): boolean {
  return (
    (ifSid !== undefined && ifSid.ids.join() !== before.ifSid?.ids.join()) ||
    (ifLevel !== undefined && ifLevel.level !== before.ifLevel?.level) ||
    (ifGroup !== undefined && ifGroup.text !== before.ifGroup?.text)
  );
}

/**
 * Loads rule files in the order given (the caller sorts them by base name), a file in each step. Problems are reported,
 * not thrown.
 */
export function* ruleSteps(files: readonly RuleFile[], needs: RuleSetNeeds): Steps<RuleSet> {
  const loader = new RuleLoader(needs);
  for (const file of files) {
    yield undefined;
    for (const draft of readRuleFile(file, needs.flavour, needs.report)) loader.load(draft);
  }
  yield undefined;
  const { rules, byId, composites, regexFeeds, tree } = loader;
  return {
    ...{ roots: tree.roots, rules, byId, composites, regexFeeds },
    counts: { rules: rules.length, nodes: tree.nodeCount },
    index: new SiblingIndex(rules, needs.literals),
  };
}
