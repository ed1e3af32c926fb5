/**
 * Wazuh's own cases about Windows, in the form in which agents send events: the peer's suite gives them as JSON that is
 * already decoded, and changes rule 60000 so that it takes them. Here each is put back into a message of the event
 * channel, and the rules are those that Wazuh ships.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { nodeDisk } from "../../base/disk.ts";
import type { Answer } from "../../model/alert.ts";
import { eventOf } from "../../../test/support/ruleset.ts";
import { Engine } from "../engine.ts";
import { compileRuleset, defaultRulesetOptions, type CompiledRuleset } from "../ruleset.ts";
import { readPeerRuleset } from "./ruleset-folder.ts";
import { readSuiteFile, type SuiteCase } from "./suite-file.ts";

const folder = join(process.env["ARGUS_RULESETS"] ?? "../shared/rulesets", "wazuh-4.14.7");
const isHere = existsSync(folder);

type Win = Record<string, Record<string, unknown>>;

const windowsLog = (log: string): boolean => log.startsWith('{"win":');

/** The reader of JSON that logs are read with takes control bytes in texts; so do these logs. */
function winOf(log: string): Win {
  const legal = log.replace(/[\u0000-\u001f]/g, (byte) => `\\u${byte.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return (JSON.parse(legal) as { win: Win }).win;
}

const withBigInitial = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
const unescaped = (text: string): string => text.replaceAll(/\\(["\\])/g, "$1");

const elementNames: Readonly<Record<string, string>> = { eventID: "EventID", eventRecordID: "EventRecordID" };
const attributes: Readonly<Record<string, readonly [element: string, attribute: string]>> = {
  providerName: ["Provider", "Name"],
  providerGuid: ["Provider", "Guid"],
  eventSourceName: ["Provider", "EventSourceName"],
  systemTime: ["TimeCreated", "SystemTime"],
  processID: ["Execution", "ProcessID"],
  threadID: ["Execution", "ThreadID"],
};

function systemXml(system: Record<string, unknown>): string {
  let xml = "";
  for (const [name, value] of Object.entries(system)) {
    const attribute = attributes[name];
    if (name === "message" || name === "severityValue") continue;
    if (attribute !== undefined) xml += `<${attribute[0]} ${attribute[1]}='${String(value)}'/>`;
    else
      xml += `<${elementNames[name] ?? withBigInitial(name)}>${String(value)}</${elementNames[name] ?? withBigInitial(name)}>`;
  }
  return `<System>${xml}</System>`;
}

function dataXml(group: string, data: Record<string, unknown>): string {
  const values = Object.entries(data).map(([name, value]) => [name, unescaped(String(value))] as const);
  if (group !== "eventdata") {
    const inner = values.map(([name, text]) => `<${withBigInitial(name)}>${text}</${withBigInitial(name)}>`).join("");
    return `<UserData><${withBigInitial(group)}>${inner}</${withBigInitial(group)}></UserData>`;
  }
  const inner = values.map(([name, text]) =>
    name === "data" ? `<Data>${text}</Data>` : `<Data Name='${withBigInitial(name)}'>${text}</Data>`,
  );
  return `<EventData>${inner.join("")}</EventData>`;
}

/** What the agent sent for this event. */
function messageOf({ system = {}, ...groups }: Win): string {
  const data = Object.entries(groups).map(([group, values]) => dataXml(group, values));
  const Event = `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'>${systemXml(system)}${data.join("")}</Event>`;
  const quoted = /^"([^]*)"$/.exec(`${JSON.parse(JSON.stringify(system["message"] ?? ""))}`)?.[1];
  return JSON.stringify(quoted === undefined ? { Event } : { Message: quoted, Event });
}

async function shippedRuleset(): Promise<CompiledRuleset> {
  const source = await readPeerRuleset(nodeDisk, folder, "wazuh");
  return compileRuleset({ ...source, options: defaultRulesetOptions }, () => undefined);
}

function* windowsCases(): Generator<{ file: string; one: SuiteCase }> {
  for (const file of readdirSync(join(folder, "tests")).filter((name) => name.endsWith(".ini"))) {
    const text = readFileSync(join(folder, "tests", file)).toString("latin1");
    for (const one of readSuiteFile(text, "wazuh")) if (one.lines.every(windowsLog)) yield { file, one };
  }
}

function fieldsOf(answer: Answer): Record<string, string> {
  return Object.fromEntries(answer.decoded.dynamicFields.map(({ name, value }) => [name, value]));
}

test(
  "Wazuh's cases about Windows have their answers as events of the channel, by the rules as shipped",
  { skip: isHere ? false : `${folder} is not here` },
  async () => {
    const ruleset = await shippedRuleset();
    let count = 0;
    for (const { file, one } of windowsCases()) {
      const engine = new Engine(ruleset);
      const where = `${file} [${one.section}] ${one.option}`;
      let last: Answer | undefined;
      for (const line of one.lines) {
        const win = winOf(line);
        last = engine.answer(eventOf(messageOf(win), 0, { queue: "f", agentId: "001", location: "EventChannel" }));
        const found = fieldsOf(last);
        for (const [name, value] of Object.entries(win["eventdata"] ?? {})) {
          if (value !== "-") equal(found[`win.eventdata.${name}`], String(value), `${where}: ${name}`);
        }
      }
      equal(last?.decoded.decoder?.name, "windows_eventchannel", where);
      const answer = { rule: last?.rule?.id, level: String(last?.rule?.level) };
      if (!one.isNegative) deepEqual(answer, { rule: one.expected.rule, level: one.expected.level }, where);
      count += 1;
    }
    ok(count > 90, `${count} cases were run`);
  },
);
