/**
 * The cluster of the document that Argus is built from: its three configuration files as they are printed there, only
 * the addresses changed, and one ossec.node.conf per worker.
 */
import { connect } from "node:net";
import { createSocket } from "node:dgram";
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { TestNode } from "./argus-process.ts";

/** Of the document, with its blank lines. */
const masterConf = `<cluster>

  <name>argus-cluster</name>

  <node_name>master-node</node_name>

  <node_type>master</node_type>

  <key>your-cluster-key</key>

  <port>1516</port>

  <bind_addr>192.168.1.100</bind_addr>

  <use_source_ip>no</use_source_ip>

  <hidden>no</hidden>

</cluster>
`;

const workerConf = `<cluster>

  <name>argus-cluster</name>

  <node_name>worker-node1</node_name>

  <node_type>worker</node_type>

  <key>your-cluster-key</key>

  <port>1516</port>

  <bind_addr>192.168.1.101</bind_addr>

  <hidden>no</hidden>

</cluster>
`;

const clusterConf = `<cluster>

  <node>

    <name>worker-node1</name>

    <address>192.168.1.101</address>

  </node>

  <node>

    <name>worker-node2</name>

    <address>192.168.1.102</address>

  </node>

</cluster>
`;

const nodeConf = (address: string, file: string): string => `<ossec_config>
  <remote>
    <connection>syslog</connection>
    <port>10514</port>
    <protocol>tcp</protocol>
    <allowed-ips>127.0.0.0/8</allowed-ips>
    <local_ip>${address}</local_ip>
  </remote>
  <remote>
    <connection>syslog</connection>
    <port>10514</port>
    <protocol>udp</protocol>
    <allowed-ips>127.0.0.0/8</allowed-ips>
    <local_ip>${address}</local_ip>
  </remote>
  <localfile>
    <log_format>syslog</log_format>
    <location>${file}</location>
  </localfile>
</ossec_config>
`;

export interface SeedWorker {
  node: TestNode;
  address: string;
  file: string;
}

export interface SeedCluster {
  master: TestNode;
  masterAddress: string;
  workers: [SeedWorker, SeedWorker];
  all: TestNode[];
}

/** What a test changes of the printed files; `addresses` are the master's and the two workers'. */
export interface SeedChanges {
  addresses: [string, string, string];
  master?: (text: string) => string;
  worker?: (text: string, index: number) => string;
  /** Undefined: no such file. */
  clusterConf?: ((text: string) => string) | undefined;
}

const same = (text: string): string => text;

/** Writes the homes under `folder`; nothing is started. */
export function writeSeedCluster(folder: string, changes: SeedChanges): SeedCluster {
  const [masterAddress, first, second] = changes.addresses;
  const readdress = (text: string): string =>
    text.replace("192.168.1.100", masterAddress).replace("192.168.1.101", first).replace("192.168.1.102", second);
  const master = new TestNode(join(folder, "master"));
  master.write("etc/ossec.conf", (changes.master ?? same)(readdress(masterConf)));
  const change = "clusterConf" in changes ? changes.clusterConf : same;
  if (change !== undefined) master.write("etc/shared/cluster.conf", change(readdress(clusterConf)));
  const worker = (index: number, address: string): SeedWorker => {
    const node = new TestNode(join(folder, `worker${index + 1}`));
    const printed = workerConf.replace("worker-node1", `worker-node${index + 1}`).replace("192.168.1.101", address);
    node.write("etc/ossec.conf", (changes.worker ?? same)(printed, index));
    const file = join(folder, `followed${index + 1}.log`);
    mkdirSync(folder, { recursive: true });
    appendFileSync(file, "");
    node.write("etc/ossec.node.conf", nodeConf(address, file));
    return { node, address, file };
  };
  const workers: [SeedWorker, SeedWorker] = [worker(0, first), worker(1, second)];
  return { master, masterAddress, workers, all: [master, ...workers.map(({ node }) => node)] };
}

export function sendTcp(address: string, lines: readonly string[], port = 10_514): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port }, () => socket.end(lines.map((line) => `<38>${line}\n`).join("")));
    socket.once("error", reject).once("close", () => resolve());
    socket.resume();
  });
}

export function sendUdp(address: string, lines: readonly string[], port = 10_514): Promise<void> {
  const socket = createSocket("udp4");
  const send = (line: string): Promise<void> =>
    new Promise((resolve, reject) =>
      socket.send(`<38>${line}`, port, address, (error) => (error === null ? resolve() : reject(error))),
    );
  return lines.reduce((before, line) => before.then(() => send(line)), Promise.resolve()).finally(() => socket.close());
}

export function appendLines(file: string, lines: readonly string[]): void {
  appendFileSync(file, lines.map((line) => `${line}\n`).join(""));
}
