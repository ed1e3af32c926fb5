import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { eventOf, problemsOf, ruleOf, rulesetOf } from "../../test/support/ruleset.ts";
import { ByteWriter } from "../base/bytes.ts";
import type { Flavour } from "../syntax/pattern.ts";
import { Engine } from "./engine.ts";
import { IgnoredLines, ignoredLineOf, ignoringOf } from "./ignored-line.ts";
import { DecodedEvent } from "./decoded-event.ts";
import { StateReader } from "./state-part.ts";

const rule = (id: number, level: number, inside: string): string =>
  `<rule id="${id}" level="${level}">${inside}<description>rule ${id}</description></rule>`;
const rules =
  rule(100, 6, "<decoded_as>app</decoded_as><check_if_ignored>srcip, id</check_if_ignored>") +
  rule(101, 11, "<if_sid>100</if_sid><match>noise</match><ignore>id,srcip</ignore>");

function outcomes(flavour: Flavour, ...logs: string[]): unknown[] {
  const engine = new Engine(rulesetOf(rules, { options: { flavour } }));
  return logs.map((log) => {
    const answer = engine.answer(eventOf(log));
    return [ruleOf(answer), answer.outcome, answer.isAlert];
  });
}

const logs = ["app: srcip=10.0.0.1 id=7", "app: srcip=10.0.0.1 id=7 noise", "app: srcip=10.0.0.1 id=7"];

// ── ruleset-spec 5.4, 5.7 ──────────────────────────────────────────────────────────────────────────────────────────

test("OSSEC: what a rule with ignore answered raises no alert by rules that check it", () => {
  deepEqual(outcomes("ossec", ...logs, "app: srcip=10.0.0.2 id=7", "app: srcip=10.0.0.1 id=8"), [
    [100, "answered", true],
    [101, "answered", true],
    [100, "silenced", false],
    [100, "answered", true],
    [100, "answered", true],
  ]);
});

test("Wazuh: nothing is ever ignored so, and nothing is said of it", () => {
  deepEqual(outcomes("wazuh", ...logs).at(-1), [100, "answered", true]);
  deepEqual(problemsOf(rules), []);
  equal(ignoringOf({ ignoreFields: ["id"], checkIfIgnored: [] }, "wazuh"), undefined);
});

test("an ignored event is not remembered for composite rules", () => {
  const composite = `<rule id="200" level="12" frequency="0" timeframe="60"><if_matched_sid>100</if_matched_sid>
    <description>many</description></rule>`;
  const engine = new Engine(rulesetOf(rules + composite, { options: { flavour: "ossec" } }));
  const [noise = "", plain = ""] = [logs[1], logs[0]];
  const answers = [noise, plain, plain, plain, plain].map((log) => ruleOf(engine.answer(eventOf(log))));
  equal(answers.includes(200), false);
});

test("a rule of level 0 neither asks nor adds", () => {
  const silent = rules.replace('level="11"', 'level="0"');
  const engine = new Engine(rulesetOf(silent, { options: { flavour: "ossec" } }));
  deepEqual(
    logs.map((log) => engine.answer(eventOf(log)).outcome),
    ["answered", "answered", "answered"],
  );
});

test("a line has the decoder and the named values in a fixed order, absent ones as nothing, dynamic ones last", () => {
  const event = new DecodedEvent().reset(eventOf("x"));
  Object.assign(event.fields, { id: "7", dstuser: "bob", srcip: "10.0.0.1", data: "d" });
  event.addDynamic("Extra", "extra", "e");
  equal(
    ignoredLineOf(["extra", "location", "data", "dstip", "srcip", "user", "id", "name"], event),
    [...[" 7", "bob", "10.0.0.1", "", "d", "/var/log/app.log", "e"]].join(" "),
  );
  event.fields.data = "d".repeat(10_000);
  equal(ignoredLineOf(["data"], event).length, 4_096);
});

test("lines are in the checkpoint, and the oldest leave when there are too many", () => {
  const lines = new IgnoredLines();
  for (const line of ["a", "b", "c", "b"]) lines.add(line, 140);
  deepEqual(
    ["a", "b", "c"].map((line) => lines.has(line)),
    [false, true, true],
  );
  const writer = new ByteWriter();
  lines.write(writer);
  const again = new IgnoredLines();
  again.read(new StateReader(writer.copy()));
  const copy = new ByteWriter();
  again.write(copy);
  deepEqual(copy.copy(), writer.copy());
  deepEqual([again.has("b"), again.has("c")], [true, true]);
});

test("an engine that goes on from a checkpoint ignores the same", () => {
  const ruleset = rulesetOf(rules, { options: { flavour: "ossec" } });
  const engine = new Engine(ruleset);
  for (const log of logs.slice(0, 2)) engine.answer(eventOf(log));
  equal(new Engine(ruleset, engine.saveState()).answer(eventOf(logs[2] ?? "")).outcome, "silenced");
});
