/** Agents of all kinds at a cluster of real nodes, whose configuration says nothing of agents. */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { agentRoute, agentsRoute } from "../../src/api/contract/agent-route.ts";
import type { AgentInfo } from "../../src/api/contract/agent-reply.ts";
import type { AgentRegistration } from "../../src/model/agent.ts";
import { eventPayload } from "../../src/wire/event-payload.ts";
import {
  removeFolder,
  runArgus,
  temporaryFolder,
  until,
  type TestAlert,
  type TestNode,
} from "../support/argus-process.ts";
import { agentWith, askToEnrol, enrolAt } from "../support/enrol.ts";
import { writeSeedCluster } from "../support/seed-cluster.ts";
import { keepalive, startup, type SimAgent } from "../support/sim-agent.ts";

const folder = temporaryFolder("agents");
const addresses: [string, string, string] = ["127.92.0.1", "127.92.0.2", "127.92.0.3"];
const cluster = writeSeedCluster(folder, { addresses });
const { master, all } = cluster;
const [first, second] = cluster.workers;
const [, firstAddress, secondAddress] = addresses;
const msMax = 60_000;
const ack = "#!-agent ack ";

const rules = `<group name="local,">
  <rule id="100100" level="12" frequency="5" timeframe="300">
    <if_matched_sid>5760</if_matched_sid>
    <global_frequency />
    <same_source_ip />
    <description>Failed logins all over the place.</description>
  </rule>
</group>
`;

/** A worker was a manager of its own before. */
const oldKeys = `777 old-agent any ${"0".repeat(64)}\n`;

/** As `until`, and how long it took. */
async function timed<T>(what: string, look: () => T | Promise<T>, most = msMax): Promise<number> {
  const startedMs = performance.now();
  await until(what, look, most);
  return performance.now() - startedMs;
}

const agentsOf = async (node: TestNode): Promise<AgentInfo[]> =>
  (await node.api.get(agentsRoute)).agents.filter(({ id }) => id !== "000");
const infoOn = async (node: TestNode, id: string): Promise<AgentInfo | undefined> =>
  (await agentsOf(node)).find((agent) => agent.id === id);
const line = (log: string, location = "/var/log/auth.log", queue = "1"): Buffer =>
  eventPayload({ queue, location, log: Buffer.from(log) }, true);
const failedLogin = (from: string, port: number): string =>
  `Nov 25 10:00:00 web sshd[7]: Failed password for root from ${from} port ${port} ssh2`;

function alertOf(is: (alert: TestAlert) => boolean, what: string): Promise<TestAlert> {
  return until(`an alert: ${what}\n${master.output}`, () => master.alerts().find(is), msMax);
}

async function greet(agent: SimAgent, version: string): Promise<void> {
  const heard = agent.heard.length;
  agent.say(startup(version.startsWith("Wazuh") ? version.slice("Wazuh ".length) : undefined));
  await until("the ack of a startup", () => agent.payloads[heard] === ack, msMax);
  agent.say(keepalive("x", version));
  await until("the ack of a keepalive", () => agent.payloads.slice(heard + 1).includes(ack), msMax);
}

let password = "";
let [wazuh, ossec, third]: (AgentRegistration | undefined)[] = [];
let overTcp: SimAgent;
let overUdp: SimAgent;

before(async () => {
  master.write("etc/rules/local_rules.xml", rules);
  // Nothing is said of agents, and no <remote> of any other kind either.
  for (const { node } of cluster.workers) node.write("etc/ossec.node.conf", "<ossec_config></ossec_config>\n");
  second.node.write("etc/client.keys", oldKeys);
  for (const node of all) node.start();
  await until(
    () => `all nodes are up\n${all.map(({ output }) => output).join("\n")}`,
    async () => (await master.nodes()).filter(({ state }) => state === "up").length === 3,
    msMax,
  );
  await until("the enrolment port of a worker", () => first.node.output.includes("can enrol"), msMax);
  password = master.read("etc/authd.pass").trim();
});

after(async () => {
  overTcp?.close();
  overUdp?.close();
  for (const node of all) await node.kill();
  removeFolder(folder);
});

test("who does not know the password becomes no agent, at whichever node he asks", async () => {
  for (const address of addresses) {
    await until(`port 1515 of ${address}`, async () => (await askToEnrol(address, { name: "x1" })).kind, msMax);
    deepEqual(await askToEnrol(address, { name: "stranger", password: "guessed" }), {
      ...{ kind: "refused", reason: "Invalid password. Unable to add agent" },
    });
  }
  deepEqual(await agentsOf(master), []);
});

test("a key that was got at a worker is usable on every node at once", async (context) => {
  wazuh = await enrolAt(firstAddress, { name: "web1", password, version: "v4.14.7" });
  equal((await infoOn(first.node, wazuh.id))?.name, "web1", "the node that gave the key knows the agent already");
  const ms = await timed("all nodes know the agent", async () => {
    const infos = await Promise.all(all.map((node) => infoOn(node, wazuh?.id ?? "")));
    return infos.every((info) => info?.state === "never_connected");
  });
  context.diagnostic(`all nodes knew a new agent ${Math.round(ms)} ms after its answer`);
  ok(ms < 1_000, `${ms} ms`);
  ossec = await enrolAt(secondAddress, { name: "db1", password, address: "src" });
  third = await enrolAt(addresses[0], { name: "app1", password });
  deepEqual([wazuh.id, ossec.id, third.id], ["001", "002", "003"]);
  await rejects(enrolAt(secondAddress, { name: "web1", password }), /Duplicate agent name: web1/);
});

test("a worker's client.keys becomes a copy of the master's, and what stood there before is kept", async () => {
  for (const { node } of cluster.workers) {
    await until("the copy", () => node.read("etc/client.keys") === master.read("etc/client.keys"));
  }
  const kept = readdirSync(join(second.node.home, "backup")).map((name) => second.node.read(`backup/${name}`));
  deepEqual(kept, [oldKeys]);
});

test("agents of Wazuh over TCP and of OSSEC over UDP are active on every node's list within a second", async (context) => {
  ok(wazuh !== undefined && ossec !== undefined);
  overTcp = await agentWith(wazuh, "aes").connect(1_514, secondAddress);
  overUdp = await agentWith(ossec, "blowfish").bind(1_514, "127.0.0.1", firstAddress);
  await greet(overTcp, "Wazuh v4.14.7");
  await greet(overUdp, "OSSEC HIDS v3.7.0");
  const shown = (info: AgentInfo | undefined): string => `${info?.state} ${info?.node} ${info?.version}`;
  const ms = await timed("both are shown on all nodes", async () => {
    const lists = await Promise.all(all.map(agentsOf));
    return lists.every(
      (list) =>
        shown(list[0]) === "active worker-node2 Wazuh v4.14.7" &&
        shown(list[1]) === "active worker-node1 OSSEC HIDS v3.7.0",
    );
  });
  context.diagnostic(`all nodes showed both as active ${Math.round(ms)} ms after the ack of their keepalives`);
  ok(ms < 1_000, `${ms} ms`);
  const { stdout, code } = await runArgus(["agents", "list", "--node", "worker-node2", "--home", first.node.home]);
  equal(code, 0);
  match(stdout, /^001 +web1 +any +active .* worker-node2 +Wazuh v4\.14\.7/m);
  ok(!stdout.includes("db1"), "the other node's agent is not asked for");
});

test("what they log raises alerts with their id, name and address, and the node that took it in", async () => {
  overTcp.say(line(failedLogin("192.0.2.66", 1)));
  overUdp.say(line(failedLogin("192.0.2.66", 2)));
  for (const [name, id, node] of [
    ["web1", "001", "worker-node2"],
    ["db1", "002", "worker-node1"],
  ] as const) {
    const alert = await alertOf((one) => one.agent.name === name && one.rule.id === "5760", name);
    deepEqual(alert.agent, id === "002" ? { id, name, ip: "127.0.0.1" } : { id, name });
    equal(alert.cluster?.node, node);
    equal(alert.location, "/var/log/auth.log");
  }
});

test("five failed logins at two agents of different nodes are one attack", async () => {
  for (const port of [3, 4]) overTcp.say(line(failedLogin("192.0.2.66", port)));
  for (const port of [5, 6]) overUdp.say(line(failedLogin("192.0.2.66", port)));
  const alert = await alertOf(({ rule }) => rule.id === "100100", "the composite rule");
  ok(["web1", "db1"].includes(alert.agent.name));
});

test("what modules of agents send reaches its decoder", async () => {
  const file = { path: "/etc/passwd", type: "modified", mode: "realtime", attributes: { type: "file", size: 120 } };
  const check = { id: 7, title: "No root login", result: "failed" };
  const event =
    "<Event><System><Provider Name='P'/><EventID>4624</EventID><Level>0</Level><Keywords>0x8020000000000000</Keywords>" +
    "<Channel>Security</Channel></System><EventData><Data Name='TargetUserName'>anna</Data></EventData></Event>";
  const said: [string, string, string, string][] = [
    ["8", "syscheck", JSON.stringify({ type: "event", data: file }), "550"],
    ["9", "rootcheck", "Windows Malware: A trojan.", "513"],
    ["f", "EventChannel", JSON.stringify({ Message: "text", Event: event }), "60106"],
    ["p", "sca", JSON.stringify({ type: "check", id: 1, policy: "CIS", policy_id: "cis", check }), "19007"],
  ];
  for (const [queue, location, log] of said) overTcp.say(line(log, location, queue));
  overTcp.say(
    line(JSON.stringify({ type: "dbsync_ports", operation: "INSERTED", data: { local_port: 4_444 } }), "x", "d"),
  );
  for (const [queue, , , rule] of said) {
    const alert = await alertOf((one) => one.rule.id === rule, `queue ${queue}, rule ${rule}`);
    equal(alert.agent.id, "001", rule);
  }
});

test("files of a group are given to its agents with the same sum, whichever node they are connected to", async () => {
  const conf = "<agent_config><!-- the web's --></agent_config>\n";
  const argus = (...args: string[]) => runArgus([...args, "--home", second.node.home]);
  equal((await argus("agents", "groups", "create", "web")).code, 0);
  master.write("etc/shared/web/agent.conf", conf);
  for (const id of ["1", "2"]) equal((await argus("agents", "groups", "assign", id, "web")).code, 0);
  const filesOn = async (node: TestNode): Promise<string> =>
    (await runArgus(["agents", "groups", "files", "web", "--home", node.home])).stdout.replace(/ +/g, " ");
  for (const node of all)
    await until("every node has the files", async () => (await filesOn(node)).includes(`agent.conf ${conf.length}`));
  const sumOf = (agent: SimAgent): string | undefined =>
    agent.payloads.map((payload) => /^#!-up file ([0-9a-f]{32}) merged\.mg\n$/.exec(payload)?.[1]).findLast(Boolean);
  const wanted = (await first.node.api.get(agentRoute, {}, { id: "001" })).wantedSum;
  for (const [agent, version] of [
    [overTcp, "Wazuh v4.14.7"],
    [overUdp, "OSSEC HIDS v3.7.0"],
  ] as const) {
    agent.say(keepalive("00", version));
    await until("a file begins", () => sumOf(agent) === wanted);
    await until("a file ends", () => agent.payloads.at(-1) === "#!-close file ");
    agent.say(keepalive(wanted, version));
  }
  ok(overUdp.longestBytes <= 1_024, "an OSSEC agent reads no longer datagrams");
  for (const node of all) {
    await until(
      "they are shown as synced",
      async () => (await agentsOf(node)).filter((one) => one.isSynced).length === 2,
    );
  }
});

test("an agent is told to restart by whichever node it is asked of", async () => {
  const { stdout, code } = await runArgus(["agents", "restart", "1", "--home", first.node.home]);
  equal(code, 0, stdout);
  match(stdout, /^Agent 001 \(web1\) was told to restart by node worker-node2\./);
  await until("the agent hears it", () => overTcp.payloads.some((one) => one.includes("restart-wazuh0")));
  const other = await runArgus(["agents", "restart", "3", "--home", second.node.home]);
  equal(other.code, 1);
  match(other.stderr, /agent 003 \(app1\) is not connected/);
});

test("when a worker is killed its agents go on at another, and nothing that they log there is missed", async () => {
  ok(wazuh !== undefined && third !== undefined);
  const left = await agentWith(third, "aes").connect(1_514, secondAddress);
  await greet(left, "Wazuh v4.3.0");
  await until("it is active", async () => (await infoOn(master, "003"))?.state === "active");
  await second.node.kill();
  await until("the agent's connection ends", () => overTcp.isClosed);
  overTcp = await agentWith(wazuh, "aes").connect(1_514, firstAddress);
  await greet(overTcp, "Wazuh v4.14.7");
  const users = Array.from({ length: 200 }, (_, index) => `user${index}`);
  const log = (user: string): string =>
    `Nov 25 10:00:01 web sshd[8]: Failed password for ${user} from 192.0.2.9 port 7 ssh2`;
  for (const user of users) overTcp.say(line(log(user)));
  const missed = (): string[] => {
    const logs = new Set(master.alerts().flatMap((one) => (one.agent.id === "001" ? [one.full_log] : [])));
    return users.filter((user) => !logs.has(log(user)));
  };
  await until(
    () => `all are analysed; missing: ${missed().join(" ")}`,
    () => missed().length === 0,
    msMax,
  );
  equal((await infoOn(first.node, "001"))?.node, "worker-node1");
  const held = await until("the node is told to be down", async () => {
    const info = await infoOn(first.node, "003");
    return info?.nodeDownSinceMs === null ? undefined : info;
  });
  equal(held.state, "active", "nobody knows better");
  const { stdout } = await runArgus(["agents", "list", "--search", "app1", "--home", master.home]);
  match(stdout, /active \(node DOWN since 0:\d\d\)/);
  left.close();
});

test("an agent that is removed at a worker is let go at once, and raises rule 505", async () => {
  const { code, stdout } = await runArgus(["agents", "remove", "1", "--home", first.node.home]);
  equal(code, 0, stdout);
  await until("its connection ends", () => overTcp.isClosed);
  const alert = await alertOf(({ rule }) => rule.id === "505", "rule 505");
  match(alert.full_log, /^ossec: Agent removed: 'web1-any'\.$/);
  match(master.read("etc/client.keys"), /^001 !web1 any /m);
  await until("the copy of it", () => first.node.read("etc/client.keys") === master.read("etc/client.keys"));
});

test("nodes agree after a restart of the master, and an agent does not notice it", async () => {
  equal(await master.stop(), 0);
  overUdp.say(line(failedLogin("192.0.2.77", 9)));
  master.start();
  second.node.start();
  await until(
    "all are up again",
    async () => (await master.nodes()).filter(({ state }) => state === "up").length === 3,
    msMax,
  );
  const seen = async (node: TestNode): Promise<string> =>
    JSON.stringify((await agentsOf(node)).map((one) => ({ ...one, lastSeenMs: 0, nodeDownSinceMs: null })));
  await until("all lists are the same", async () => {
    const [one, ...others] = await Promise.all(all.map(seen));
    return others.every((other) => other === one);
  });
  deepEqual(
    (await agentsOf(second.node)).map(({ id, name }) => [id, name]),
    [
      ["002", "db1"],
      ["003", "app1"],
    ],
  );
  equal((await infoOn(master, "002"))?.state, "active");
  await alertOf((alert) => JSON.stringify(alert).includes("192.0.2.77"), "what was logged while the master was away");
});
