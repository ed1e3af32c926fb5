/** Alerts of other managers, from the line to the answer (ruleset-spec 3.7, *OSSECAlert_Decoder*). */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { eventOf, ruleOf, rulesetOf } from "../../test/support/ruleset.ts";
import type { Answer, EngineEvent } from "../model/alert.ts";
import { Engine } from "./engine.ts";

const decoders = `
<decoder name="ossec-alert"><program_name>^ossec$</program_name>
  <plugin_decoder>OSSECAlert_Decoder</plugin_decoder></decoder>
<decoder name="sshd"><program_name>^sshd$</program_name></decoder>`;
const rules = `
<rule id="100" level="3"><decoded_as>sshd</decoded_as>
  <description>sshd for $(dstuser) from $(srcip)</description></rule>
<rule id="101" level="0"><match>nothing has it</match><description>silent</description></rule>
<rule id="102" level="9"><if_sid>100</if_sid><match>Accepted</match><description>a child</description></rule>
<rule id="103" level="5" ignore="60"><match>nothing has it</match><description>seldom</description></rule>
<rule id="104" level="10" frequency="3" timeframe="60"><if_matched_sid>100</if_matched_sid>
  <description>often</description></rule>
<rule id="105" level="4"><match>Alert Level</match>
  <description>an alert of a rule that is not here</description></rule>`;
const ruleset = rulesetOf(rules, { decoders });
const log = "Nov 25 10:00:01 web sshd[7]: Accepted password";

const line = (ruleId: number, inner = log, location = "(web) 192.0.2.1->/var/log/auth.log"): string =>
  `Nov 25 10:00:02 other ossec: Alert Level: 3; Rule: ${ruleId} - text; Location: ${location}; ` +
  `srcip: 192.0.2.7; user: root;  ${inner}`;
const answer = (text: string, change: Partial<EngineEvent> = {}): Answer =>
  new Engine(ruleset).answer(eventOf(text, 0, change));

test("the rule of that number answers though none of its conditions is looked at, and no child of it either", () => {
  const { rule, isAlert, event, decoded } = answer(line(100));
  deepEqual([rule?.id, rule?.description, isAlert], ["100", "sshd for root from 192.0.2.7", true]);
  deepEqual([event.log, event.location], [log, "/var/log/app.log|(web) 192.0.2.1->/var/log/auth.log"]);
  deepEqual(decoded.fields, { srcip: "192.0.2.7", dstuser: "root" });
  equal(decoded.decoder?.name, "ossec-alert");
});

test("a rule that is not here changes nothing: the line is matched as it came", () => {
  const { rule, event, decoded } = answer(line(99_999));
  deepEqual([rule?.id, event.log, event.location], ["105", line(99_999), "/var/log/app.log"]);
  deepEqual(decoded.fields, {});
});

test("a rule of level 0 answers without an alert, and one that keeps silent leaves the answer to its parent", () => {
  const silent = answer(line(101));
  deepEqual([silent.rule?.id, silent.isAlert], ["101", false]);
  const engine = new Engine(ruleset);
  const answers = [0, 1, 61, 62].map((at) => engine.answer(eventOf(line(103), at)));
  deepEqual(
    answers.map(({ isAlert }) => isAlert),
    [true, false, true, false],
  );
});

test("the event is counted by composite rules, and its own later logs meet it", () => {
  const engine = new Engine(ruleset);
  const logs = [line(100), line(100), "Nov 25 10:00:01 web sshd[7]: a", "Nov 25 10:00:01 web sshd[7]: b"];
  deepEqual(
    logs.map((text, index) => ruleOf(engine.answer(eventOf(text, index)))),
    [100, 100, 104, 100],
  );
});

test("the location is cut at 255 bytes, the agent before it included", () => {
  const agent = { agentId: "001", agentName: "gate", agentIp: "192.0.2.9" };
  const { event } = answer(line(100, log, "x".repeat(300)), agent);
  equal(`(gate) 192.0.2.9->${event.location}`.length, 255);
  equal(event.location.startsWith("/var/log/app.log|xxx"), true);
});
