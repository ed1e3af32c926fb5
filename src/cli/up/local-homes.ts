/**
 * The homes of a whole cluster on this machine: who is called how, listens where, and is configured by what. The plan
 * is kept in `DIR/argus-up.json`, so that a second `argus up` goes on with the same nodes, key and addresses.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { errnoOf } from "../../base/error.ts";
import { UsageError } from "../errors.ts";

export interface LocalNode {
  name: string;
  role: "master" | "worker";
  home: string;
  address: string;
  port: number;
  /** Where a worker takes syslog, and the files that it follows; unused on the master. */
  syslogPort: number;
  demoFile: string;
  feedFile: string;
}

export interface LocalPlan {
  key: string;
  nodes: LocalNode[];
}

const clusterPort = 1_516;
const syslogPort = 10_514;
/** So many ports are tried before giving up. */
const portsTried = 100;
export const WORKERS_MAX = 49;

/** Whether this process can listen there now. */
async function canListen(address: string, port: number): Promise<"yes" | "taken" | "no address"> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(errnoOf(error) === "EADDRNOTAVAIL" ? "no address" : "taken"));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve("yes")));
  });
}

/** The first free port from `wanted` on; what is passed over is said. */
async function freePort(
  address: string,
  wanted: number,
  used: ReadonlySet<string>,
  say: (text: string) => void,
): Promise<number> {
  for (let port = wanted; port < wanted + portsTried; port += 1) {
    if (used.has(`${address}:${port}`)) continue;
    if ((await canListen(address, port)) === "yes") {
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
  /** Told of ports that are passed over. */
  say(text: string): void;
}

/** `NETWORK.1`, `.2`, `.3` … where the system has them, otherwise 127.0.0.1 for all, on several ports. */
async function placeNodes({ dir, network, say }: HomesWanted, workerCount: number): Promise<LocalNode[]> {
  const names = ["master-node", ...Array.from({ length: workerCount }, (_, index) => `worker-node${index + 1}`)];
  const hasMany = (await canListen(`${network}.${names.length}`, 0)) === "yes";
  const used = new Set<string>();
  const nodes: LocalNode[] = [];
  for (const [index, name] of names.entries()) {
    const address = hasMany ? `${network}.${index + 1}` : "127.0.0.1";
    const port = await freePort(address, clusterPort, used, say);
    used.add(`${address}:${port}`);
    const syslog = index === 0 ? 0 : await freePort(address, syslogPort, used, say);
    used.add(`${address}:${syslog}`);
    const role = index === 0 ? "master" : "worker";
    const into = (kind: string): string => join(dir, "input", `${name}.${kind}.log`);
    nodes.push({
      ...({ name, role, home: join(dir, name), address, port, syslogPort: syslog } satisfies Partial<LocalNode>),
      ...{ demoFile: into("demo"), feedFile: into("feed") },
    });
  }
  return nodes;
}

function clusterSection(node: LocalNode, key: string): string {
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
</ossec_config>
`;
}

function clusterConf(workers: readonly LocalNode[]): string {
  const node = ({ name, address, port }: LocalNode): string => `  <node>
    <name>${name}</name>
    <address>${address}</address>
    <port>${port}</port>
  </node>
`;
  return `<cluster>\n${workers.map(node).join("")}</cluster>\n`;
}

function ownSections(node: LocalNode): string {
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
  const sections = [remote("tcp"), remote("udp"), localfile(node.demoFile), localfile(node.feedFile)];
  return `<ossec_config>\n${sections.join("")}</ossec_config>\n`;
}

function writeFile(path: string, text: string, mode: number): void {
  mkdirSync(join(path, ".."), { recursive: true, mode: 0o750 });
  writeFileSync(path, text, { mode });
  chmodSync(path, mode);
}

/** Files that somebody may have edited are written only when they are absent or the plan has changed. */
function writeHomes(plan: LocalPlan, isChanged: boolean): void {
  const workers = plan.nodes.filter(({ role }) => role === "worker");
  for (const node of plan.nodes) {
    const files: [string, string, number][] = [
      [join(node.home, "etc", "ossec.conf"), clusterSection(node, plan.key), 0o640],
    ];
    if (node.role === "master")
      files.push([join(node.home, "etc", "shared", "cluster.conf"), clusterConf(workers), 0o640]);
    else files.push([join(node.home, "etc", "ossec.node.conf"), ownSections(node), 0o640]);
    for (const [path, text, mode] of files) if (isChanged || !existsSync(path)) writeFile(path, text, mode);
  }
}

function readPlan(path: string): LocalPlan | undefined {
  if (!existsSync(path)) return undefined;
  return JSON.parse(readFileSync(path, "utf8")) as LocalPlan; // Our own file, 0600; who edits it edits our state.
}

async function isStillFree(nodes: readonly LocalNode[]): Promise<boolean> {
  for (const { address, port, syslogPort: syslog } of nodes) {
    if ((await canListen(address, port)) !== "yes") return false;
    if (syslog > 0 && (await canListen(address, syslog)) !== "yes") return false;
  }
  return true;
}

/**
 * Makes the homes under `dir`, or finds those of an earlier run. Rejects with a `UsageError` when the earlier run had
 * another number of workers.
 */
export async function prepareHomes(wanted: HomesWanted): Promise<LocalPlan> {
  const { dir, workerCount } = wanted;
  mkdirSync(join(dir, "input"), { recursive: true, mode: 0o750 });
  const planFile = join(dir, "argus-up.json");
  const known = readPlan(planFile);
  const workersKnown = known === undefined ? undefined : known.nodes.length - 1;
  if (workersKnown !== undefined && workerCount !== undefined && workersKnown !== workerCount) {
    throw new UsageError(`${dir} holds a cluster of ${workersKnown} workers; name another folder with --dir`);
  }
  if (known !== undefined && (await isStillFree(known.nodes))) {
    writeHomes(known, false);
    return known;
  }
  const nodes = await placeNodes(wanted, workersKnown ?? workerCount ?? 2);
  const plan = { key: known?.key ?? randomBytes(32).toString("hex"), nodes };
  writeFile(planFile, `${JSON.stringify(plan, null, 2)}\n`, 0o600);
  writeHomes(plan, true);
  return plan;
}
