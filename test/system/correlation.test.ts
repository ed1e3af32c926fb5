/** One engine sees the whole cluster: what happens by way of several workers meets in one window. */
import { deepEqual, equal } from "node:assert/strict";
import { after, before, test } from "node:test";
import { removeFolder, temporaryFolder, until } from "../support/argus-process.ts";
import { sendTcp, writeSeedCluster } from "../support/seed-cluster.ts";

const folder = temporaryFolder("correlation");
const cluster = writeSeedCluster(folder, { addresses: ["127.31.0.1", "127.31.0.2", "127.31.0.3"] });
const { master, workers } = cluster;

/** Below the shipped rule for a failed login, so that the shipped composite rules do not answer in its place. */
const localRules = `<group name="local,">
  <rule id="100001" level="5">
    <if_sid>5760</if_sid>
    <match>for operator</match>
    <description>A login as operator failed.</description>
  </rule>
  <rule id="100002" level="10" frequency="10" timeframe="120">
    <if_matched_sid>100001</if_matched_sid>
    <same_source_ip />
    <description>Ten failed logins as operator from one source.</description>
  </rule>
</group>
`;

before(async () => {
  master.write("etc/rules/local_rules.xml", localRules);
  for (const node of cluster.all) node.start();
  for (const name of ["worker-node1", "worker-node2"]) {
    await until(
      () => `${name} is up\n${master.output}`,
      async () => (await master.stateOf(name)) === "up",
    );
  }
});

after(async () => {
  for (const node of cluster.all) await node.kill();
  removeFolder(folder);
});

const failures = (source: string, count: number): string[] =>
  Array.from(
    { length: count },
    (_, index) =>
      `Nov 25 10:00:00 web sshd[4711]: Failed password for operator from ${source} port ${40_000 + index} ssh2`,
  );

function countsOf(source: string): { plain: number; composite: number } {
  const own = master.alerts().filter(({ full_log: log }) => log.includes(` from ${source} `));
  const count = (id: string): number => own.filter(({ rule }) => rule.id === id).length;
  return { plain: count("100001"), composite: count("100002") };
}

async function send(worker: number, source: string, count: number): Promise<void> {
  const target = worker === 1 ? workers[0] : workers[1];
  await sendTcp(target.address, failures(source, count));
}

const total = ({ plain, composite }: { plain: number; composite: number }): number => plain + composite;

test("fires a rule of frequency 10 once on four events of worker 1 and then six of worker 2", async () => {
  await send(1, "203.0.113.1", 4);
  await until("the first four", () => total(countsOf("203.0.113.1")) === 4);
  await send(2, "203.0.113.1", 6);
  await until("all ten", () => total(countsOf("203.0.113.1")) === 10);
  deepEqual(countsOf("203.0.113.1"), { plain: 9, composite: 1 });
});

test("fires it once as well when worker 2's six are journalled first", async () => {
  await send(2, "203.0.113.2", 6);
  await until("the first six", () => total(countsOf("203.0.113.2")) === 6);
  await send(1, "203.0.113.2", 4);
  await until("all ten", () => total(countsOf("203.0.113.2")) === 10);
  deepEqual(countsOf("203.0.113.2"), { plain: 9, composite: 1 });
});

test("fires it once when both send at the same time, and not at all on nine events", async () => {
  await Promise.all([
    send(1, "203.0.113.3", 4),
    send(2, "203.0.113.3", 6),
    send(1, "203.0.113.4", 4),
    send(2, "203.0.113.4", 5),
  ]);
  await until("all nineteen", () => total(countsOf("203.0.113.3")) === 10 && total(countsOf("203.0.113.4")) === 9);
  equal(countsOf("203.0.113.3").composite, 1);
  equal(countsOf("203.0.113.4").composite, 0);
});

test("counts the events of a worker that was cut off by the time they were taken in", async () => {
  await master.kill();
  await send(1, "203.0.113.5", 4);
  await send(2, "203.0.113.5", 6);
  master.start();
  await until("all ten", () => total(countsOf("203.0.113.5")) === 10);
  deepEqual(countsOf("203.0.113.5"), { plain: 9, composite: 1 });
});
