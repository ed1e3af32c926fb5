import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { configFrom, problemsOf } from "../../test/support/config-text.ts";
import { clusterSection, type ClusterOptions } from "./options.ts";

const goodKey = "0123456789abcdef0123456789abcdef";
const cluster = (text: string): ClusterOptions =>
  configFrom([clusterSection], { shared: text }).one(clusterSection).values;
const problems = (text: string): string[] => problemsOf(configFrom([clusterSection], { shared: text }));
const node = (more: string, key = goodKey): string =>
  `<cluster><node_name>n1</node_name><node_type>worker</node_type><key>${key}</key>${more}</cluster>`;

test("reads the master's section as the manual prints it", () => {
  const text = `<cluster>

    <name>argus-cluster</name>

    <node_name>master-node</node_name>

    <node_type>master</node_type>

    <key>your-cluster-key</key>

    <port>1516</port>

    <bind_addr>192.168.1.100</bind_addr>

    <use_source_ip>no</use_source_ip>

    <hidden>no</hidden>

  </cluster>`;
  const { key, ...values } = cluster(text);
  equal(key?.reveal(), "your-cluster-key");
  deepEqual(values, {
    ...{ name: "argus-cluster", node_name: "master-node", node_type: "master", weak_key: "warn", port: 1_516 },
    ...{ bind_addr: "192.168.1.100", nodes: { node: [] }, use_source_ip: false, hidden: false, approve: false },
    ...{ disabled: false, interval: undefined, socket_timeout: undefined, connection_timeout: undefined },
    haproxy_helper: undefined,
  });
  deepEqual(problems(text), [
    "ossec.conf:9:5: warning: <key>: the key is a well-known sample, so it can be guessed; make a better one with: " +
      "openssl rand -hex 32",
  ]);
});

test("has the documented defaults", () => {
  const { name, port, bind_addr, use_source_ip, hidden, disabled, approve } = cluster(node(""));
  deepEqual(
    [name, port, bind_addr, use_source_ip, hidden, disabled, approve],
    ["argus", 1_516, "0.0.0.0", false, false, false, false],
  );
  deepEqual(problems(node("")), []);
});

test("takes client for worker", () =>
  equal(cluster("<cluster><node_type>client</node_type></cluster>").node_type, "worker"));

test("needs a name, a type and a key, unless the cluster is disabled", () => {
  deepEqual(problems("<cluster><name>x</name></cluster>"), [
    "ossec.conf:1:1: error: <node_name>: must name this node",
    "ossec.conf:1:1: error: <node_type>: must say whether this node is a master or a worker",
    "ossec.conf:1:1: error: <key>: must be given, and be the same on all nodes",
  ]);
  deepEqual(problems("<cluster><disabled>yes</disabled></cluster>"), []);
});

test("takes the section that Wazuh's manager comes with, which is off and has an empty key", () => {
  const written = (disabled: string): string => `<cluster><name>wazuh</name><node_name>node01</node_name>
    <node_type>master</node_type><key></key><port>1516</port><bind_addr>0.0.0.0</bind_addr>
    <nodes><node>NODE_IP</node></nodes><hidden>no</hidden><disabled>${disabled}</disabled></cluster>`;
  deepEqual(problems(written("yes")), []);
  deepEqual(problems(written("no")).length, 2);
  equal(problems(written("maybe")).length, 3);
});

test("refuses node names that could be a path, an option or two names", () => {
  for (const name of ["a/b", ".a", "a b", "a>b", "ü", "x".repeat(65), "a@b", ".."]) {
    const text = `<cluster><node_name>${name}</node_name></cluster>`;
    ok(
      problems(text).some((problem) => problem.includes("<node_name> must be 1 to 64")),
      name,
    );
  }
  for (const name of ["a", "_", "-x", "node.01", "worker-node1", "x".repeat(64)]) {
    equal(cluster(`<cluster><node_name>${name}</node_name></cluster>`).node_name, name);
  }
});

test("takes any key of 1 byte to 1 KiB, and never shows it", () => {
  equal(cluster(node("", "ü")).key?.reveal(), "ü");
  equal(cluster(node("", "x".repeat(1_024))).key?.reveal().length, 1_024);
  const [problem = ""] = problems(node("", "x".repeat(1_025)));
  equal(problem, "ossec.conf:1:64: error: <key> must not be longer than 1024 bytes");
  for (const text of [...problems(node("", "hunter2")), ...problems(node("<weak_key>refuse</weak_key>", "hunter2"))]) {
    ok(!text.includes("hunter2"), text);
  }
});

test("says of approval that it is given by hand, on the master that asks for it", () => {
  const hand = (text: string): string[] => problems(text).filter((problem) => problem.includes("approved by hand"));
  const key = "<key>0123456789abcdef0123456789abcdef</key>";
  const of = (type: string, approve: string): string[] =>
    hand(
      `<cluster><node_name>n</node_name><node_type>${type}</node_type>${key}<approve>${approve}</approve></cluster>`,
    );
  deepEqual([of("master", "yes").length, of("master", "no").length, of("worker", "yes").length], [1, 0, 0]);
});

test("warns of a weak key beside a port that is none, and does not miss an option that was refused", () => {
  deepEqual(problems(node("<port>x</port>", "short")).length, 2);
  deepEqual(
    problems("<cluster><node_name>a b</node_name></cluster>").map((problem) => problem.split(": ")[2]?.split(" ")[0]),
    ["<node_type>", "<key>", "<node_name>"],
  );
});

test("warns of a weak key,, or refuses it where the operator wishes so", () => {
  const [warned = ""] = problems(node("", "short"));
  ok(warned.includes("warning: <key>: the key has fewer than 32 characters"), warned);
  const [refused = ""] = problems(node("<weak_key>refuse</weak_key>", "short"));
  ok(refused.includes("error: <key>: the key has fewer than 32 characters"), refused);
});

test("takes the master's addresses from <nodes>, and refuses the placeholder of a template", () => {
  const nodes = "<nodes><node>10.0.0.1</node><node>wazuh.master</node></nodes>";
  deepEqual(cluster(node(nodes)).nodes.node, ["10.0.0.1", "wazuh.master"]);
  ok(problems(node("<nodes><node>NODE_IP</node></nodes>"))[0]?.includes("error: <nodes>: holds NODE_IP"));
  ok(problems(node("<nodes><node>a b</node></nodes>"))[0]?.includes("must be an address or a host name"));
});

test("accepts what a Wazuh cluster may hold besides, and names what nobody knows", () => {
  deepEqual(problems(node("<interval>2m</interval><socket_timeout>1</socket_timeout>")), []);
  deepEqual(problems(node("<node_nane>x</node_nane>")), [
    "ossec.conf:1:107: warning: <node_nane> is not an option of <cluster> and has no effect",
  ]);
});
