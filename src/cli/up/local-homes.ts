/**
 * The homes of a whole cluster on this machine: who is called how, listens where, and is configured by what. The plan
 * is kept in `DIR/argus-up.json`, so that a second `argus up` goes on with the same nodes, key and addresses.
 */
import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises"; // Keeps the process alive, as the clock's timers do not.
import { systemClock } from "../../base/clock.ts";
import { ArgusError, errnoOf } from "../../base/error.ts";
import { PAGE_PORT } from "../../api/options.ts";
import { homeAt } from "../../node/home.ts";
import { lockHome, type HomeLock } from "../../node/home-lock-disk.ts";
import { UsageError } from "../errors.ts";
import { mergeLines } from "./line-merge.ts";

export interface LocalNode {
  name: string;
  role: "master" | "worker";
  home: string;
  address: string;
  port: number;
  /** Where a worker takes syslog, and the files that it follows; unused on the master. */
  syslogPort: number;
  /** Where agents come to, over TCP and UDP, and where they get their keys. */
  agentPort: number;
  authPort: number;
  demoFile: string;
  feedFile: string;
}

export interface LocalPlan {
  key: string;
  nodes: LocalNode[];
  /** Where the master serves the page, on 127.0.0.1 whatever the nodes' addresses are. */
  pagePort: number;
}

type AgentPorts = "agentPort" | "authPort";
/** As it is kept; before there was a page, or a listener for agents, no port of it was. */
type KnownNode = Omit<LocalNode, AgentPorts> & Partial<Pick<LocalNode, AgentPorts>>;
type KnownPlan = Pick<LocalPlan, "key"> & { nodes: KnownNode[] } & Partial<Pick<LocalPlan, "pagePort">>;

const pageAddress = "127.0.0.1";
const clusterPort = 1_516;
const syslogPort = 10_514;
const agentPort = 1_514;
const authPort = 1_515;
/** So many ports are tried before giving up. */
const portsTried = 100;
export const WORKERS_MAX = 49;

type Probe = typeof canListen;

/** Whether this process can listen there over TCP now. */
async function canListen(address: string, port: number): Promise<"yes" | "taken" | "no address"> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(errnoOf(error) === "EADDRNOTAVAIL" ? "no address" : "taken"));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve("yes")));
  });
}

/** The same over UDP. */
async function canReceive(address: string, port: number): ReturnType<Probe> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.once("error", (error) => {
      socket.close();
      resolve(errnoOf(error) === "EADDRNOTAVAIL" ? "no address" : "taken");
    });
    socket.bind({ address, port, exclusive: true }, () => socket.close(() => resolve("yes")));
  });
}

/** Syslog and agents are taken over both protocols on one port. */
async function canTakeBoth(address: string, port: number): ReturnType<Probe> {
  const overTcp = await canListen(address, port);
  return overTcp === "yes" ? canReceive(address, port) : overTcp;
}

/** The first port from `wanted` on that is free; what is passed over is said. */
async function freePort(
  probe: Probe,
  address: string,
  wanted: number,
  used: ReadonlySet<string>,
  say: (text: string) => void,
): Promise<number> {
  for (let port = wanted; port < wanted + portsTried; port += 1) {
    if (used.has(`${address}:${port}`)) continue;
    if ((await probe(address, port)) === "yes") {
      if (port !== wanted && !used.has(`${address}:${wanted}`))
        say(`${address}:${wanted} is taken; using ${address}:${port}`);
      return port;
    }
  }
  throw new UsageError(`no free port on ${address} from ${wanted} to ${wanted + portsTried - 1}`);
}

export interface HomesWanted {
  dir: string;
  /** Undefined: as many as an earlier run had, or two. */
  workerCount: number | undefined;
  /** The first three numbers of the addresses: `127.0.0`. */
  network: string;
  /** The first that is tried for the page; 55000 when not given. */
  pagePort?: number;
  /** Told of ports that are passed over, and of what is waited for. */
  say(text: string): void;
  signal: AbortSignal;
}

/** `NETWORK.1`, `.2`, `.3` … where the system has them, otherwise 127.0.0.1 for all, on several ports. */
async function placeNodes({ dir, network, say }: HomesWanted, workerCount: number): Promise<LocalNode[]> {
  const names = ["master-node", ...Array.from({ length: workerCount }, (_, index) => `worker-node${index + 1}`)];
  const hasMany = (await canListen(`${network}.${names.length}`, 0)) === "yes";
  const used = new Set<string>();
  const nodes: LocalNode[] = [];
  for (const [index, name] of names.entries()) {
    const address = hasMany ? `${network}.${index + 1}` : "127.0.0.1";
    const take = async (probe: Probe, wanted: number): Promise<number> => {
      const port = await freePort(probe, address, wanted, used, say);
      used.add(`${address}:${port}`);
      return port;
    };
    const port = await take(canListen, clusterPort);
    const syslog = index === 0 ? 0 : await take(canTakeBoth, syslogPort);
    const forAgents = { agentPort: await take(canTakeBoth, agentPort), authPort: await take(canListen, authPort) };
    const role = index === 0 ? "master" : "worker";
    const into = (kind: string): string => join(dir, "input", `${name}.${kind}.log`);
    nodes.push({
      ...({ name, role, home: join(dir, name), address, port, syslogPort: syslog } satisfies Partial<LocalNode>),
      ...{ ...forAgents, demoFile: into("demo"), feedFile: into("feed") },
    });
  }
  return nodes;
}

/**
 * The page's port: that of the run before while it is free, otherwise the next free one. All clusters of this machine
 * have their page on one address.
 */
async function placePage(
  { pagePort = PAGE_PORT, say }: HomesWanted,
  known: number | undefined,
  nodes: readonly LocalNode[],
): Promise<number> {
  const used = new Set(nodes.map(({ address, port }) => `${address}:${port}`));
  if (known === undefined) return freePort(canListen, pageAddress, pagePort, used, say);
  if ((await canListen(pageAddress, known)) === "yes") return known;
  const port = await freePort(canListen, pageAddress, pagePort, used, () => undefined);
  say(`${pageAddress}:${known} is taken; using ${pageAddress}:${port}`);
  return port;
}

function dashboardSection(pagePort: number): string {
  return `  <dashboard>
    <enabled>yes</enabled>
    <port>${pagePort}</port>
  </dashboard>
`;
}

function ossecConf(node: KnownNode, { key, pagePort }: KnownPlan): string {
  const dashboard = node.role === "master" && pagePort !== undefined ? dashboardSection(pagePort) : "";
  return `<ossec_config>
  <cluster>
    <name>argus-cluster</name>
    <node_name>${node.name}</node_name>
    <node_type>${node.role}</node_type>
    <key>${key}</key>
    <port>${node.port}</port>
    <bind_addr>${node.address}</bind_addr>
    <use_source_ip>no</use_source_ip>
    <hidden>no</hidden>
  </cluster>
${dashboard}</ossec_config>
`;
}

function clusterConf(workers: readonly KnownNode[]): string {
  const node = ({ name, address, port }: KnownNode): string => `  <node>
    <name>${name}</name>
    <address>${address}</address>
    <port>${port}</port>
  </node>
`;
  return `<cluster>\n${workers.map(node).join("")}</cluster>\n`;
}

function agentSections({ address, agentPort: port, authPort: enrolmentPort }: KnownNode): string {
  if (port === undefined || enrolmentPort === undefined) return "";
  return `  <remote>
    <connection>secure</connection>
    <port>${port}</port>
    <protocol>tcp,udp</protocol>
    <local_ip>${address}</local_ip>
  </remote>
  <auth>
    <port>${enrolmentPort}</port>
    <local_ip>${address}</local_ip>
    <use_password>yes</use_password>
  </auth>
`;
}

function ownSections(node: KnownNode): string {
  if (node.role === "master") return `<ossec_config>\n${agentSections(node)}</ossec_config>\n`;
  const remote = (protocol: string): string => `  <remote>
    <connection>syslog</connection>
    <port>${node.syslogPort}</port>
    <protocol>${protocol}</protocol>
    <allowed-ips>127.0.0.0/8</allowed-ips>
    <local_ip>${node.address}</local_ip>
  </remote>
`;
  const localfile = (path: string): string => `  <localfile>
    <log_format>syslog</log_format>
    <location>${path}</location>
    <only-future-events>no</only-future-events>
  </localfile>
`;
  const sections = [
    remote("tcp"),
    remote("udp"),
    localfile(node.demoFile),
    localfile(node.feedFile),
    agentSections(node),
  ];
  return `<ossec_config>\n${sections.join("")}</ossec_config>\n`;
}

function writeFile(path: string, text: string, mode: number): void {
  mkdirSync(join(path, ".."), { recursive: true, mode: 0o750 });
  writeFileSync(path, text, { mode });
  chmodSync(path, mode);
}

/** The files of a node by their paths, with their text and mode. */
function filesOf(node: KnownNode, plan: KnownPlan): [string, string, number][] {
  const at = (...parts: string[]): string => join(node.home, "etc", ...parts);
  const files: [string, string, number][] = [[at("ossec.conf"), ossecConf(node, plan), 0o640]];
  if (node.role === "master") {
    const workers = plan.nodes.filter(({ role }) => role === "worker");
    files.push([at("shared", "cluster.conf"), clusterConf(workers), 0o640]);
  }
  // A master of before had no sections of its own.
  if (node.role === "worker" || node.agentPort !== undefined) {
    files.push([at("ossec.node.conf"), ownSections(node), 0o640]);
  }
  return files;
}

/**
 * Writes what is absent, and what another plan makes different. Nobody's edit is lost by it: in a file that somebody
 * has edited only the lines that the plan changes are changed, where they still are; a file that is here without a
 * plan, so that nobody knows what is edited in it, is kept beside.
 */
function writeHomes(plan: LocalPlan, before: KnownPlan | undefined, say: (text: string) => void): void {
  const written = new Map(before?.nodes.flatMap((node) => filesOf(node, before)).map(([path, text]) => [path, text]));
  for (const [path, text, mode] of plan.nodes.flatMap((node) => filesOf(node, plan))) {
    const old = written.get(path);
    const present = existsSync(path) ? readFileSync(path, "utf8") : undefined;
    if (present === undefined || present === old) writeFile(path, text, mode);
    else if (present === text || old === text) continue;
    else if (old === undefined) {
      renameSync(path, `${path}.edited`);
      say(`${path} is written anew; what was there is kept as ${path}.edited`);
      writeFile(path, text, mode);
    } else bringUpToDate({ path, old, text, present, mode }, say);
  }
}

interface EditedFile {
  path: string;
  /** What was generated for the plan of before, and is for this one. */
  old: string;
  text: string;
  present: string;
  mode: number;
}

function bringUpToDate({ path, old, text, present, mode }: EditedFile, say: (text: string) => void): void {
  const merged = mergeLines(old, text, present);
  if (merged.text !== present) {
    writeFile(path, merged.text, mode);
    say(`${path} has other addresses or ports now; what you have edited in it stays`);
  }
  if (merged.left.length > 0)
    say(`${path} would have had ${merged.left.join(" ")} now; what you have edited there stays`);
}

function readPlan(path: string): KnownPlan | undefined {
  if (!existsSync(path)) return undefined;
  return JSON.parse(readFileSync(path, "utf8")) as KnownPlan; // Our own file, 0600; who edits it edits our state.
}

/** All ports of a plan are known, and free. */
async function isStillFree(nodes: readonly KnownNode[]): Promise<boolean> {
  for (const { address, port, syslogPort: syslog, agentPort: agents, authPort: enrolment } of nodes) {
    if (agents === undefined || enrolment === undefined) return false;
    for (const single of [port, enrolment]) if ((await canListen(address, single)) !== "yes") return false;
    for (const both of syslog > 0 ? [syslog, agents] : [agents]) {
      if ((await canTakeBoth(address, both)) !== "yes") return false;
    }
  }
  return true;
}

/** Nodes of an `argus up` that was killed end by themselves, within the time that draining takes. */
const idleMsMax = 40_000;
const idleLookMs = 200;

/** Resolves when no process holds the home any more; rejects with its `HomeInUse` when that takes too long. */
async function untilIdle({ name, home }: KnownNode, say: (text: string) => void, signal: AbortSignal): Promise<void> {
  if (!existsSync(homeAt(home).lockFile)) return;
  const startedMs = systemClock.monotonicMs();
  for (let looks = 0; ; looks += 1) {
    try {
      const lock = await lockHome(homeAt(home));
      return await lock.release();
    } catch (error) {
      if (!(error instanceof ArgusError && error.code === "ARGUS_NODE_HOME_IN_USE")) throw error;
      if (signal.aborted || systemClock.monotonicMs() - startedMs > idleMsMax) throw error;
      if (looks === 0) say(`${name} of the run before is still ending; waiting for it`);
    }
    await sleep(idleLookMs);
  }
}

/**
 * Makes the homes under `dir`, or finds those of an earlier run. The caller holds the folder's lock. Rejects with a
 * `UsageError` when the earlier run had another number of workers, and with `HomeInUse` when a node of it still runs:
 * its ports would look taken, and its files would be written under it.
 */
async function prepareHomes(wanted: HomesWanted): Promise<LocalPlan> {
  const { dir, workerCount, say, signal } = wanted;
  mkdirSync(join(dir, "input"), { recursive: true, mode: 0o750 });
  const planFile = join(dir, "argus-up.json");
  const known = readPlan(planFile);
  const workersKnown = known === undefined ? undefined : known.nodes.length - 1;
  if (workersKnown !== undefined && workerCount !== undefined && workersKnown !== workerCount) {
    throw new UsageError(`${dir} holds a cluster of ${workersKnown} workers; name another folder with --dir`);
  }
  for (const node of known?.nodes ?? []) await untilIdle(node, say, signal);
  const isSame = known !== undefined && (await isStillFree(known.nodes));
  const nodes = isSame ? (known.nodes as LocalNode[]) : await placeNodes(wanted, workersKnown ?? workerCount ?? 2);
  const pagePort = await placePage(wanted, known?.pagePort, nodes);
  const plan = { key: known?.key ?? randomBytes(32).toString("hex"), nodes, pagePort };
  const before = isSame && known.pagePort === pagePort ? plan : known;
  if (before !== plan) writeFile(planFile, `${JSON.stringify(plan, null, 2)}\n`, 0o600);
  writeHomes(plan, before, say);
  return plan;
}

/**
 * Takes the folder for this process and then makes or finds the homes in it. The lock comes first: a second `argus up`
 * is refused before it has looked at, or written, anything of the first. The caller releases the lock.
 */
export async function claimHomes(wanted: HomesWanted): Promise<{ plan: LocalPlan; lock: HomeLock }> {
  const { dir } = wanted;
  mkdirSync(dir, { recursive: true, mode: 0o750 });
  const lock = await lockHome({ ...homeAt(dir), lockFile: join(dir, "up.lock") });
  try {
    return { plan: await prepareHomes(wanted), lock };
  } catch (error) {
    await lock.release();
    throw error;
  }
}
