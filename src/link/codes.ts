/** What the codes of docs/protocol/link.md section 8 mean, for the log of the node that was told one. */

const told: Readonly<Record<string, string>> = {
  wrong_key: "its <key> is not ours",
  wrong_cluster: "its cluster has another <name>",
  wrong_node: "it is not the node that we mean to reach there",
  own_name: "it has the same <node_name> as this node",
  second_master: "it is a master, and a cluster has one",
  not_master: "it is a worker, and only a master takes workers",
  name_mismatch: "its hello and its TLS identity name different nodes",
  no_common_version: "there is no protocol version that both speak; upgrade the older node",
  bad_signature: "the proof of a node key does not verify",
  unlisted: "its cluster.conf lists nodes, and this one is not among them",
  wrong_address: "this node does not come from the address in its cluster.conf (use_source_ip is yes)",
  name_claimed:
    "it knows this node's name with another node key; if this node was set up anew, its line has to go from etc/nodes.keys there",
  not_approved: "this node is new there and waits for approval; the master's cluster.log says how",
  other_master_key:
    "the master that it knows has another key; if this one is right, the line of the other has to go from etc/nodes.keys there",
  lower_term: "it has followed a master of a higher term",
  stopping: "it is stopping",
  too_often: "it sent more messages than its heartbeats cause",
  records_gap: "records of agents came that do not follow those before",
  blob_gap: "pieces of a file came that do not follow those before",
};

/** A part of a sentence about the peer, or the code itself where it is of a version that this one does not know. */
export function meaningOf(code: string): string {
  return told[code] ?? code;
}
