/** Reads a file of rules (ruleset-spec 5.1): `<group name="…">` roots that hold nothing but `<rule>`. */
import { createHash } from "node:crypto";
import { problemAt, problemInFile, type Problem } from "../../config/problem.ts";
import { XmlError } from "../../syntax/errors.ts";
import type { Flavour } from "../../syntax/pattern.ts";
import { lowerAscii } from "../../syntax/subject.ts";
import { expandVariables } from "../../syntax/xml-variable.ts";
import { parseXml, type XmlAttribute, type XmlElement } from "../../syntax/xml.ts";
import { emptyDraft, type RuleDraft } from "./draft.ts";
import { attributeOf, readElement, type Report } from "./element.ts";

export interface RuleFile {
  path: string;
  /** Byte string. */
  text: string;
}

type ReportProblem = (problem: Problem) => void;

/** The file's rules in its order. Every problem is reported; a rule with an error, or that is dropped, is left out. */
export function readRuleFile(file: RuleFile, flavour: Flavour, report: ReportProblem): RuleDraft[] {
  let roots: readonly XmlElement[];
  try {
    const { roots: written } = parseXml(file.text, file.path, { prolog: flavour === "ossec" ? "skip" : "refuse" });
    roots = expandVariables(written, { flavour });
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    report(problemAt(error.place, "error", error.what));
    return [];
  }
  if (file.text.length > 0 && roots.length === 0) {
    report(problemInFile(file.path, "warning", "holds no rules"));
  }
  return roots.flatMap((root) => readGroup(root, flavour, report));
}

function readGroup(root: XmlElement, flavour: Flavour, report: ReportProblem): RuleDraft[] {
  if (lowerAscii(root.name) === "var") return [];
  if (lowerAscii(root.name) !== "group") {
    report(problemAt(root.place, "error", `<${root.name}> is not allowed here; a file of rules holds <group>`));
    return [];
  }
  const [first, ...others] = root.attributes;
  if (first === undefined || lowerAscii(first.name) !== "name" || others.length > 0) {
    report(problemAt(root.place, "error", "<group> must have the attribute name and no other"));
    return [];
  }
  const groups = first.value.replace(/\n/g, "");
  const drafts: RuleDraft[] = [];
  for (const element of root.children) {
    if (lowerAscii(element.name) === "var") continue;
    if (lowerAscii(element.name) !== "rule") {
      report(problemAt(element.place, "error", `<${element.name}> is not allowed here; a <group> holds <rule>`));
      continue;
    }
    const draft = readRule(element, groups, flavour, report);
    if (draft !== undefined) drafts.push(draft);
  }
  return drafts;
}

function readRule(element: XmlElement, groups: string, flavour: Flavour, report: ReportProblem): RuleDraft | undefined {
  const draft = emptyDraft(element.place, groups);
  let isWhole = true;
  const refuse = (at: { place: XmlElement["place"] }, message: string): void => {
    isWhole = false;
    report(problemAt(at.place, "error", message));
  };
  const elementReport: Report = {
    refuse,
    warn: (at, message) => report(problemAt(at.place, "warning", message)),
    drop(at, message) {
      isWhole = false;
      report(problemAt(at.place, "warning", `${message}; rule ${draft.id} is passed over`));
    },
  };
  readAttributes(draft, element, flavour, refuse);
  const noalert = attributeOf(element, "noalert")?.trim() ?? "1";
  if (flavour === "wazuh" && noalert !== "1" && noalert !== "0") {
    elementReport.warn(element, `noalert="${noalert}" is neither 0 nor 1 and means 0`);
  }
  for (const child of element.children) readElement(draft, child, flavour, elementReport);
  if (draft.description === undefined && flavour === "wazuh") refuse(element, `rule ${draft.id} has no <description>`);
  checkComposite(draft, element, refuse);
  draft.fingerprint = fingerprintOf(element, groups);
  return isWhole ? draft : undefined;
}

type Refuse = (at: { place: XmlElement["place"] }, message: string) => void;

const attributeReaders = new Map<string, (draft: RuleDraft, value: string) => string | undefined>([
  ["id", (draft, value) => number(value, /^\d{1,6}$/, "1 to 999999", 1, 999_999, (id) => (draft.id = id))],
  ["level", (draft, value) => number(value, /^\d{1,2}$/, "0 to 16", 0, 16, (level) => (draft.level = level))],
  ["maxsize", (draft, value) => leading(value, 4, (bytes) => (draft.maxsize = bytes))],
  ["frequency", (draft, value) => number(value, /^\d{1,4}$/, "2 to 9999", 2, 9_999, (n) => (draft.frequency = n))],
  // The peers read only so many digits: 604800 is 60480 there, and their rules were tuned with it.
  ["timeframe", (draft, value) => leading(value, 5, (seconds) => (draft.timeframeSeconds = seconds))],
  ["ignore", (draft, value) => leading(value, 6, (seconds) => (draft.ignoreSeconds = seconds))],
  ["accuracy", (draft, value) => leading(value, 6, (accuracy) => (draft.isLast = accuracy === 0))],
  ["noalert", (draft, value) => void (draft.noalert = value.trim() === "1")],
  ["overwrite", (draft, value) => yesNo(value, (isYes) => (draft.overwrite = isYes))],
]);

/** Where OSSEC takes what Wazuh refuses (ruleset-spec 5.1). */
const ossecAttributeReaders: typeof attributeReaders = new Map([
  ...attributeReaders,
  ["level", (draft, value) => number(value, /^\d{1,6}$/, "0 on", 0, 999_999, (level) => (draft.level = level))],
  ["frequency", (draft, value) => leading(value, 4, (n) => (draft.frequency = n))],
  ["noalert", (draft) => void (draft.noalert = true)],
]);

function number(
  value: string,
  form: RegExp,
  words: string,
  min: number,
  max: number,
  set: (value: number) => void,
): string | undefined {
  const written = value.trim();
  const read = Number(written);
  if (!form.test(written) || read < min || read > max) return `must be a number from ${words}`;
  set(read);
  return undefined;
}

function leading(value: string, digits: number, set: (value: number) => void): string | undefined {
  const written = /^\d+/.exec(value.trim())?.[0];
  if (written === undefined) return "must be a number";
  set(Number(written.slice(0, digits)));
  return undefined;
}

function yesNo(value: string, set: (value: boolean) => void): string | undefined {
  const lower = lowerAscii(value.trim());
  if (lower !== "yes" && lower !== "no") return "must be yes or no";
  set(lower === "yes");
  return undefined;
}

function readAttributes(draft: RuleDraft, element: XmlElement, flavour: Flavour, refuse: Refuse): void {
  const readers = flavour === "ossec" ? ossecAttributeReaders : attributeReaders;
  const seen = new Set<string>();
  for (const attribute of element.attributes) {
    const name = lowerAscii(attribute.name);
    seen.add(name);
    const read = readers.get(name);
    if (read === undefined) refuseAttribute(attribute, "is not an attribute of a rule", refuse);
    else {
      const refusal = read(draft, attribute.value);
      if (refusal !== undefined) refuseAttribute(attribute, refusal, refuse);
    }
  }
  for (const needed of ["id", "level"]) {
    if (!seen.has(needed)) refuse(element, `a rule must have the attribute ${needed}`);
  }
}

function refuseAttribute(attribute: XmlAttribute, message: string, refuse: Refuse): void {
  refuse(attribute, `${attribute.name}="${attribute.value}" ${message}`);
}

export function isComposite(draft: RuleDraft): boolean {
  const { ifMatchedSid, ifMatchedGroup, ifMatchedRegex } = draft;
  return ifMatchedSid !== undefined || ifMatchedGroup !== undefined || ifMatchedRegex !== undefined;
}

function checkComposite(draft: RuleDraft, element: XmlElement, refuse: Refuse): void {
  const { same, different, sameFields, notSameFields } = draft;
  const compares = same.size + different.size + sameFields.size + notSameFields.size > 0;
  if (isComposite(draft) || draft.checkDiff) return;
  if (draft.frequency !== undefined || compares || draft.isGlobal) {
    refuse(element, `rule ${draft.id} counts or compares events, but has no <if_matched_sid> or <if_matched_group>`);
  }
}

/** Of what the rule says, wherever it stands: a moved rule is unchanged. */
function fingerprintOf(element: XmlElement, groups: string): string {
  const plain = (one: XmlElement): unknown => [
    one.name,
    one.attributes.map(({ name, value }) => [name, value]),
    one.content,
    one.children.map(plain),
  ];
  return createHash("sha256")
    .update(JSON.stringify([groups, plain(element)]))
    .digest("base64url")
    .slice(0, 22);
}
