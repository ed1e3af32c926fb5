/** Our own agent at a cluster of real nodes: it, a worker and the master are killed, and nothing is lost or doubled. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { agentsRoute } from "../../src/api/contract/agent-route.ts";
import { commandFile, removeFolder, runArgus, temporaryFolder, until } from "../support/argus-process.ts";
import { writeSeedCluster } from "../support/seed-cluster.ts";

const folder = temporaryFolder("own-agent");
const addresses: [string, string, string] = ["127.93.0.1", "127.93.0.2", "127.93.0.3"];
const [, firstAddress, secondAddress] = addresses;
const cluster = writeSeedCluster(folder, { addresses });
const { master, all } = cluster;
const [first, second] = cluster.workers;
const msMax = 60_000;

/** No counts and no windows: one alert for each line, whichever node it came by. */
const rules = `<group name="local,">
  <rule id="100300" level="5"><match>own-agent-line </match><description>A line.</description></rule>
</group>
`;

const home = join(folder, "agent");
const log = join(home, "app.log");
let lines = 0;
let agent: ChildProcess | undefined;
let output = "";

function startAgent(): void {
  agent = spawn(process.execPath, [commandFile, "agent", "run", "--home", home], { stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [agent.stdout, agent.stderr]) stream?.on("data", (text: Buffer) => (output += text.toString()));
}

async function killAgent(signal: NodeJS.Signals = "SIGKILL"): Promise<number | null> {
  const child = agent;
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return null;
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  child.kill(signal);
  return closed;
}

function write(count: number): void {
  let text = "";
  for (const last = lines + count; lines < last;) text += `own-agent-line ${(lines += 1)}\n`;
  appendFileSync(log, text);
}

const analysed = (): number[] =>
  master
    .alerts()
    .filter(({ rule }) => rule.id === "100300")
    .map(({ full_log }) => Number(full_log.split(" ")[1]));

const allAnalysed = (): Promise<unknown> =>
  until(
    () => `${lines} lines are analysed, not ${new Set(analysed()).size}\n${output}\n${master.output}`,
    () => new Set(analysed()).size >= lines,
    msMax,
  );

before(async () => {
  master.write("etc/rules/local_rules.xml", rules);
  for (const { node } of cluster.workers) node.write("etc/ossec.node.conf", "<ossec_config></ossec_config>\n");
  for (const node of all) node.start();
  await until("the enrolment port of a worker", () => first.node.output.includes("can enrol"), msMax);
  await until(
    "all nodes are up",
    async () => (await master.nodes()).filter(({ state }) => state === "up").length === 3,
    msMax,
  );
  mkdirSync(join(home, "etc"), { recursive: true });
  writeFileSync(log, "");
});

after(async () => {
  await killAgent();
  for (const node of all) await node.kill();
  removeFolder(folder);
});

test("argus agent enrol gets a key at a worker, begins the home, and refuses in words without the password", async () => {
  const args = ["agent", "enrol", "--home", home, "--manager", firstAddress, "--name", "own1"];
  const refused = await runArgus(args);
  equal(refused.code, 1);
  match(refused.stderr, /did not enrol this agent: Invalid password/);
  equal(existsSync(join(home, "etc", "client.keys")), false);
  writeFileSync(join(home, "etc", "authd.pass"), master.read("etc/authd.pass"));
  const done = await runArgus([...args, "-o", "json"]);
  equal(done.code, 0, done.stderr);
  deepEqual(JSON.parse(done.stdout), { id: "001", name: "own1", address: "any", ossecConf: "written" });
  match(readFileSync(join(home, "etc", "client.keys"), "utf8"), /^001 own1 any [0-9a-f]{64}\n$/);
  const conf = readFileSync(join(home, "etc", "ossec.conf"), "utf8");
  ok(conf.includes(`<address>${firstAddress}</address>`));
  const servers = [firstAddress, secondAddress].map((one) => `<server><address>${one}</address></server>`).join("");
  const localfile = `<localfile><location>${log}</location><only-future-events>no</only-future-events></localfile>`;
  const text = `<ossec_config><client>${servers}</client>${localfile}</ossec_config>\n`;
  writeFileSync(join(home, "etc", "ossec.conf"), text);
});

test("argus agent run is active on every node's list, and its lines are analysed under its name", async () => {
  startAgent();
  await until(
    () => `the agent is active everywhere\n${output}`,
    async () => {
      const lists = await Promise.all(all.map((node) => node.api.get(agentsRoute)));
      return lists.every(({ agents }) => agents.find(({ id }) => id === "001")?.state === "active");
    },
    msMax,
  );
  match(output, /connected to 127\.93\.0\.2:1514; events are kept until they are stored/);
  write(200);
  await allAnalysed();
  const alert = master.alerts().find(({ rule }) => rule.id === "100300");
  deepEqual([alert?.agent.id, alert?.agent.name, alert?.location], ["001", "own1", log]);
});

test("killed again and again, the agent, its worker and the master lose and double no line", async () => {
  write(3_000);
  await killAgent();
  startAgent();
  write(3_000);
  await first.node.kill();
  write(3_000);
  await until("the agent is at the other worker", () => output.includes(`connected to ${secondAddress}`), msMax);
  write(1_000);
  await master.kill();
  await killAgent();
  write(1_000);
  startAgent();
  first.node.start();
  master.start();
  await second.node.kill();
  write(1_000);
  second.node.start();
  await allAnalysed();
  write(100);
  await allAnalysed();
  deepEqual(
    analysed().toSorted((a, b) => a - b),
    Array.from({ length: lines }, (_, index) => index + 1),
  );
});

test("SIGTERM ends the agent at once, and it is disconnected then", async () => {
  equal(await killAgent("SIGTERM"), 0);
  await until(
    "the agent is disconnected",
    async () => (await master.api.get(agentsRoute)).agents.find(({ id }) => id === "001")?.state === "disconnected",
    msMax,
  );
});
