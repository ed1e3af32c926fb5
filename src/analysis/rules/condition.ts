/**
 * The conditions of a rule, compiled. Each is a function of the event and the ruleset alone; what has side effects
 * (`if_fts`, the search of composite rules) is the walk's business. A missing value never matches, negated or not.
 */
import type { LocalTime } from "../../base/local-time.ts";
import { problemAt, type Problem } from "../../config/problem.ts";
import { compileExpression } from "../../syntax/expression.ts";
import { riskWarning } from "../../syntax/pattern-warning.ts";
import { PatternError, type Expression, type Flavour } from "../../syntax/pattern.ts";
import type { Place } from "../../syntax/xml.ts";
import { staticFieldOf, type DecodedEvent } from "../decoded-event.ts";
import type { FieldReader } from "../correlate/composite.ts";
import { AddressSet } from "./address-set.ts";
import { compiledRule, compiledRuleNames } from "./compiled-rule.ts";
import { demandOf, type Demand } from "./demand.ts";
import type { DraftAddresses, DraftExpression, DraftList, ExpressionName, RuleDraft } from "./draft.ts";
import { isInList, lookups, type LookupList } from "./lookup-list.ts";
import { isInTimeRange, parseTimeRange, parseWeekdays } from "./time-of-day.ts";

export type Condition = (event: DecodedEvent) => boolean;

/** Conditions and, at the same place, what `argus logtest -v` calls each when it fails. */
export class ConditionList {
  readonly conditions: Condition[] = [];
  readonly names: string[] = [];
  readonly demands: Demand[] = [];
  /** Conditions on the program name that compare literals. */
  readonly programNames: Expression[] = [];

  add(name: string, condition: Condition): void {
    this.names.push(name);
    this.conditions.push(condition);
  }
}

export interface ConditionNeeds {
  flavour: Flavour;
  /** Of the master: `<time>` and `<weekday>` look at its wall clock. */
  localTime: LocalTime;
  lists: ReadonlyMap<string, LookupList>;
  /** Those compiled so far, by all that makes them what they are: many rules share one. */
  expressions: Map<string, Expression>;
  /** Whether the peers' defect is imitated by which only the last two of a rule's lists count (ruleset-spec 6). */
  isCompat: boolean;
  report: (problem: Problem) => void;
}

export interface RuleConditions {
  /** Before `if_fts` in the order of tests, cheap ones and those that rule out most first where order is free. */
  before: ConditionList;
  /** Lists are looked up after `if_fts` (ruleset-spec 5.4). */
  after: ConditionList;
  /** Words with which the rule must be left out, at a place; the warning is already given. */
  isDropped: boolean;
}

const readers: Record<Exclude<ExpressionName, "match" | "regex">, FieldReader> = {
  program_name: (event) => event.programName,
  id: (event) => event.fields.id,
  system_name: (event) => event.fields.system_name,
  protocol: (event) => event.fields.protocol,
  action: (event) => event.fields.action,
  url: (event) => event.fields.url,
  location: (event) => event.location,
  srcport: (event) => event.fields.srcport,
  dstport: (event) => event.fields.dstport,
  user: (event) => event.fields.dstuser ?? event.fields.srcuser,
  data: (event) => event.fields.data,
  extra_data: (event) => event.fields.extra_data,
  hostname: (event) => event.hostname,
  status: (event) => event.fields.status,
  srcgeoip: (event) => event.placeOf("srcip"),
  dstgeoip: (event) => event.placeOf("dstip"),
};

function warned(expression: Expression, { place }: DraftExpression, { report }: ConditionNeeds): Expression {
  const warning = riskWarning(expression);
  if (warning !== undefined) report(problemAt(place, "warning", warning));
  return expression;
}

/** Compiles a pattern; one that its language refuses is an error at its place. */
export function compileAt(draft: DraftExpression, needs: ConditionNeeds): Expression | undefined {
  const { language, pattern, isNegated } = draft;
  const key = `${language} ${isNegated} ${pattern}`;
  const known = needs.expressions.get(key);
  if (known !== undefined) return warned(known, draft, needs);
  try {
    const expression = compileExpression(language, pattern, { negate: isNegated, flavour: needs.flavour });
    needs.expressions.set(key, expression);
    return warned(expression, draft, needs);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    needs.report(problemAt(draft.place, "error", error.message));
    return undefined;
  }
}

function expressionCondition(name: ExpressionName, expression: Expression): Condition {
  if (name === "match" || name === "regex") return (event) => expression.test(event.log);
  const read = readers[name];
  return (event) => {
    const value = read(event);
    return value !== undefined && expression.testText(value);
  };
}

function addExpression(name: ExpressionName, draft: RuleDraft, needs: ConditionNeeds, into: ConditionList): void {
  for (const written of [draft.expressions.get(name), draft.pcre2.get(name)]) {
    const expression = written && compileAt(written, needs);
    if (expression === undefined) continue;
    into.add(name, expressionCondition(name, expression));
    if (name === "program_name" && expression.outline.isComparison) {
      into.programNames.push(expression);
      continue;
    }
    const demand = demandOf(name, expression, name === "match" || name === "regex" ? undefined : readers[name]);
    if (demand !== undefined) into.demands.push(demand);
  }
}

function addFields(draft: RuleDraft, needs: ConditionNeeds, into: ConditionList): void {
  for (const field of draft.fields) {
    const expression = compileAt(field, needs);
    if (expression === undefined) continue;
    const { name } = field;
    const read: FieldReader = (event) => event.dynamic(name);
    into.demands.push({ kind: "value", name: `field ${name}`, read, texts: expression.outline.values });
    into.add(`field ${name}`, (event) => {
      const value = event.dynamic(name);
      return value !== undefined && expression.testText(value);
    });
  }
}

function addAddresses(
  field: "srcip" | "dstip",
  written: DraftAddresses | undefined,
  needs: ConditionNeeds,
  into: ConditionList,
): void {
  if (written === undefined) return;
  const { blocks, isNegated } = written;
  const set = new AddressSet(
    blocks.map(({ text }) => text),
    needs.flavour,
  );
  for (const { text, place } of blocks) {
    if (set.unreadable.includes(text)) {
      needs.report(problemAt(place, "error", `<${field}> "${text}" is not an address or a block`));
    } else if (text.startsWith("!") && needs.flavour === "wazuh") {
      needs.report(problemAt(place, "warning", `the ! in <${field}> does nothing; write negate="yes"`));
    }
  }
  into.add(field, (event) => {
    const value = event.fields[field];
    return value !== undefined && set.has(value) !== isNegated;
  });
}

function addCompiledRules(draft: RuleDraft, needs: ConditionNeeds, into: ConditionList): void {
  for (const { text, place } of draft.compiledRules) {
    const condition = compiledRule(text, needs.flavour);
    if (condition !== undefined) into.add(`compiled_rule ${text}`, condition);
    else {
      const known = compiledRuleNames.join(", ");
      needs.report(problemAt(place, "error", `"${text}" is not one of the compiled rules, which are ${known}`));
    }
  }
}

function addTimes(draft: RuleDraft, needs: ConditionNeeds, into: ConditionList): void {
  const { time, weekday } = draft;
  const { localTime } = needs;
  const orProblem = <T>(place: Place, parse: () => T): T | undefined => {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      needs.report(problemAt(place, "error", error.message));
      return undefined;
    }
  };
  const range = time && orProblem(time.place, () => parseTimeRange(time.text));
  if (range !== undefined) {
    into.add("time", ({ event }) => {
      const { hour, minute } = localTime.parts(event.eventMs);
      return isInTimeRange(range, hour * 60 + minute);
    });
  }
  const days = weekday && orProblem(weekday.place, () => parseWeekdays(weekday.text));
  if (days !== undefined) into.add("weekday", ({ event }) => days.has(localTime.parts(event.eventMs).weekday));
}

/** `user` is here the other way round than in `<user>` (ruleset-spec 6). */
function listReader(field: string): FieldReader {
  if (field === "user") return (event) => event.fields.srcuser ?? event.fields.dstuser;
  if (field === "program_name" || field === "hostname") return readers[field];
  const name = staticFieldOf(field);
  return name === undefined ? (event) => event.dynamic(field) : (event) => event.fields[name];
}

/** Undefined: the list is not declared or the lookup not known, and the rule is passed over. */
function listCondition(draft: DraftList, rule: number, needs: ConditionNeeds): Condition | undefined {
  const { path, place, checkValue } = draft;
  const lookup = lookups.find((known) => known === draft.lookup);
  const list = needs.lists.get(path) ?? needs.lists.get(path.endsWith(".cdb") ? path.slice(0, -4) : `${path}.cdb`);
  if (lookup === undefined || list === undefined) {
    const what =
      list === undefined
        ? `the list ${path} is not declared in <ruleset>`
        : `the lookup "${draft.lookup}" is not known`;
    needs.report(problemAt(place, "warning", `${what}; rule ${rule} is passed over`));
    return undefined;
  }
  const value =
    checkValue === undefined
      ? undefined
      : compileAt({ language: "osmatch", pattern: checkValue, isNegated: false, place }, needs);
  const read = listReader(draft.field);
  return (event) => {
    const key = read(event);
    return key !== undefined && isInList(lookup, list, key, (found) => value?.testText(found) ?? false);
  };
}

/** False: one of them makes that the rule is passed over. */
function addLists({ id, lists }: RuleDraft, needs: ConditionNeeds, into: ConditionList): boolean {
  const counted = needs.isCompat ? lists.slice(-2) : lists;
  let areKnown = true;
  for (const list of lists) {
    const condition = listCondition(list, id, needs);
    if (condition === undefined) areKnown = false;
    else if (counted.includes(list)) into.add(`list ${list.path}`, condition);
  }
  return areKnown;
}

export function compileConditions(draft: RuleDraft, needs: ConditionNeeds): RuleConditions {
  const before = new ConditionList();
  const after = new ConditionList();
  const { maxsize } = draft;
  if (maxsize !== undefined) before.add("maxsize", ({ log }) => log.raw.length >= maxsize);
  for (const name of ["program_name", "id", "system_name", "protocol"] as const)
    addExpression(name, draft, needs, before);
  for (const name of ["action", "srcport", "dstport", "status", "user"] as const)
    addExpression(name, draft, needs, before);
  addExpression("match", draft, needs, before);
  addFields(draft, needs, before);
  for (const name of ["url", "location", "data", "extra_data", "hostname"] as const) {
    addExpression(name, draft, needs, before);
  }
  addAddresses("srcip", draft.srcip, needs, before);
  addAddresses("dstip", draft.dstip, needs, before);
  addCompiledRules(draft, needs, before);
  addTimes(draft, needs, before);
  addExpression("regex", draft, needs, before);
  for (const name of ["srcgeoip", "dstgeoip"] as const) addExpression(name, draft, needs, before);
  const isDropped = !addLists(draft, needs, after);
  return { before, after, isDropped };
}
