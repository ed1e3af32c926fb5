/** A rule whose expression searches for hours: the node must still end when it is told to, and alone in its home. */
import { equal, match, ok } from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { statusRoute } from "../../src/api/contract/route.ts";
import { removeFolder, runArgus, temporaryFolder, TestNode, until } from "../support/argus-process.ts";
import { sendTcp } from "../support/seed-cluster.ts";

const address = "127.86.0.1";
const ossecConf = `<ossec_config>
<cluster>
  <name>c</name><node_name>m</node_name><node_type>master</node_type>
  <key>0123456789abcdef0123456789abcdef</key><bind_addr>${address}</bind_addr>
</cluster>
<remote>
  <connection>syslog</connection><port>10586</port><protocol>tcp</protocol>
  <allowed-ips>127.0.0.0/8</allowed-ips><local_ip>${address}</local_ip>
</remote>
</ossec_config>
`;

/** Each further letter doubles the time: sixty take years. */
const slowRule = `<group name="local,">
  <rule id="100900" level="7"><regex type="pcre2">(a+)+(a+)+(a+)+b$</regex><description>Slow.</description></rule>
</group>
`;
const slowLine = `Nov 25 10:00:00 web slow: ${"a".repeat(60)}b!`;
const plainLine = "Nov 25 10:00:00 web sshd[4711]: Failed password for root from 203.0.113.9 port 40000 ssh2";

test("ends while the analysis hangs, with the lock held to the end, and goes on from its checkpoint", async () => {
  const folder = temporaryFolder("hung");
  const node = new TestNode(join(folder, "master"));
  node.write("etc/ossec.conf", ossecConf);
  node.write("etc/rules/local_rules.xml", slowRule);
  try {
    node.start();
    await node.untilReady();
    await sendTcp(address, [plainLine], 10_586);
    await until("an alert", () => node.alerts().some(({ rule }) => rule.id === "5760"));
    await sendTcp(address, [slowLine], 10_586);
    await until("the analysis hangs", async () => (await node.api.get(statusRoute)).events.behind > 0);
    await new Promise((resolve) => setTimeout(resolve, 500));
    ok((await node.api.get(statusRoute)).events.behind > 0, "it was only busy");

    const startedMs = performance.now();
    const stopped = node.stop();
    const second = await runArgus(["node", "--home", node.home]);
    equal(second.code, 1);
    match(second.stderr, /in use by/);
    equal(await stopped, 0, node.output);
    const tookMs = performance.now() - startedMs;
    ok(tookMs < 12_000, `it took ${tookMs} ms`);
    match(node.read("logs/ossec.log"), /did not stop within 5 s and is ended/);
    equal(existsSync(join(node.home, "queue", "argus.lock")), false);

    node.start();
    await node.untilReady();
    equal(node.alerts().filter(({ rule }) => rule.id === "5760").length, 1);
  } finally {
    await node.kill();
    removeFolder(folder);
  }
});
