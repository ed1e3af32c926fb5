/** The elements of a `<rule>`: what each adds to the draft (ruleset-spec 5.1). */
import type { ExpressionLanguage, Flavour } from "../../syntax/pattern.ts";
import { lowerAscii } from "../../syntax/subject.ts";
import type { XmlElement } from "../../syntax/xml.ts";
import { comparableNames } from "../correlate/composite.ts";
import { staticFieldOf } from "../decoded-event.ts";
import { expressionNames, ruleCategories, type DraftAddresses, type DraftExpression, type RuleDraft } from "./draft.ts";
import { isAbsentInOssec, readOssecExpression, withoutForeignAttributes } from "./element-ossec.ts";

/** What an element's reader says of it; `drop` passes the whole rule over with a warning. */
export interface Report {
  refuse(element: XmlElement, message: string): void;
  warn(element: XmlElement, message: string): void;
  drop(element: XmlElement, message: string): void;
}

type Reader = (draft: RuleDraft, element: XmlElement, report: Report) => void;

/** The peers refuse longer ones, and the condition then has no effect. */
const contentBytesMax: Readonly<Record<Flavour, number>> = { wazuh: 2_047, ossec: 8_191 };

export function attributeOf(element: XmlElement, name: string): string | undefined {
  return element.attributes.find((attribute) => attribute.name === name)?.value;
}

const commaList = (text: string): string[] =>
  text
    .split(",")
    .map((part) => lowerAscii(part.trim()))
    .filter(Boolean);

// ── expressions ────────────────────────────────────────────────────────────────────────────────────────────────────

function languageOf(element: XmlElement, initial: ExpressionLanguage, report: Report): ExpressionLanguage {
  const type = attributeOf(element, "type");
  if (type === undefined) return initial;
  const lower = lowerAscii(type);
  if (lower === "osmatch" || lower === "osregex" || lower === "pcre2") return lower;
  report.warn(element, `type "${type}" is not known, so ${initial} is used`);
  return initial;
}

function isNegated(element: XmlElement): boolean {
  return lowerAscii(attributeOf(element, "negate") ?? "") === "yes";
}

function expressionOf(element: XmlElement, initial: ExpressionLanguage, report: Report): DraftExpression {
  return {
    language: languageOf(element, initial, report),
    pattern: element.content,
    isNegated: isNegated(element),
    place: element.place,
  };
}

const expressionReaders: [string, Reader][] = expressionNames.map((name) => {
  const initial = name === "regex" ? "osregex" : name === "action" ? "exact" : "osmatch";
  return [
    name,
    (draft, element, report) => {
      const added = expressionOf(element, initial, report);
      const before = draft.expressions.get(name);
      const pattern = (before?.pattern ?? "") + added.pattern;
      draft.expressions.set(name, { ...added, pattern, place: before?.place ?? added.place });
    },
  ];
});

function readField(draft: RuleDraft, element: XmlElement, report: Report): void {
  const name = attributeOf(element, "name");
  if (name === undefined || name === "") return report.refuse(element, "<field> has no name");
  if (staticFieldOf(name) !== undefined) {
    return report.refuse(element, `"${name}" is a static field; use <${name}> instead of <field>`);
  }
  draft.fields.push({ ...expressionOf(element, "osregex", report), name: lowerAscii(name) });
}

function addressReader(name: "srcip" | "dstip"): Reader {
  return (draft, element) => {
    const before: DraftAddresses = draft[name] ?? { blocks: [], isNegated: false };
    before.blocks.push({ text: element.content.trim(), place: element.place });
    draft[name] = { blocks: before.blocks, isNegated: isNegated(element) };
  };
}

function readList(draft: RuleDraft, element: XmlElement, report: Report): void {
  const [field, lookup] = [attributeOf(element, "field"), attributeOf(element, "lookup") ?? "match_key"];
  if (field === undefined) return report.refuse(element, "<list> has no field");
  const checkValue = attributeOf(element, "check_value");
  draft.lists.push({
    field: lowerAscii(field),
    lookup: lowerAscii(lookup),
    checkValue,
    path: element.content.trim(),
    place: element.place,
  });
}

// ── parents and composite rules ────────────────────────────────────────────────────────────────────────────────────

function readIfSid(draft: RuleDraft, element: XmlElement, report: Report): void {
  if (!/^[0-9, ]*$/.test(element.content)) return report.drop(element, "<if_sid> may hold only numbers and commas");
  const ids = element.content.split(/[ ,]+/).filter(Boolean).map(Number);
  draft.ifSid = { ids: [...(draft.ifSid?.ids ?? []), ...ids], place: element.place };
}

function readIfLevel(draft: RuleDraft, element: XmlElement, report: Report): void {
  const written = element.content.trim();
  if (!/^\d{1,3}$/.test(written)) return report.refuse(element, "<if_level> must be a number");
  draft.ifLevel = { level: Number(written), place: element.place };
}

function readIfMatchedSid(draft: RuleDraft, element: XmlElement, report: Report): void {
  const written = element.content.trim();
  if (!/^\d{1,6}$/.test(written)) return report.refuse(element, "<if_matched_sid> must be one rule's number");
  draft.ifMatchedSid = { id: Number(written), place: element.place };
}

/** Names that stand for the same comparison. */
const sameAliases: [string, string][] = [
  ["same_source_ip", "srcip"],
  ["same_src_port", "srcport"],
  ["same_dst_port", "dstport"],
];
const differentAliases: [string, string][] = [
  ["not_same_source_ip", "srcip"],
  ["not_same_user", "user"],
  ["not_same_id", "id"],
  ["different_src_port", "srcport"],
  ["different_dst_port", "dstport"],
];

function comparisonReaders(): [string, Reader][] {
  const names = [...comparableNames].map((name): [string, string] => ["", name]);
  const same = [...names.map(([, name]): [string, string] => [`same_${name}`, name]), ...sameAliases];
  const different = [...names.map(([, name]): [string, string] => [`different_${name}`, name]), ...differentAliases];
  return [
    ...same.map(([element, name]): [string, Reader] => [element, (draft) => void draft.same.add(name)]),
    ...different.map(([element, name]): [string, Reader] => [element, (draft) => void draft.different.add(name)]),
  ];
}

function fieldNamesReader(add: (draft: RuleDraft, name: string) => void): Reader {
  return (draft, element, report) => {
    const names = commaList(element.content);
    if (names.length === 0) report.refuse(element, `<${element.name}> names no field`);
    for (const name of names) add(draft, name);
  };
}

// ── what an alert shows ────────────────────────────────────────────────────────────────────────────────────────────

const optionReaders = new Map<string, (draft: RuleDraft) => void>([
  ["alert_by_email", (draft) => void (draft.mails = true)],
  [
    "no_email_alert",
    (draft) => {
      draft.mails = false;
      draft.hasNoCounter = false; // As the peers do (ruleset-spec 5.1).
    },
  ],
  ["log_alert", (draft) => void (draft.logs = true)],
  [
    "no_log",
    (draft) => {
      draft.logs = false;
      draft.hasNoCounter = false;
    },
  ],
  ["no_ar", () => undefined],
  ["no_full_log", (draft) => void (draft.hidesFullLog = true)],
  ["no_counter", (draft) => void (draft.hasNoCounter = true)],
]);

function readOption(draft: RuleDraft, element: XmlElement, report: Report): void {
  const set = optionReaders.get(lowerAscii(element.content.trim()));
  if (set === undefined) report.refuse(element, `"${element.content}" is not one of the options of a rule`);
  else set(draft);
}

/** The newer form is pairs of tactic and technique, the older one ids of techniques (ruleset-spec 5.1). */
function readMitre(draft: RuleDraft, element: XmlElement): void {
  let tacticId: string | undefined;
  for (const { name, content } of element.children) {
    const [lower, id] = [lowerAscii(name), content.trim()];
    if (lower === "id") draft.mitre.push({ id, tacticId: undefined });
    else if (lower === "tacticid") tacticId = id;
    else if (lower === "techniqueid") {
      draft.mitre.push({ id, tacticId });
      tacticId = undefined;
    }
  }
}

function readDescription(draft: RuleDraft, element: XmlElement): void {
  draft.description = (draft.description ?? "") + element.content.replace("\n", " ");
}

function readCategory(draft: RuleDraft, element: XmlElement, report: Report): void {
  const text = lowerAscii(element.content.trim());
  if (!ruleCategories.some((known) => known === text)) {
    return report.refuse(element, `"${element.content}" is not a category; known are ${ruleCategories.join(", ")}`);
  }
  draft.category = { text, place: element.place };
}

const readers = new Map<string, Reader>([
  ...expressionReaders,
  ...comparisonReaders(),
  ["field", readField],
  ["srcip", addressReader("srcip")],
  ["dstip", addressReader("dstip")],
  ["list", readList],
  ["description", readDescription],
  ["decoded_as", (draft, { content, place }) => void (draft.decodedAs = { text: content, place })],
  ["category", readCategory],
  ["group", (draft, { content }) => void (draft.groups += content.replace(/\n/g, ""))],
  ["time", (draft, { content, place }) => void (draft.time = { text: content, place })],
  ["weekday", (draft, { content, place }) => void (draft.weekday = { text: content, place })],
  ["if_sid", readIfSid],
  ["if_level", readIfLevel],
  ["if_group", (draft, { content, place }) => void (draft.ifGroup = { text: content, place })],
  ["if_matched_sid", readIfMatchedSid],
  ["if_matched_group", (draft, { content, place }) => void (draft.ifMatchedGroup = { text: content, place })],
  ["if_matched_regex", (draft, { content, place }) => void (draft.ifMatchedRegex = { text: content, place })],
  ["same_field", fieldNamesReader((draft, name) => draft.sameFields.add(name))],
  ["not_same_field", fieldNamesReader((draft, name) => draft.notSameFields.add(name))],
  ["different_field", fieldNamesReader((draft, name) => draft.notSameFields.add(name))],
  ["global_frequency", (draft) => void (draft.isGlobal = true)],
  ["if_fts", (draft) => void (draft.ifFts = true)],
  ["ignore", (draft, element) => void draft.ignoreFields.push(...commaList(element.content))],
  ["check_if_ignored", (draft, element) => void draft.checkIfIgnored.push(...commaList(element.content))],
  ["options", readOption],
  ["mitre", readMitre],
  ["info", (draft, { content }) => void (draft.info = (draft.info ?? "") + content)],
  ["cve", (draft, { content }) => void (draft.cve = (draft.cve ?? "") + content)],
  ["compiled_rule", (draft, { content, place }) => void draft.compiledRules.push({ text: content.trim(), place })],
  ["check_diff", (draft) => void (draft.checkDiff = true)],
  ["same_agent", ineffective],
  ["not_same_agent", ineffective],
]);

function ineffective(_draft: RuleDraft, element: XmlElement, report: Report): void {
  report.warn(element, `<${element.name}> has no effect: composite rules are always about one agent`);
}

/** Texts whose length the peers do not bound. */
const unbounded = new Set(["description", "group", "mitre", "info", "cve"]);

/** The elements of which the peers compare the name as it is written (ruleset-spec 2). */
const caseCounts: ReadonlySet<string> = new Set([
  ...["id", "url", "data", "extra_data", "status", "system_name", "srcgeoip", "dstgeoip"].flatMap((name) => [
    `same_${name}`,
    `different_${name}`,
  ]),
  ...["different_srcip", "different_protocol", "different_action", "not_same_id", "not_same_source_ip"],
]);

function readOssecElement(draft: RuleDraft, element: XmlElement, report: Report): void {
  const plain = withoutForeignAttributes(element, (message) => report.warn(element, message));
  if (readOssecExpression(draft, plain)) return;
  const name = lowerAscii(element.name);
  readKnown(draft, isAbsentInOssec(name) ? undefined : readers.get(name), plain, report);
}

function readKnown(draft: RuleDraft, read: Reader | undefined, element: XmlElement, report: Report): void {
  if (read === undefined) report.refuse(element, `<${element.name}> is not an element of a rule`);
  else read(draft, element, report);
}

export function readElement(draft: RuleDraft, element: XmlElement, flavour: Flavour, report: Report): void {
  const name = lowerAscii(element.name);
  if (name === "var") return;
  const bytesMax = contentBytesMax[flavour];
  if (element.content.length > bytesMax && !unbounded.has(name)) {
    return report.warn(element, `<${element.name}> has over ${bytesMax} bytes and has no effect`);
  }
  const isUnknown = caseCounts.has(name) && element.name !== name;
  if (flavour === "ossec" && !isUnknown) return readOssecElement(draft, element, report);
  readKnown(draft, isUnknown ? undefined : readers.get(name), element, report);
}
