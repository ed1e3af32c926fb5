import { deepEqual, equal, match, notEqual, ok, rejects } from "node:assert/strict";
import { createSocket } from "node:dgram";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { homeAt } from "../../node/home.ts";
import { lockHome } from "../../node/home-lock-disk.ts";
import { claimHomes, type HomesWanted, type LocalPlan } from "./local-homes.ts";

const folder = mkdtempSync(join(tmpdir(), "argus-homes-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const said: string[] = [];
const never = new AbortController().signal;

function wanted(name: string, network: string, change: Partial<HomesWanted> = {}): HomesWanted {
  said.length = 0;
  return {
    ...{ dir: join(folder, name), network, workerCount: undefined, pagePort: 25_766, signal: never },
    say: (text) => void said.push(text),
    ...change,
  };
}

/** The plan of a run that has ended. */
async function planOf(want: HomesWanted): Promise<LocalPlan> {
  const { plan, lock } = await claimHomes(want);
  await lock.release();
  return plan;
}

const nodeOf = ({ nodes }: LocalPlan, index: number) => {
  const node = nodes[index];
  if (node === undefined) throw new Error(`the plan has no node ${index}`);
  return node;
};

/** Every file that a second run could destroy. */
function filesOf(plan: LocalPlan, dir: string): string[] {
  const paths = [join(dir, "argus-up.json"), ...plan.nodes.map(({ home }) => join(home, "etc", "ossec.conf"))];
  return paths.map((path) => readFileSync(path, "utf8"));
}

/** Takes a TCP or UDP port; returns the function that gives it back. */
function takePort(protocol: "tcp" | "udp", address: string, port: number): Promise<() => Promise<void>> {
  return new Promise((resolve, reject) => {
    if (protocol === "tcp") {
      const server = createServer().once("error", reject);
      server.listen({ host: address, port }, () => resolve(() => new Promise((done) => server.close(() => done()))));
    } else {
      const socket = createSocket("udp4").once("error", reject);
      socket.bind({ address, port }, () => resolve(() => new Promise((done) => socket.close(() => done()))));
    }
  });
}

test("plans a master and workers on addresses of their own, and finds the same plan again", async () => {
  const plan = await planOf(wanted("plain", "127.71.0", { workerCount: 3 }));
  deepEqual(
    plan.nodes.map(
      ({ name, address, port, ...ports }) =>
        `${name} ${address} ${port} ${ports.syslogPort} ${ports.agentPort} ${ports.authPort}`,
    ),
    [
      "master-node 127.71.0.1 1516 0 1514 1515",
      "worker-node1 127.71.0.2 1516 10514 1514 1515",
      "worker-node2 127.71.0.3 1516 10514 1514 1515",
      "worker-node3 127.71.0.4 1516 10514 1514 1515",
    ],
  );
  deepEqual(await planOf(wanted("plain", "127.71.0")), plan);
  await rejects(claimHomes(wanted("plain", "127.71.0", { workerCount: 2 })), /holds a cluster of 3 workers/);
  deepEqual(await planOf(wanted("plain", "127.71.0")), plan, "a refusal gives the folder back");
});

for (const protocol of ["tcp", "udp"] as const) {
  test(`passes over a syslog port that is taken over ${protocol}, at first and later`, async () => {
    const network = protocol === "tcp" ? "127.71.1" : "127.71.2";
    const release = await takePort(protocol, `${network}.2`, 10_514);
    const first = await planOf(wanted(protocol, network, { workerCount: 1 }));
    await release();
    equal(nodeOf(first, 1).syslogPort, 10_515);
    deepEqual(said, [`${network}.2:10514 is taken; using ${network}.2:10515`]);
    const releaseLater = await takePort(protocol, `${network}.2`, 10_515);
    const second = await planOf(wanted(protocol, network));
    await releaseLater();
    equal(nodeOf(second, 1).syslogPort, 10_514);
    equal(second.key, first.key);
  });
}

test("refuses a second run on the folder before it has changed a byte, though the first one's ports are taken", async () => {
  const want = wanted("twice", "127.71.3", { workerCount: 1 });
  const { plan, lock } = await claimHomes(want);
  const release = await takePort("tcp", "127.71.3.1", 1_516);
  const before = filesOf(plan, want.dir);
  await rejects(claimHomes(wanted("twice", "127.71.3")), { code: "ARGUS_NODE_HOME_IN_USE" });
  deepEqual(filesOf(plan, want.dir), before);
  await release();
  await lock.release();
});

test("waits for nodes of a killed run that are still ending, and then goes on with their ports", async () => {
  const want = wanted("killed", "127.71.4", { workerCount: 1 });
  const plan = await planOf(want);
  const worker = nodeOf(plan, 1);
  mkdirSync(join(worker.home, "queue"));
  const nodeLock = await lockHome(homeAt(worker.home));
  const release = await takePort("tcp", worker.address, worker.port);
  const ending = setTimeout(() => void release().then(() => nodeLock.release()), 500);
  const before = filesOf(plan, want.dir);
  deepEqual(await planOf(wanted("killed", "127.71.4")), plan);
  clearTimeout(ending);
  deepEqual(filesOf(plan, want.dir), before);
  deepEqual(said, ["worker-node1 of the run before is still ending; waiting for it"]);
});

test("gives up waiting for a node when it is told to stop", async () => {
  const plan = await planOf(wanted("stopped", "127.71.5", { workerCount: 1 }));
  const master = nodeOf(plan, 0);
  mkdirSync(join(master.home, "queue"));
  const nodeLock = await lockHome(homeAt(master.home));
  await rejects(claimHomes(wanted("stopped", "127.71.5", { signal: AbortSignal.timeout(300) })), {
    code: "ARGUS_NODE_HOME_IN_USE",
  });
  await nodeLock.release();
});

const masterConf = (plan: LocalPlan): string => readFileSync(join(nodeOf(plan, 0).home, "etc", "ossec.conf"), "utf8");
const enabled = (port: number): string =>
  `<dashboard>\n    <enabled>yes</enabled>\n    <port>${port}</port>\n  </dashboard>`;

/** Puts `mine` after the line that holds `after` in a file of a node; returns what the file holds then. */
function edit(plan: LocalPlan, index: number, name: string, after: string, mine: string): string {
  const path = join(nodeOf(plan, index).home, "etc", ...name.split("/"));
  const before = readFileSync(path, "utf8");
  const edited = before.replace(after, () => `${after}\n${mine}`);
  notEqual(edited, before);
  writeFileSync(path, edited);
  return edited;
}
const fileOf = (plan: LocalPlan, index: number, name: string): string =>
  readFileSync(join(nodeOf(plan, index).home, "etc", ...name.split("/")), "utf8");

test("leaves edited files alone while the plan stays", async () => {
  const plan = await planOf(wanted("edited", "127.71.6", { workerCount: 1 }));
  const master = edit(plan, 0, "ossec.conf", "</cluster>", "<!-- mine -->");
  const worker = edit(plan, 1, "ossec.node.conf", "</remote>", "<!-- mine -->");
  deepEqual(await planOf(wanted("edited", "127.71.6")), plan);
  deepEqual([fileOf(plan, 0, "ossec.conf"), fileOf(plan, 1, "ossec.node.conf")], [master, worker]);
  deepEqual(said, []);
});

test("changes in edited files only what other ports make necessary, and in one that they do not concern nothing", async () => {
  const first = await planOf(wanted("moved", "127.71.10", { workerCount: 2 }));
  const master = edit(first, 0, "ossec.conf", "</cluster>", "  <alerts><log_alert_level>5</log_alert_level></alerts>");
  const cluster = edit(first, 0, "shared/cluster.conf", "<cluster>", "  <!-- mine -->");
  const worker = edit(first, 1, "ossec.node.conf", "</remote>", "  <!-- mine -->");
  edit(first, 2, "ossec.conf", "</cluster>", "  <!-- mine -->");
  const release = await takePort("tcp", nodeOf(first, 1).address, 1_516);
  const second = await planOf(wanted("moved", "127.71.10"));
  await release();
  equal(nodeOf(second, 1).port, 1_517);
  equal(fileOf(first, 0, "ossec.conf"), master, "only the port of a worker has changed");
  equal(fileOf(first, 1, "ossec.node.conf"), worker);
  const [one, two] = [`<address>127.71.10.2</address>\n    <port>`, `<address>127.71.10.3</address>\n    <port>1516<`];
  equal(fileOf(first, 0, "shared/cluster.conf"), cluster.replace(`${one}1516`, `${one}1517`));
  ok(cluster.includes(two));
  match(fileOf(first, 1, "ossec.conf"), /<port>1517<\/port>/);
  match(fileOf(first, 2, "ossec.conf"), /<!-- mine -->/);
  const path = join(nodeOf(first, 0).home, "etc", "shared", "cluster.conf");
  deepEqual(said.slice(1), [`${path} has other addresses or ports now; what you have edited in it stays`]);
});

test("leaves a port that was edited as it is, and says what it would have been", async () => {
  const plan = await planOf(wanted("own-port", "127.71.11", { workerCount: 1 }));
  const conf = join(nodeOf(plan, 0).home, "etc", "ossec.conf");
  writeFileSync(conf, masterConf(plan).replace("<port>25766</port>", "<port>25799</port>"));
  const release = await takePort("tcp", "127.0.0.1", 25_766);
  await planOf(wanted("own-port", "127.71.11"));
  await release();
  match(masterConf(plan), /<port>25799<\/port>/);
  equal(said.at(-1), `${conf} would have had <port>25767</port> now; what you have edited there stays`);
});

test("keeps files beside that are there without the plan that they are of", async () => {
  const plan = await planOf(wanted("no-plan", "127.71.12", { workerCount: 1 }));
  const conf = edit(plan, 0, "ossec.conf", "</cluster>", "<!-- mine -->");
  rmSync(join(folder, "no-plan", "argus-up.json"));
  const anew = await planOf(wanted("no-plan", "127.71.12", { workerCount: 1 }));
  notEqual(anew.key, plan.key);
  ok(masterConf(anew).includes(anew.key));
  equal(fileOf(anew, 0, "ossec.conf.edited"), conf);
  equal(said.length, 2, "the two files that hold the key; the others are the same");
});

test("has the master serve the page, no worker, and keeps its port", async () => {
  const plan = await planOf(wanted("page", "127.71.7", { workerCount: 1 }));
  equal(plan.pagePort, 25_766);
  ok(masterConf(plan).includes(enabled(25_766)));
  ok(!readFileSync(join(nodeOf(plan, 1).home, "etc", "ossec.conf"), "utf8").includes("dashboard"));
  deepEqual(await planOf(wanted("page", "127.71.7", { pagePort: 25_769 })), plan);
  deepEqual(said, []);
});

test("passes over a page's port that is taken, at first and later, and leaves the nodes where they are", async () => {
  const release = await takePort("tcp", "127.0.0.1", 25_766);
  const first = await planOf(wanted("taken-page", "127.71.8", { workerCount: 1 }));
  await release();
  equal(first.pagePort, 25_767);
  deepEqual(said, ["127.0.0.1:25766 is taken; using 127.0.0.1:25767"]);
  const releaseLater = await takePort("tcp", "127.0.0.1", 25_767);
  const second = await planOf(wanted("taken-page", "127.71.8"));
  await releaseLater();
  deepEqual(second, { ...first, pagePort: 25_766 });
  deepEqual(said, ["127.0.0.1:25767 is taken; using 127.0.0.1:25766"]);
  ok(masterConf(second).includes(enabled(25_766)));
});

test("changes nothing but the page's port in an edited file when only that has changed", async () => {
  const first = await planOf(wanted("edited-page", "127.71.13", { workerCount: 1 }));
  const master = edit(
    first,
    0,
    "ossec.conf",
    "</dashboard>",
    "  <alerts><log_alert_level>5</log_alert_level></alerts>",
  );
  const worker = edit(first, 1, "ossec.conf", "</cluster>", "  <!-- mine -->");
  const own = edit(first, 1, "ossec.node.conf", "</localfile>", "  <!-- mine -->");
  const release = await takePort("tcp", "127.0.0.1", 25_766);
  const second = await planOf(wanted("edited-page", "127.71.13"));
  await release();
  equal(second.pagePort, 25_767);
  equal(masterConf(second), master.replace("25766", "25767"));
  deepEqual([fileOf(second, 1, "ossec.conf"), fileOf(second, 1, "ossec.node.conf")], [worker, own]);
  deepEqual(
    readdirSync(join(nodeOf(second, 0).home, "etc")).sort(),
    ["ossec.conf", "ossec.node.conf", "shared"],
    "nothing is set aside",
  );
});

test("gives a page to a cluster from before there was one", async () => {
  const plan = await planOf(wanted("old", "127.71.9", { workerCount: 1 }));
  const [planFile, conf] = [join(folder, "old", "argus-up.json"), join(nodeOf(plan, 0).home, "etc", "ossec.conf")];
  const { pagePort, ...old } = plan;
  writeFileSync(planFile, JSON.stringify(old));
  writeFileSync(conf, masterConf(plan).replace(`  ${enabled(pagePort)}\n`, ""));
  deepEqual(await planOf(wanted("old", "127.71.9")), plan);
  ok(masterConf(plan).includes(enabled(pagePort)));
  deepEqual(said, [], "nobody had edited the file");
});

test("gives an edited master of before the page one as well, unless it has a section of its own", async () => {
  const plan = await planOf(wanted("old-edited", "127.71.14", { workerCount: 1 }));
  const [planFile, conf] = [
    join(folder, "old-edited", "argus-up.json"),
    join(nodeOf(plan, 0).home, "etc", "ossec.conf"),
  ];
  const { pagePort, ...old } = plan;
  const mine = "  <alerts><log_alert_level>5</log_alert_level></alerts>\n";
  const edited = masterConf(plan).replace(`  ${enabled(pagePort)}\n`, mine);
  writeFileSync(planFile, JSON.stringify(old));
  writeFileSync(conf, edited);
  deepEqual(await planOf(wanted("old-edited", "127.71.14")), plan);
  equal(
    masterConf(plan),
    edited.replace(mine, () => `  ${enabled(pagePort)}\n${mine}`),
  );
  const off = edited.replace(mine, "  <dashboard>\n    <enabled>no</enabled>\n  </dashboard>\n");
  writeFileSync(planFile, JSON.stringify(old));
  writeFileSync(conf, off);
  await planOf(wanted("old-edited", "127.71.14"));
  equal(masterConf(plan), off);
});
