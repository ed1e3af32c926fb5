import { deepEqual, equal, ok } from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { nodeDisk } from "../base/disk.ts";
import { describeProblem } from "../config/problem.ts";
import { remoteSection } from "../intake/options.ts";
import { loadNodeConfig, type NodeConfig } from "./config.ts";

const folder = mkdtempSync(join(tmpdir(), "argus-node-config-"));
after(() => rmSync(folder, { recursive: true }));
let count = 0;

/** Writes files under `etc/` of a new home and loads it. */
async function load(files: Readonly<Record<string, string | Buffer>>): Promise<NodeConfig> {
  count += 1;
  const home = join(folder, String(count));
  mkdirSync(join(home, "etc", "shared"), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(home, "etc", name), text);
  return loadNodeConfig(home, nodeDisk);
}
const problems = (config: NodeConfig): string[] =>
  config.problems.map((problem) => describeProblem(problem).replace(/^.*?\/etc\//, ""));

const key = "0123456789abcdef0123456789abcdef";
const cluster = (name: string, type: string, more = ""): string =>
  `<cluster><node_name>${name}</node_name><node_type>${type}</node_type><key>${key}</key>${more}</cluster>`;
const syslog = (port: number, attributes = ""): string =>
  `<remote ${attributes}><connection>syslog</connection><port>${port}</port><allowed-ips>127.0.0.0/8</allowed-ips></remote>`;
const ports = (config: NodeConfig): (number | undefined)[] =>
  config.configuration.all(remoteSection).map(({ values }) => values.port);

test("without <cluster>, and with a disabled one, a node is single and its own master", async () => {
  for (const text of ["", cluster("n1", "worker", "<disabled>yes</disabled>")]) {
    const config = await load({ "ossec.conf": text, "shared/cluster.conf": "<cluster><node>" });
    deepEqual(
      [config.cluster, config.role, config.clusterConf.nodes, config.isUsable],
      [undefined, "master", [], true],
    );
  }
});

test("a node is what its <cluster> says, and a master reads its list", async () => {
  const list = "<cluster><node><name>w1</name><address>127.0.0.2</address></node></cluster>";
  const config = await load({
    "ossec.conf": cluster("m1", "master", "<port>1600</port>"),
    "shared/cluster.conf": list,
  });
  deepEqual([config.role, config.name, config.cluster?.port], ["master", "m1", 1_600]);
  deepEqual(config.clusterConf.nodes, [{ name: "w1", role: "worker", address: "127.0.0.2", port: 1_600 }]);
  deepEqual([problems(config), config.isUsable], [[], true]);
});

test("a section that names nodes is in force on those alone", async () => {
  const sections = `${syslog(1, 'nodes="master"')}${syslog(2, 'nodes="w1"')}${syslog(3)}`;
  deepEqual(ports(await load({ "ossec.conf": cluster("m", "master") + sections })), [1, 3]);
  deepEqual(ports(await load({ "ossec.conf": cluster("w1", "client") + sections })), [2, 3]);
  deepEqual(ports(await load({ "ossec.conf": sections })), [1, 3]);
});

test("ossec.node.conf adds sections, and may not say which cluster the node is of", async () => {
  const config = await load({
    "ossec.conf": cluster("w1", "worker") + syslog(1),
    "ossec.node.conf": `${syslog(2)}\n<cluster/>`,
  });
  deepEqual(ports(config), [1, 2]);
  deepEqual(
    [problems(config), config.isUsable],
    [["ossec.node.conf:2:1: error: <cluster> may stand in ossec.conf only"], false],
  );
});

test("problems come in the order of the files, each of which is read although another is wrong", async () => {
  const config = await load({
    "ossec.conf": `${cluster("m", "master")}<syscheck/>`,
    "ossec.node.conf": "<remote>\n<port>0</port>",
    "shared/cluster.conf": "<cluster><node><name>w</name></node></cluster>",
  });
  deepEqual(problems(config), [
    "ossec.conf:1:116: warning: <syscheck> is not supported yet and has no effect",
    "ossec.node.conf:1:1: error: <remote> is never closed",
    "shared/cluster.conf:1:10: error: <node> has no <address>",
  ]);
});

test("a home without ossec.conf, and one whose file is no such thing, cannot be used", async () => {
  const absent = await load({});
  deepEqual([problems(absent), absent.isUsable], [["ossec.conf: error: the file does not exist"], false]);
  ok(!(await load({ "ossec.conf": Buffer.from([0, 60, 255, 60, 0]) })).isUsable);
  const large = await load({ "ossec.conf": "x".repeat(4 * 1_024 * 1_024 + 1) });
  ok(problems(large)[0]?.includes("ossec.conf: error: the file cannot be read"), problems(large)[0]);
});

test("reads what real files hold: a mark of bytes, a prolog, comments, several roots", async () => {
  const text = `\ufeff<?xml version="1.0"?>
<!-- Manager -->
<ossec_config>
  <global><jsonout_output>yes</jsonout_output></global>
</ossec_config>
<!-- <remote> -->
<ossec_config>${syslog(5)}<!-- ü --></ossec_config>`;
  const config = await load({ "ossec.conf": text });
  deepEqual([ports(config), problems(config)], [[5], []]);
});

test("nothing that is shown of a configuration holds the cluster's key", async () => {
  const config = await load({ "ossec.conf": cluster("m", "bastard") });
  equal(config.cluster?.key?.reveal(), key);
  ok(!JSON.stringify(config).includes(key));
  ok(problems(config).length > 0 && !problems(config).join().includes(key));
});
