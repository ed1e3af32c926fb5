/**
 * The `<cluster>` section of ossec.conf: which cluster this node belongs to, and as what.
 *
 * This table is the only place where an option's name, default, limits and meaning are written. Without the section, or
 * with `<disabled>yes</disabled>`, the node is a single one and its own master.
 */
import { address, block, needless, oneOf, port, secret, section, text, textList, yesNo } from "../config/schema.ts";
import type { Values } from "../config/schema.ts";
import { weaknessOf } from "./weak-key.ts";

/** A name that a resolver or a person can use: an address, or a host name. */
const hostPattern = {
  test: /^(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9_])?|[0-9A-Fa-f:.]{2,45})$/,
  form: "address or host name",
  refusal: "must be an address or a host name",
};

const nodeNamePattern = {
  test: /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/,
  form: "letters, digits, `.`, `_`, `-`; 1 to 64, not beginning with `.`",
  refusal: "must be 1 to 64 letters, digits, dots, dashes or underscores, and not begin with a dot",
};

const clusterPort = 1_516;

export const clusterSection = section("cluster", {
  help:
    "Which cluster this node belongs to, and as what. Without this section the node is a single one and its own " +
    "master. It is never synchronised.",
  options: {
    name: text({
      initial: "argus",
      bytesMax: 128, // It is part of a TLS identity, which has to stay short.
      pattern: {
        test: /^[\x21-\x7e]+$/,
        form: "text without blanks",
        refusal: "must be of printable ASCII, no blanks",
      },
      help: "The cluster's name, the same on all nodes. A node with another name is refused.",
    }),
    node_name: text({
      pattern: nodeNamePattern,
      help: "This node's name, which no other node of the cluster may have.",
    }),
    node_type: oneOf(["master", "worker"], {
      aliases: { client: "worker" },
      help: "What this node is. A cluster has one master. `client` is an old word for worker.",
    }),
    key: secret({ help: "The secret that all nodes of the cluster share; `openssl rand -hex 32` makes a good one." }),
    weak_key: oneOf(["warn", "refuse"], {
      initial: "warn",
      help: "What to do about a key under 32 characters or a well-known sample: report it, or not start.",
    }),
    port: port({
      initial: clusterPort,
      help: "The TCP port of the cluster's own connections, the same on all nodes.",
    }),
    bind_addr: address({
      initial: "0.0.0.0",
      help: "The address that this node listens on for other nodes, and from which it connects to them.",
    }),
    nodes: block({
      help: "Where the master is, for a worker that is to connect by itself. Not needed where the master knows its workers.",
      options: {
        node: textList({
          pattern: hostPattern,
          bytesMax: 255,
          countMax: 64,
          help: "The master's address. On the master its own address is ignored.",
        }),
      },
    }),
    use_source_ip: yesNo({
      initial: false,
      help:
        "`yes`: a node's address is the one its connection comes from, and must be the one in cluster.conf where that " +
        "names one. `no`: the configured address is used and a node may come from any, as with NAT. The master's counts.",
    }),
    hidden: yesNo({
      initial: false,
      help: "`yes` leaves this node out of agent lists, and the cluster out of the alerts of the events it takes in.",
    }),
    approve: yesNo({
      initial: false,
      help:
        "`yes` makes a node that was never seen wait until its key is in the master's etc/nodes.keys; cluster.log shows " +
        "the line to add. The master's counts.",
    }),
    disabled: yesNo({ initial: false, help: "`yes` makes this a single node, as if the section were not there." }),
    interval: needless("Wazuh's; the master tells its workers at once."),
    socket_timeout: needless("Wazuh's; Argus has limits of its own."),
    connection_timeout: needless("Wazuh's; Argus has limits of its own."),
    haproxy_helper: needless("Wazuh's; agents are moved by other means."),
  },
  isOff: (cluster) => cluster.disabled,
  check(cluster, refuse, warn) {
    // None of these has a default that would be right: a second "node01", or a second master, is found out too late.
    if (cluster.node_name === undefined) refuse("node_name", "must name this node");
    if (cluster.node_type === undefined) refuse("node_type", "must say whether this node is a master or a worker");
    if (cluster.key === undefined) refuse("key", "must be given, and be the same on all nodes");
    const weakness = cluster.key === undefined ? undefined : weaknessOf(cluster.key.reveal());
    if (weakness !== undefined) {
      const say = cluster.weak_key === "refuse" ? refuse : warn;
      say("key", `the key ${weakness}, so it can be guessed; make a better one with: openssl rand -hex 32`);
    }
    if (cluster.approve && cluster.node_type === "master") {
      warn("approve", "a new node is approved by hand: stop the master, add the line of cluster.log to etc/nodes.keys");
    }
    // The text that Wazuh's own template holds in place of an address.
    if (cluster.nodes.node.includes("NODE_IP")) refuse("nodes", "holds NODE_IP where the master's address belongs");
  },
});

export type ClusterOptions = Values<typeof clusterSection.options>;

/** The `<node>` list of etc/shared/cluster.conf. */
export const clusterNodeOptions = {
  name: text({ pattern: nodeNamePattern, help: "The node's name, as its own <node_name> says." }),
  address: text({
    pattern: hostPattern,
    bytesMax: 255,
    help: "Where the master finds it. With <use_source_ip> its connection must come from there.",
  }),
  port: port({ help: "The port it listens on, where it is not the <port> of the master's ossec.conf." }),
  type: oneOf(["worker", "master"], {
    initial: "worker",
    aliases: { client: "worker" },
    help: "What the node is. Only one may be the master; workers may then connect to it.",
  }),
};
