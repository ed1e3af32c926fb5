/** What a node is called, and the words for its state. */

/** Also the form of a node in the TLS identity, in `client.keys`-like files and in paths: nothing else may be added. */
const nodeNamePattern = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/;

export function isNodeName(text: string): boolean {
  return nodeNamePattern.test(text);
}

export type NodeRole = "master" | "worker";

/** These words everywhere: in JSON, in commands, on the page. */
export const nodeStates = ["expected", "waiting", "up", "syncing", "lagging", "down", "refused"] as const;
export type NodeState = (typeof nodeStates)[number];
