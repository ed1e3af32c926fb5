import { deepEqual, equal } from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { nodeDisk } from "../base/disk.ts";
import { describeProblem } from "../config/problem.ts";
import { readClusterConf, type ClusterConf, type OwnNode } from "./cluster-conf.ts";

const folder = mkdtempSync(join(tmpdir(), "argus-cluster-conf-"));
after(() => rmSync(folder, { recursive: true }));

const own: OwnNode = {
  ...{ name: "master-node", role: "master", port: 1_516, bindAddr: "192.168.1.100", usesSourceIp: false },
  place: { file: "ossec.conf", line: 4, column: 1, offset: 0 },
};
let count = 0;

async function read(text: string | undefined, node: OwnNode = own): Promise<ClusterConf> {
  count += 1;
  const home = join(folder, String(count));
  mkdirSync(join(home, "etc", "shared"), { recursive: true });
  if (text !== undefined) writeFileSync(join(home, "etc", "shared", "cluster.conf"), text);
  return readClusterConf(home, nodeDisk, node);
}
const nodes = (conf: ClusterConf): string[] =>
  conf.nodes.map(({ name, role, address, port }) => `${name} ${role} ${address} ${port}`);
const problems = (conf: ClusterConf): string[] =>
  conf.problems.map((problem) => describeProblem(problem).replace(/^.*\/cluster\.conf:/, ""));

test("reads the list as the manual prints it", async () => {
  const conf = await read(`<cluster>

    <node>

      <name>worker-node1</name>

      <address>192.168.1.101</address>

    </node>

    <node>

      <name>worker-node2</name>

      <address>192.168.1.102</address>

    </node>

  </cluster>`);
  deepEqual(nodes(conf), ["worker-node1 worker 192.168.1.101 1516", "worker-node2 worker 192.168.1.102 1516"]);
  deepEqual([conf.isListBinding, problems(conf)], [true, []]);
});

test("without the file, and with an empty one, whoever proves the key may join", async () => {
  for (const text of [undefined, "", "<cluster></cluster>", "<!-- nobody yet -->"]) {
    const conf = await read(text);
    deepEqual([conf.isListBinding, conf.nodes, conf.problems], [false, [], []], text);
  }
});

test("takes a port and a type, and several <cluster> elements", async () => {
  const conf =
    await read(`<ossec_config><cluster><node><name>w1</name><address>::1</address><port>1600</port></node></cluster>
    <cluster><node><name>w2</name><address>host.example</address><type>client</type></node></cluster></ossec_config>`);
  deepEqual(nodes(conf), ["w1 worker ::1 1600", "w2 worker host.example 1516"]);
});

test("refuses a name or an address with its port that is listed twice, and names both lines", async () => {
  const conf = await read(`<cluster>
<node><name>w1</name><address>10.0.0.1</address></node>
<node><name>w1</name><address>10.0.0.2</address></node>
<node><name>w2</name><address>::ffff:10.0.0.1</address><port>1516</port></node>
<node><name>w3</name><address>10.0.0.1</address><port>1517</port></node></cluster>`);
  deepEqual(problems(conf), [
    "3:7: error: two nodes have the name w1; the other one is in line 2",
    "4:22: error: two nodes have the address ::ffff:10.0.0.1, port 1516; the other one is in line 2",
  ]);
  deepEqual(nodes(conf), ["w1 worker 10.0.0.1 1516", "w3 worker 10.0.0.1 1517"]);
});

test("refuses a node without a name or an address, once for each thing that is wrong", async () => {
  const conf = await read(`<cluster>
<node><address>10.0.0.1</address></node>
<node><name>w2</name></node>
<node><name>w 3</name><address>10.0.0.3</address></node></cluster>`);
  deepEqual(problems(conf), [
    "2:1: error: <node> has no <name>",
    "3:1: error: <node> has no <address>",
    '4:7: error: <name> must be 1 to 64 letters, digits, dots, dashes or underscores, and not begin with a dot, not "w 3"',
  ]);
  deepEqual(nodes(conf), []);
});

test("shows all that is wrong at once: a name that is taken, beside an address that is missing", async () => {
  const conf = await read(`<cluster>
<node><name>w1</name><address>10.0.0.1</address></node>
<node><name>w1</name></node>
<node><address>10.0.0.1</address></node></cluster>`);
  deepEqual(problems(conf), [
    "3:1: error: <node> has no <address>",
    "3:7: error: two nodes have the name w1; the other one is in line 2",
    "4:1: error: <node> has no <name>",
    "4:7: error: two nodes have the address 10.0.0.1, port 1516; the other one is in line 2",
  ]);
  deepEqual(nodes(conf), ["w1 worker 10.0.0.1 1516"]);
});

test("leaves the node itself out of the list, which is binding all the same", async () => {
  const conf = await read("<cluster><node><name>master-node</name><address>192.168.1.100</address></node></cluster>");
  deepEqual([conf.isListBinding, nodes(conf), problems(conf)], [true, [], []]);
});

test("warns where it says something else of this node than ossec.conf, which counts", async () => {
  const text = `<cluster><node><name>master-node</name>
<address>10.0.0.9</address>
<port>1600</port>
<type>worker</type></node></cluster>`;
  deepEqual(problems(await read(text)), [
    "2:1: warning: <address> of master-node, this very node, differs from ossec.conf:4, and that one counts",
    "3:1: warning: <port> of master-node, this very node, differs from ossec.conf:4, and that one counts",
    "4:1: warning: <type> of master-node, this very node, differs from ossec.conf:4, and that one counts",
  ]);
  // Bound to all addresses, a node has no address of its own that could differ.
  const [first = ""] = problems(await read(text, { ...own, bindAddr: "0.0.0.0" }));
  equal(first.includes("<port>"), true);
});

test("refuses a second master on the master, and tells a worker where its master is", async () => {
  const text = "<cluster><node><name>other</name><address>10.0.0.9</address><type>master</type></node></cluster>";
  deepEqual(problems(await read(text)), [
    "1:10: error: other is listed as a master, and this node is the master of the cluster",
  ]);
  const worker = await read(text, { ...own, name: "w1", role: "worker" });
  deepEqual([nodes(worker), problems(worker)], [["other master 10.0.0.9 1516"], []]);
});

test("needs addresses, not host names, where sources are compared with them", async () => {
  const text = "<cluster><node><name>w1</name><address>host.example</address></node></cluster>";
  deepEqual(problems(await read(text, { ...own, usesSourceIp: true })), [
    "1:10: error: <address> must be an IPv4 or IPv6 address, because <use_source_ip> is yes",
  ]);
});

test("is no reason for a worker not to start, whatever is in it", async () => {
  for (const text of ["<cluster><node>", "<cluster><node/></cluster>", "<nodes/>"]) {
    const { problems: found } = await read(text, { ...own, name: "w1", role: "worker" });
    deepEqual(
      found.map((problem) => problem.severity),
      found.map(() => "warning"),
      text,
    );
    equal(found.length > 0, true);
  }
});

test("names what does not belong there", async () =>
  deepEqual(
    problems(await read("<cluster><node><name>w</name><address>::1</address><prt>1</prt></node></cluster><remote/>")),
    [
      "1:52: warning: <prt> is not an option of <node> and has no effect",
      "1:81: warning: <remote> means nothing in cluster.conf; it holds <cluster> only",
    ],
  ));

test("says so when the file cannot be read, and goes by no list", async () => {
  const home = join(folder, "folder-in-its-place");
  mkdirSync(join(home, "etc", "shared", "cluster.conf"), { recursive: true });
  const conf = await readClusterConf(home, nodeDisk, own);
  equal(conf.problems[0]?.severity, "error");
  equal(conf.problems[0]?.message.startsWith("the file cannot be read: "), true);
});
