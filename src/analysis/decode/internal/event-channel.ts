/**
 * Events of Windows' event channels (ruleset-spec 8): the agent sends `{"Message": TEXT, "Event": XML}`, rules and
 * outputs see `{"win":{"system":{…},"eventdata":{…}}}` and its values as fields `win.system.eventID` and so on.
 *
 * Two habits of the peers stand in the rules and are kept: values of event data have each backslash and each quote
 * escaped once more (a path is `C:\\Windows`), and the message is between quotes. Fields come in the order of the XML.
 */
import { lowerAscii } from "../../../syntax/subject.ts";
import type { DecodedEvent } from "../../decoded-event.ts";
import type { InternalDecoder } from "./internal-decoder.ts";
import { quoted } from "../json-plugin.ts";
import { readJson } from "../json-value.ts";
import { auditCategory, auditSubcategory } from "./audit-policy.ts";
import { readEventXml, type EventElement } from "./event-xml.ts";
import { textAt } from "./json-field.ts";

interface Value {
  name: string;
  text: string;
}

/** By their name in the alert, in the order in which they appear. */
type Groups = Map<string, Value[]>;

/** Elements of `System` whose text is a value; the name's first letter becomes small. */
const systemTexts: ReadonlySet<string> = new Set([
  ...["EventID", "Version", "Level", "Task", "Opcode", "Keywords", "EventRecordID", "Channel", "Computer"],
]);

/** Of other elements of `System`, the attributes that are values, and what each is called. */
const systemAttributes: ReadonlyMap<string, readonly (readonly [string, string])[]> = new Map([
  [
    "Provider",
    [
      ["Name", "providerName"],
      ["Guid", "providerGuid"],
      ["EventSourceName", "eventSourceName"],
    ],
  ],
  ["TimeCreated", [["SystemTime", "systemTime"]]],
  [
    "Execution",
    [
      ["ProcessID", "processID"],
      ["ThreadID", "threadID"],
    ],
  ],
]);

const severities: readonly string[] = ["", "CRITICAL", "ERROR", "WARNING", "INFORMATION", "VERBOSE"];
const auditFailure = 0x0010_0000_0000_0000n;
const auditSuccess = 0x0020_0000_0000_0000n;

/** An event that is not of this form is passed over, as in the peers. */
export const decodeEventChannel: InternalDecoder = (decoded, needs) => {
  const value = readJson(decoded.log.raw, 0);
  const xml = textAt(value, "Event");
  const event = xml === undefined ? undefined : readEventXml(xml);
  if (event?.name !== "Event") {
    decoded.isPassedOver = true;
    return;
  }
  const groups = groupsOf(event, textAt(value, "Message"));
  decoded.decoder = needs.internal("windows_eventchannel");
  decoded.rewrite(jsonOf(groups));
  for (const [group, values] of groups) addFields(decoded, `win.${group}.`, values);
};

function addFields(decoded: DecodedEvent, prefix: string, values: readonly Value[]): void {
  for (const { name, text } of values) decoded.addDynamic(prefix + name, lowerAscii(prefix + name), text);
}

function jsonOf(groups: Groups): string {
  const parts: string[] = [];
  for (const [group, values] of groups) {
    const pairs = values.map(({ name, text }) => `${quoted(name)}:${quoted(text)}`);
    parts.push(`${quoted(group)}:{${pairs.join(",")}}`);
  }
  return `{"win":{${parts.join(",")}}}`;
}

function groupsOf(event: EventElement, message: string | undefined): Groups {
  const system = event.children.filter(({ name }) => name === "System").flatMap(systemValues);
  system.push({ name: "severityValue", text: severityOf(system) });
  if (message !== undefined && isSaying(message)) system.push({ name: "message", text: `"${message}"` });
  // The event itself stands first and alone under its name: data of a program cannot pass for it.
  const groups: Groups = new Map([["system", system]]);
  const add = (name: string, values: Value[]): void => {
    if (values.length > 0 && !groups.has(name)) groups.set(name, values);
  };
  for (const child of event.children) {
    if (child.name === "EventData") add("eventdata", dataValues(child));
    if (child.name !== "UserData") continue;
    for (const data of child.children) add(withSmallInitial(data.name), dataValues(data));
  }
  return groups;
}

function systemValues({ children }: EventElement): Value[] {
  const values: Value[] = [];
  for (const { name, attributes, text } of children) {
    if (systemTexts.has(name) && isSaying(text)) values.push({ name: withSmallInitial(name), text: escaped(text) });
    for (const [attribute, as] of systemAttributes.get(name) ?? []) {
      const found = attributes.find((one) => one.name === attribute)?.value;
      if (found !== undefined && isSaying(found)) values.push({ name: as, text: escaped(found) });
    }
  }
  return values;
}

/** `<Data Name="X">`, or elements named themselves; data without a name become one value, behind all others. */
function dataValues({ children }: EventElement): Value[] {
  const values: Value[] = [];
  const nameless: string[] = [];
  for (const { name, attributes, text, children: inner } of children) {
    if (inner.length > 0 || !isSaying(text)) continue;
    const named = name === "Data" ? attributes.find((one) => one.name === "Name")?.value : name;
    if (named === undefined || named === "") nameless.push(escaped(text));
    else values.push({ name: withSmallInitial(named), text: escaped(text) });
  }
  if (nameless.length > 0) values.push({ name: "data", text: nameless.join(", ") });
  return [...values, ...auditNames(values)];
}

function auditNames(values: readonly Value[]): Value[] {
  const find = (name: string): string => values.find((value) => value.name === name)?.text ?? "";
  const names: Value[] = [];
  const [category, subcategory] = [auditCategory(find("categoryId")), auditSubcategory(find("subcategoryGuid"))];
  if (category !== undefined) names.push({ name: "category", text: category });
  if (subcategory !== undefined) names.push({ name: "subcategory", text: subcategory });
  return names;
}

/** Level 0 is that of audit events, whose outcome the keywords have. */
function severityOf(system: readonly Value[]): string {
  const find = (name: string): string => system.find((value) => value.name === name)?.text ?? "";
  const level = find("level");
  if (/^[1-5]$/.test(level)) return severities[Number(level)] ?? "UNKNOWN";
  const keywords = find("keywords");
  if (!/^0x[0-9a-f]{1,16}$/i.test(keywords)) return "UNKNOWN";
  const bits = BigInt(keywords);
  if ((bits & auditFailure) !== 0n) return "AUDIT_FAILURE";
  return (bits & auditSuccess) !== 0n ? "AUDIT_SUCCESS" : "UNKNOWN";
}

function isSaying(text: string): boolean {
  return text !== "" && text !== "-" && text !== "(NULL)";
}

function escaped(text: string): string {
  return /["\\]/.test(text) ? text.replace(/["\\]/g, "\\$&") : text;
}

function withSmallInitial(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
