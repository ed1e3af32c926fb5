/** A rule as its file says it, before it is compiled and put into the tree. All texts are byte strings. */
import type { ExpressionLanguage } from "../../syntax/pattern.ts";
import type { Place } from "../../syntax/xml.ts";
import type { NamedTechnique } from "../mitre.ts";

/** A condition in one of the expression languages; repeated elements are glued together (ruleset-spec 4.1). */
export interface DraftExpression {
  language: ExpressionLanguage;
  pattern: string;
  isNegated: boolean;
  place: Place;
}

export interface DraftField extends DraftExpression {
  /** Lower case. */
  name: string;
}

export interface DraftAddresses {
  blocks: { text: string; place: Place }[];
  isNegated: boolean;
}

export interface DraftList {
  field: string;
  lookup: string;
  checkValue: string | undefined;
  path: string;
  place: Place;
}

export interface DraftText {
  text: string;
  place: Place;
}

/** Which event values a rule may test with an expression, in the order in which it does (ruleset-spec 5.4). */
export const expressionNames = [
  "program_name",
  "id",
  "system_name",
  "protocol",
  "match",
  "regex",
  "action",
  "url",
  "location",
  "srcport",
  "dstport",
  "user",
  "data",
  "extra_data",
  "hostname",
  "status",
  "srcgeoip",
  "dstgeoip",
] as const;
export type ExpressionName = (typeof expressionNames)[number];

export const ruleCategories = ["syslog", "firewall", "ids", "web-log", "squid", "windows", "ossec"] as const;

export interface RuleDraft {
  place: Place;
  id: number;
  level: number;
  maxsize: number | undefined;
  frequency: number | undefined;
  timeframeSeconds: number | undefined;
  ignoreSeconds: number;
  /** `accuracy="0"`: behind all siblings. */
  isLast: boolean;
  noalert: boolean;
  overwrite: boolean;
  /** The whole group string: the file's group and the rule's own, nothing between them. */
  groups: string;
  description: string | undefined;
  expressions: Map<ExpressionName, DraftExpression>;
  /** OSSEC's `…_pcre2` elements: conditions of their own beside those above. */
  pcre2: Map<ExpressionName, DraftExpression>;
  fields: DraftField[];
  decodedAs: DraftText | undefined;
  category: DraftText | undefined;
  srcip: DraftAddresses | undefined;
  dstip: DraftAddresses | undefined;
  time: DraftText | undefined;
  weekday: DraftText | undefined;
  lists: DraftList[];
  compiledRules: DraftText[];
  ifSid: { ids: number[]; place: Place } | undefined;
  ifLevel: { level: number; place: Place } | undefined;
  ifGroup: DraftText | undefined;
  ifMatchedSid: { id: number; place: Place } | undefined;
  ifMatchedGroup: DraftText | undefined;
  ifMatchedRegex: DraftText | undefined;
  /** Names as comparableNames has them. */
  same: Set<string>;
  different: Set<string>;
  /** Dynamic fields in lower case. */
  sameFields: Set<string>;
  notSameFields: Set<string>;
  isGlobal: boolean;
  ifFts: boolean;
  checkDiff: boolean;
  /** `<ignore>` and `<check_if_ignored>`: lower-case names. */
  ignoreFields: string[];
  checkIfIgnored: string[];
  /** Undefined: the level decides. */
  logs: boolean | undefined;
  mails: boolean | undefined;
  hidesFullLog: boolean;
  hasNoCounter: boolean;
  mitre: NamedTechnique[];
  info: string | undefined;
  cve: string | undefined;
  /** The text of everything above, by which a rule is recognised as unchanged. */
  fingerprint: string;
}

export function emptyDraft(place: Place, groups: string): RuleDraft {
  return {
    place,
    id: 0,
    level: 0,
    maxsize: undefined,
    frequency: undefined,
    timeframeSeconds: undefined,
    ignoreSeconds: 0,
    isLast: false,
    noalert: false,
    overwrite: false,
    groups,
    description: undefined,
    expressions: new Map(),
    pcre2: new Map(),
    fields: [],
    decodedAs: undefined,
    category: undefined,
    srcip: undefined,
    dstip: undefined,
    time: undefined,
    weekday: undefined,
    lists: [],
    compiledRules: [],
    ifSid: undefined,
    ifLevel: undefined,
    ifGroup: undefined,
    ifMatchedSid: undefined,
    ifMatchedGroup: undefined,
    ifMatchedRegex: undefined,
    same: new Set(),
    different: new Set(),
    sameFields: new Set(),
    notSameFields: new Set(),
    isGlobal: false,
    ifFts: false,
    checkDiff: false,
    ignoreFields: [],
    checkIfIgnored: [],
    logs: undefined,
    mails: undefined,
    hidesFullLog: false,
    hasNoCounter: false,
    mitre: [],
    info: undefined,
    cve: undefined,
    fingerprint: "",
  };
}
