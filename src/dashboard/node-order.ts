/** The nodes as the page lists them: what is not well first, in an order that does not change while nothing does. */
import type { NodeInfo } from "../api/contract/reply.ts";

export type NodeState = NodeInfo["state"];

/** Worst first. */
export const nodeStates: readonly NodeState[] = ["down", "refused", "waiting", "expected", "lagging", "syncing", "up"];

/** A new list, worst first; within equals the master, then by name. */
export function worstFirst(nodes: readonly NodeInfo[]): NodeInfo[] {
  return nodes.toSorted(
    (a, b) =>
      nodeStates.indexOf(a.state) - nodeStates.indexOf(b.state) ||
      Number(b.spool?.isFull ?? false) - Number(a.spool?.isFull ?? false) ||
      oldestOf(a) - oldestOf(b) ||
      Number(b.role === "master") - Number(a.role === "master") ||
      byName.compare(a.name, b.name) ||
      (a.name < b.name ? -1 : 1),
  );
}

/** `worker-node10` after `worker-node9`. */
const byName = new Intl.Collator("en-US", { numeric: true });

/** A node that keeps up always has some event of a moment ago in its spool; rows would change places every second. */
function oldestOf({ state, spool }: NodeInfo): number {
  return state === "down" || state === "lagging" ? (spool?.oldestMs ?? Number.MAX_VALUE) : 0;
}

/** How many nodes are in each state. */
export function countsOf(nodes: readonly NodeInfo[]): Record<NodeState, number> {
  const counts = { down: 0, refused: 0, waiting: 0, expected: 0, lagging: 0, syncing: 0, up: 0 };
  for (const { state } of nodes) counts[state] += 1;
  return counts;
}
