/**
 * Events made to hold up the analysis (src/node/poison-ward.ts): the rule or decoder is quarantined and named,
 * everything else is answered, and the same again after a kill at any moment.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { metricsRoute } from "../../src/api/contract/route.ts";
import { removeFolder, runArgus, temporaryFolder, TestNode, until } from "../support/argus-process.ts";
import { sendTcp } from "../support/seed-cluster.ts";

const port = 10_574;
const confAt = (address: string): string => `<ossec_config>
<cluster>
  <name>c</name><node_name>m</node_name><node_type>master</node_type>
  <key>0123456789abcdef0123456789abcdef</key><bind_addr>${address}</bind_addr>
</cluster>
<remote>
  <connection>syslog</connection><port>${port}</port><protocol>tcp</protocol>
  <allowed-ips>127.0.0.0/8</allowed-ips><local_ip>${address}</local_ip>
</remote>
</ossec_config>
`;

/** Each further letter doubles the time, and a group that may be empty is not run by the machine for such patterns. */
const explosive = (name: string): string => `${name}: (?:a*)*b$`;
const rules = `<group name="local,">
  <rule id="100900" level="7"><regex type="pcre2">${explosive("slow|twice")}</regex><description>A.</description></rule>
  <rule id="100901" level="7"><regex type="pcre2">${explosive("twice")}</regex><description>B.</description></rule>
  <rule id="100902" level="5"><match>slow: </match><description>Seen.</description></rule>
</group>
`.replace("slow|twice: ", "(?:slow|twice): ");
const decoders = `<decoder name="hostile"><prematch type="pcre2">^${explosive("bad")}</prematch></decoder>
`;

const line = (text: string): string => `Nov 25 10:00:00 web app: ${text}`;
const hostile = (name: string): string => line(`${name}: ${"a".repeat(60)}!`);
const plainLines = (from: number, count: number): string[] =>
  Array.from(
    { length: count },
    (_, index) => `Nov 25 10:00:00 web sshd[1]: Failed password for root from 203.0.113.9 port ${from + index} ssh2`,
  );

async function nodeAt(t: TestContext, address: string): Promise<TestNode> {
  const folder = temporaryFolder("poison");
  const node = new TestNode(join(folder, "master"));
  t.after(async () => {
    await node.kill();
    removeFolder(folder);
  });
  node.write("etc/ossec.conf", confAt(address));
  node.write("etc/rules/local_rules.xml", rules);
  node.write("etc/decoders/local_decoder.xml", decoders);
  node.start();
  await node.untilReady();
  return node;
}

const countOf = (node: TestNode, rule: string): number =>
  node.alerts().filter(({ rule: { id } }) => id === rule).length;
const untilCount = (node: TestNode, rule: string, count: number): Promise<boolean> =>
  until(
    () => `${count} alerts of ${rule}, there are ${countOf(node, rule)}\n${node.output}`,
    () => countOf(node, rule) >= count,
  );
/** By whichever rule, since one in a while counts them. */
const answered = (node: TestNode): number =>
  node.alerts().filter(({ full_log: log }) => log.includes("Failed password")).length;
const untilAnswered = (node: TestNode, count: number): Promise<boolean> =>
  until(
    () => `${count} are answered, there are ${answered(node)}\n${node.output}`,
    () => answered(node) >= count,
  );

async function checkReplay(node: TestNode): Promise<void> {
  equal(await node.stop(), 0, node.output);
  const { code, stdout, stderr } = await runArgus(["journal", "check", "--replay", "--home", node.home]);
  equal(code, 0, stdout + stderr);
}

test("quarantines a rule that an event holds up, answers all else, and works again after a release", async (t) => {
  const address = "127.74.0.1";
  const node = await nodeAt(t, address);
  await sendTcp(address, [...plainLines(1, 100), hostile("slow"), ...plainLines(101, 900)], port);
  await untilAnswered(node, 1_000);
  equal(countOf(node, "100902"), 1, "the rule after it answers the event");
  await untilCount(node, "8513", 1);
  match(node.read("logs/ossec.log"), /rule 100900 is quarantined from event \d+ of the batch at \d+ on/);
  const listed = await runArgus(["ruleset", "quarantine", "--home", node.home]);
  equal(listed.code, 1);
  match(listed.stdout, /^rule 100900 is passed over from journal position \d+ on/);
  equal((await node.api.get(metricsRoute))["analysis.quarantinedCount"], 1);

  const startedMs = performance.now();
  await sendTcp(address, [...Array.from({ length: 50 }, () => hostile("slow")), ...plainLines(2_000, 1_000)], port);
  await untilAnswered(node, 2_000);
  ok(performance.now() - startedMs < 10_000, "the same events again cost nothing");
  const status = await runArgus(["cluster", "status", "--home", node.home]);
  equal(status.code, 1);
  match(status.stdout, /^cluster c: 1 rule or decoder is in quarantine\n[^]*^quarantine: rule 100900/m);

  const wrong = await runArgus(["ruleset", "release", "100999", "--home", node.home]);
  match(wrong.stderr, /nothing is in quarantine under 100999/);
  equal((await runArgus(["ruleset", "release", "100900", "--home", node.home])).code, 0);
  await untilCount(node, "8515", 1);
  await sendTcp(address, [line("slow: aaab")], port);
  await untilCount(node, "100900", 1);
  equal((await runArgus(["ruleset", "quarantine", "--home", node.home])).code, 0);
  await checkReplay(node);
});

test("puts an event aside at its second failure, and quarantines a decoder", async (t) => {
  const address = "127.74.0.2";
  const node = await nodeAt(t, address);
  await sendTcp(
    address,
    [hostile("twice"), `Nov 25 10:00:00 web bad: ${"a".repeat(60)}!`, ...plainLines(1, 500)],
    port,
  );
  await untilAnswered(node, 500);
  await untilCount(node, "8514", 1);
  const [file = ""] = readdirSync(join(node.home, "queue", "poison"));
  match(file, /^\d{16}-0\.json$/);
  const kept = JSON.parse(node.read(`queue/poison/${file}`)) as { log: string; node: string };
  ok(kept.log.endsWith(`twice: ${"a".repeat(60)}!`) && kept.node === "m");
  equal((await node.api.get(metricsRoute))["analysis.poisonCount"], 1);
  await sendTcp(address, [`bad: ${"a".repeat(60)}!`, ...plainLines(1_000, 100)], port);
  await untilAnswered(node, 600);
  const { stdout } = await runArgus(["ruleset", "quarantine", "--home", node.home]);
  match(stdout, /decoder etc\/decoders\/local_decoder\.xml:1 is passed over/);
  await checkReplay(node);
});

test("quarantines a second rule that hangs beside one in quarantine, and answers what comes after", async (t) => {
  const address = "127.74.0.5";
  const node = await nodeAt(t, address);
  await sendTcp(address, [hostile("slow"), ...plainLines(1, 50)], port);
  await untilCount(node, "8513", 1);
  await untilAnswered(node, 50);
  await sendTcp(address, [...Array.from({ length: 5 }, () => hostile("twice")), ...plainLines(51, 50)], port);
  await untilCount(node, "8513", 2);
  await untilAnswered(node, 100);
  const { stdout } = await runArgus(["ruleset", "quarantine", "--home", node.home]);
  deepEqual(stdout.match(/^rule \d+/gm), ["rule 100900", "rule 100901"]);
  equal((await node.api.get(metricsRoute))["analysis.poisonCount"], 0);
  await checkReplay(node);
});

test("goes on with the same answers when it is killed in the middle of all that", async (t) => {
  const address = "127.74.0.3";
  const node = await nodeAt(t, address);
  await sendTcp(address, plainLines(1, 200), port);
  await untilAnswered(node, 200);
  await sendTcp(address, [hostile("slow"), ...plainLines(201, 300)], port);
  await until("a suspicion", () => node.read("logs/ossec.log").includes("it is tried alone"));
  await node.kill();
  node.start();
  await until("the quarantine", () => existsSync(join(node.home, "queue", "checkpoints", "quarantine.json")));
  await node.kill();
  node.start();
  await node.untilReady();
  await untilAnswered(node, 500);
  equal(answered(node), 500);
  equal(countOf(node, "100902"), 1);
  await checkReplay(node);
});

test("ends promptly while an event is on trial, and decides at the next start", async (t) => {
  const address = "127.74.0.4";
  const node = await nodeAt(t, address);
  await sendTcp(address, [...plainLines(1, 20), hostile("slow"), ...plainLines(21, 20)], port);
  await until("a suspicion", () => node.read("logs/ossec.log").includes("it is tried alone"));
  const startedMs = performance.now();
  equal(await node.stop(), 0, node.output);
  ok(performance.now() - startedMs < 20_000, "it waited for the trial");
  equal(existsSync(join(node.home, "queue", "argus.lock")), false);
  node.start();
  await node.untilReady();
  await untilAnswered(node, 40);
  equal(answered(node), 40);
  equal(countOf(node, "100902"), 1);
});
