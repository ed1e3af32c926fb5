import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { eventOf, ruleOf, rulesetOf } from "../../../../test/support/ruleset.ts";
import type { Answer } from "../../../model/alert.ts";
import { Engine } from "../../engine.ts";

const ruleset = rulesetOf(`
  <rule id="19000" level="0"><category>ossec</category><decoded_as>sca</decoded_as><description>sca</description></rule>
  <rule id="19001" level="3"><if_sid>19000</if_sid><field name="sca.type">^summary</field>
    <description>$(sca.policy): $(sca.score)</description></rule>
  <rule id="19006" level="3"><if_sid>19000</if_sid><field name="sca.type">^check</field>
    <description>$(sca.check.title): $(sca.check.previous_result) to $(sca.check.result)</description></rule>
  <rule id="300" level="3"><match>check</match><description>any text</description></rule>`);

function tell(engine: Engine, value: unknown, agentId = "007"): Answer {
  const log = typeof value === "string" ? value : JSON.stringify(value);
  return engine.answer(eventOf(log, 0, { queue: "p", agentId, location: "sca" }));
}

const check = (result: string, more: object = {}): object => ({
  ...{ type: "check", id: 826, policy: "CIS Debian", policy_id: "cis_debian" },
  check: {
    ...{ id: 15_500, title: "No root login", description: "d", rationale: "r", remediation: "m" },
    ...{ compliance: { cis: "5.2.8", pci_dss: "2.2.4" }, rules: ["f:/x -> y"], file: "/etc/ssh/sshd_config", result },
    ...more,
  },
});

const summary = (hash: string, more: object = {}): object => ({
  ...{ type: "summary", scan_id: 826, name: "CIS Debian", policy_id: "cis_debian", file: "cis_debian.yml" },
  ...{ description: "d", passed: 20, failed: 30, invalid: 1, total_checks: 51, score: 40, hash, ...more },
});

test("a result is news when it is another than the last, and says the last", () => {
  const engine = new Engine(ruleset);
  const answers = ["failed", "failed", "passed", "passed", "failed"].map((result) => tell(engine, check(result)));
  deepEqual(answers.map(ruleOf), [19_006, 0, 19_006, 0, 19_006]);
  equal(answers[2]?.rule?.description, "No root login: failed to passed");
  equal(ruleOf(tell(engine, check("failed"), "008")), 19_006);
});

test("a check has its fields in the order in which alerts show it", () => {
  const engine = new Engine(ruleset);
  tell(engine, check("passed"));
  deepEqual(
    tell(engine, check("failed", { reason: "it is so" })).decoded.dynamicFields.map(
      ({ name, value }) => `${name}=${value}`,
    ),
    [
      ...["sca.type=check", "sca.scan_id=826", "sca.policy=CIS Debian", "sca.check.id=15500"],
      ...["sca.check.title=No root login", "sca.check.description=d", "sca.check.rationale=r"],
      ...["sca.check.remediation=m", "sca.check.compliance.cis=5.2.8", "sca.check.compliance.pci_dss=2.2.4"],
      ...["sca.check.file=/etc/ssh/sshd_config", "sca.check.result=failed", "sca.check.reason=it is so"],
      "sca.check.previous_result=passed",
    ],
  );
});

// ruleset 19009: `^not applicable`.
test("a status in place of a result is one, in small letters", () => {
  const more = { result: undefined, status: "Not applicable" };
  const { decoded } = tell(new Engine(ruleset), check("", more));
  equal(decoded.dynamicFields.find(({ name }) => name === "sca.check.result")?.value, "not applicable");
  equal(decoded.dynamicFields.find(({ name }) => name === "sca.check.status")?.value, "Not applicable");
});

test("a summary is news when its figures are, or when the agent insists", () => {
  const engine = new Engine(ruleset);
  const told = [
    summary("h1"),
    summary("h1"),
    summary("h2"),
    summary("h2", { score: 41 }),
    summary("h2", { score: 41 }),
  ];
  deepEqual(
    told.map((one) => ruleOf(tell(engine, one))),
    [19_001, 0, 19_001, 19_001, 0],
  );
  const forced = tell(engine, summary("h2", { score: 41, force_alert: "1" }));
  equal(forced.rule?.description, "CIS Debian: 41");
});

for (const log of [
  ...["", "check", "[]", '{"type":"check"}', '{"type":"check","policy":"p","check":{"id":1}}', '{"type":"summary"}'],
  ...[
    '{"type":"policies","policies":["check"]}',
    '{"type":"dump_end","elements_sent":5}',
    '{"type":"check","check":[]}',
  ],
]) {
  test(`"${log}" is no news, and no rule sees it`, () => equal(tell(new Engine(ruleset), log).rule, undefined));
}
