import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { rulesetOf, startMs } from "../../test/support/ruleset.ts";
import { Engine } from "./engine.ts";
import { describeLogtest, Logtest } from "./logtest.ts";

const rules = `
<rule id="100" level="5"><match>failed</match><group>bad,</group><mitre><id>T1110</id></mitre>
  <description>failed $(srcip)</description></rule>
<rule id="101" level="0"><match>calm</match><description>calm</description></rule>
<rule id="200" level="12" frequency="3"><if_matched_sid>100</if_matched_sid><info>why</info><cve>CVE-1</cve>
  <description>many</description></rule>`;

function logtest(): Logtest {
  let nowMs = startMs;
  return new Logtest(new Engine(rulesetOf(rules)), { nowMs: () => (nowMs += 1_000), host: "host" });
}

const line = "Nov 25 01:02:03 web1 prog[7]: app: failed";
const plain = "app: failed srcip=10.0.0.1 x=1 y=2";

test("a line becomes its phases in one object", () => {
  const run = logtest();
  deepEqual(run.test(plain), {
    predecoder: {},
    decoder: { name: "app" },
    data: { srcip: "10.0.0.1", "x.name": "1", Y: "2" },
    rule: {
      ...{ id: "100", level: 5, description: "failed 10.0.0.1", groups: ["test", "bad"], firedtimes: 1, mail: false },
      mitre: { id: ["T1110"], tactic: ["Credential Access"], technique: ["Brute Force"] },
    },
    alert: true,
  });
  deepEqual(run.test(line).predecoder, { program_name: "prog", timestamp: "Nov 25 01:02:03", hostname: "web1" });
  deepEqual(run.test("nothing at all"), { predecoder: {}, decoder: {}, data: {}, rule: null, alert: false });
  deepEqual([run.test("calm").rule?.level, run.test("calm").alert], [0, false]);
});

test("one run keeps its state from line to line, another begins anew", () => {
  const run = logtest();
  deepEqual(
    [1, 2, 3].map(() => run.test(plain).rule?.id),
    ["100", "100", "200"],
  );
  equal(logtest().test(plain).rule?.id, "100");
});

test("time that goes back is counted as standing still", () => {
  const times = [startMs, startMs - 5_000, startMs + 1_000];
  const run = new Logtest(new Engine(rulesetOf(rules)), { nowMs: () => times.shift() ?? 0, host: "host" });
  deepEqual(
    [1, 2, 3].map(() => run.test(plain).rule?.id),
    ["100", "100", "200"],
  );
});

test("the words are wazuh-logtest's", () => {
  const run = logtest();
  for (const _ of [1, 2]) run.test(plain);
  equal(
    describeLogtest(plain, run.test(plain)),
    `**Phase 1: Completed pre-decoding.
\tfull event: 'app: failed srcip=10.0.0.1 x=1 y=2'

**Phase 2: Completed decoding.
\tname: 'app'
\tY: '2'
\tsrcip: '10.0.0.1'
\tx.name: '1'

**Phase 3: Completed filtering (rules).
\tid: '200'
\tlevel: '12'
\tdescription: 'many'
\tgroups: '['test']'
\tfiredtimes: '1'
\tcve: 'CVE-1'
\tfrequency: '3'
\tinfo: 'why'
\tmail: 'True'
**Alert to be generated.
`,
  );
  equal(
    describeLogtest(line, logtest().test("Nov 25 01:02:03 web1 prog[7]: hello")),
    `**Phase 1: Completed pre-decoding.
\tfull event: 'Nov 25 01:02:03 web1 prog[7]: app: failed'
\ttimestamp: 'Nov 25 01:02:03'
\thostname: 'web1'
\tprogram_name: 'prog'

**Phase 2: Completed decoding.
\tNo decoder matched.
`,
  );
});

test("bytes of a line are shown as text where they are UTF-8, escaped where not, and cannot forge a line", () => {
  const run = logtest();
  const utf8 = Buffer.from("app: failed srcip=caf\u00e9", "utf8").toString("latin1");
  equal(run.test(utf8).data["srcip"], "caf\u00e9");
  equal(run.test("app: failed srcip=caf\u00e9").data["srcip"], "caf\\xe9");
  const forged = "app: failed srcip=a\n**Alert to be generated.";
  const [, full] = describeLogtest(forged, run.test(forged)).split("\n");
  equal(full, "\tfull event: 'app: failed srcip=a\\x0a**Alert to be generated.'");
});

// ruleset-spec 10.1.
test("a location that names an agent makes the lines the agent's", () => {
  const rule = `<rule id="100" level="5"><hostname>^web$</hostname>
    <location>^(web) 10.0.0.1->/x$</location><description>one</description></rule>`;
  const ruleOf = (location: string): string | undefined => {
    const options = { nowMs: () => startMs, host: "host", location };
    return new Logtest(new Engine(rulesetOf(rule)), options).test("line").rule?.id;
  };
  deepEqual([ruleOf("[001] (web) 10.0.0.1->/x"), ruleOf("/x"), ruleOf("[001")], ["100", undefined, undefined]);
});

test("a verbose run names every rule that was tried, in order, and what ruled it out", () => {
  const engine = new Engine(rulesetOf(rules));
  const run = new Logtest(engine, { nowMs: () => startMs, host: "host", isVerbose: true });
  run.test("app: calm");
  const result = run.test("app: failed");
  const tried = [
    "Trying rule: 1 - syslog",
    "   *Rule 1 matched",
    "   *Trying child rules",
    ...["Trying rule: 101 - calm", "   not matched: match"],
    ...["Trying rule: 100 - failed $(srcip)", "   *Rule 100 matched", "   *Trying child rules"],
    ...["Trying rule: 200 - many", "   not matched: too few earlier events"],
  ];
  deepEqual(result.rules_debug, tried);
  const words = describeLogtest("app: failed", result);
  equal(words.includes(`\n\n**Rule debugging:\n\t${tried.join("\n\t")}\n\n**Phase 3`), true, words);
  deepEqual(run.test("nothing").rules_debug?.at(-1), "   not matched: match");
  equal("rules_debug" in logtest().test("app: calm"), false);
});
