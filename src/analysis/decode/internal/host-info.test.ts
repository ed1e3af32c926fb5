import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { eventOf, ruleOf, rulesetOf } from "../../../../test/support/ruleset.ts";
import type { Answer } from "../../../model/alert.ts";
import { Engine } from "../../engine.ts";

// ruleset-spec 8: hostinfo_new is rule 581, hostinfo_modified rule 580.
const ruleset = rulesetOf(`
  <rule id="580" level="8"><category>ossec</category><decoded_as>hostinfo_modified</decoded_as>
    <description>d</description></rule>
  <rule id="581" level="8"><category>ossec</category><decoded_as>hostinfo_new</decoded_as>
    <description>d</description></rule>
  <rule id="600" level="3"><match>Host</match><description>any text</description></rule>`);

function tell(engine: Engine, log: string, agentId = "007"): Answer {
  return engine.answer(eventOf(log, 0, { queue: "3", agentId, location: "/var/log/nmap.log" }));
}

test("a host is new once, and news again when its ports are others", () => {
  const engine = new Engine(ruleset);
  const logs = [
    "Host: 10.0.0.7 (), open ports: 22 (tcp)",
    "Host: 10.0.0.7 (), open ports: 22 (tcp)",
    "Host: 10.0.0.7 (), open ports: 22 (tcp) 80 (tcp)",
    "Host: 10.0.0.8, open ports: 22 (tcp)",
  ];
  deepEqual(
    logs.map((log) => ruleOf(tell(engine, log))),
    [581, 0, 580, 581],
  );
  equal(ruleOf(tell(engine, logs[0] ?? "", "008")), 581);
});

test("a host whose ports changed is shown with both lists", () => {
  const engine = new Engine(ruleset);
  tell(engine, "Host: 10.0.0.7, open ports: 22 (tcp)");
  const answer = tell(engine, "Host: 10.0.0.7, open ports: 80 (tcp)");
  equal(answer.event.log, "Host: 10.0.0.7, open ports: 80 (tcp)\nPreviously open ports: 22 (tcp)");
  equal(answer.decoded.fields.srcip, "10.0.0.7");
});

for (const log of [
  "",
  "Host: ",
  "Host: 10.0.0.7",
  "# Nmap done",
  "Host: , open ports: 1",
  `Host: ${"x".repeat(300)}, open ports: 1`,
]) {
  test(`"${log.slice(0, 30)}" is no host, and no rule sees it`, () => {
    equal(tell(new Engine(ruleset), log).rule, undefined);
  });
}

test("a list that is longer than what is remembered is news once, not each time", () => {
  const engine = new Engine(ruleset);
  const log = `Host: 10.0.0.7, open ports: ${"22 (tcp) ".repeat(5_000)}`;
  deepEqual([ruleOf(tell(engine, log)), ruleOf(tell(engine, log))], [581, 0]);
});
