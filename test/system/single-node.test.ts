/** One node without a cluster, by its commands: what an operator types first, and what lies on the disk afterwards. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { removeFolder, runArgus, temporaryFolder, TestNode, until } from "../support/argus-process.ts";
import { sendTcp } from "../support/seed-cluster.ts";

const folder = temporaryFolder("single");
const node = new TestNode(join(folder, "home"));
const address = "127.35.0.1";
const home = ["--home", node.home];

const remote = `<remote><connection>syslog</connection><port>10514</port><protocol>tcp</protocol>
<allowed-ips>127.0.0.0/8</allowed-ips><local_ip>${address}</local_ip></remote>`;

before(async () => {
  node.write(
    "etc/ossec.conf",
    `<ossec_config>${remote}<alerts><log_alert_level>5</log_alert_level></alerts></ossec_config>`,
  );
  node.start();
  await node.untilReady();
  const line = (user: string): string =>
    `Nov 25 10:00:00 web sshd[1]: Failed password for ${user} from 203.0.113.9 port 4 ssh2`;
  const quiet = "Nov 25 10:00:00 web sshd[1]: Accepted publickey for deploy from 203.0.113.9 port 4 ssh2";
  await sendTcp(address, [line("first"), quiet, line("second")]);
  await until("two alerts", () => node.alerts().length === 2);
});

after(async () => {
  await node.kill();
  removeFolder(folder);
});

test("writes alerts from log_alert_level on, without a cluster block", () => {
  deepEqual(
    node.alerts().map(({ rule, cluster, agent }) => `${rule.id} ${rule.level} ${agent.id} ${cluster === undefined}`),
    ["5760 5 000 true", "5760 5 000 true"],
  );
});

test("answers cluster status, cluster nodes and alerts tail, for people and as JSON", async () => {
  const status = await runArgus(["cluster", "status", ...home]);
  equal(status.code, 0, status.stderr);
  match(status.stdout, /^single node: well\n/);
  const json = JSON.parse((await runArgus(["cluster", "status", "-o", "json", ...home])).stdout) as { events: object };
  deepEqual(Object.keys(json.events).sort(), [
    ...[
      "accepted",
      "analysed",
      "analysedPerSecond",
      "behind",
      "behindMs",
      "isCounted",
      "lost",
      "lostInDay",
      "perSecond",
    ],
  ]);
  const nodes = await runArgus(["cluster", "nodes", ...home]);
  match(nodes.stdout, /^NODE .*STATE/);
  const tail = await runArgus(["alerts", "tail", "-n", "1", "-o", "json", ...home]);
  equal((JSON.parse(tail.stdout) as { full_log: string }).full_log.includes("second"), true);
});

test("refuses a second node on the same home, and says who holds it", async () => {
  const second = await runArgus(["node", ...home]);
  equal(second.code, 1);
  ok(second.stderr.includes(String(node.processId)), second.stderr);
  equal(second.stderr.includes("    at "), false, "no stack trace");
});

test("says what to type when no node runs, and exits with 2 on wrong use or a bad configuration", async () => {
  const nobody = await runArgus(["cluster", "status", "--home", join(folder, "nobody")]);
  equal(nobody.code, 1);
  match(nobody.stderr, /start it with: argus node --home/);
  equal((await runArgus(["alerts", "tail", "-n", "none", ...home])).code, 2);
  equal((await runArgus(["custer"])).code, 2);
  const broken = new TestNode(join(folder, "broken"));
  broken.write(
    "etc/ossec.conf",
    "<ossec_config>\n  <remote><connection>syslog</connection></remote>\n</ossec_config>\n",
  );
  const refused = await runArgus(["node", "--home", broken.home]);
  equal(refused.code, 2);
  match(refused.stderr, /ossec\.conf:2:\d+: error: .*must name the senders/);
  const checked = await runArgus(["config", "check", "--home", broken.home, "-o", "json"]);
  equal(checked.code, 2);
  equal((JSON.parse(checked.stdout) as { errorCount: number }).errorCount, 1);
});

test("tests lines by the rules of the home, and runs the cases of the shipped ruleset", async () => {
  const input = "Nov 25 10:00:00 web sshd[1]: Failed password for root from 203.0.113.9 port 4 ssh2\nnothing special\n";
  const tested = await runArgus(["logtest", "-o", "json", ...home], { input });
  const [first, second] = tested.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { rule: { id: string } | null });
  equal(first?.rule?.id, "5760");
  equal(second?.rule, null);
  const cases = await runArgus(["ruleset", "test", "ruleset"]);
  equal(cases.code, 0, cases.stdout);
  match(cases.stdout, /\d{3} passed, 0 failed\n$/);
});

test("goes on where it stopped, keeps what it makes to itself, and its journal is well", async () => {
  equal(await node.stop(), 0, node.output);
  node.start();
  await node.untilReady();
  await sendTcp(address, ["Nov 25 10:00:00 web sshd[1]: Failed password for third from 203.0.113.9 port 4 ssh2"]);
  await until("the third alert", () => node.alerts().length === 3);
  equal(statSync(join(node.home, "queue/sockets/argus")).mode & 0o777, 0o660);
  equal(await node.stop(), 0, node.output);
  for (const entry of readdirSync(node.home, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const mode = statSync(path).mode & 0o777;
    ok(entry.isDirectory() ? (mode & 0o027) === 0 : (mode & 0o137) === 0, `${path} has mode ${mode.toString(8)}`);
  }
  const check = await runArgus(["journal", "check", "--replay", ...home]);
  equal(check.code, 0, check.stdout + check.stderr);
});
