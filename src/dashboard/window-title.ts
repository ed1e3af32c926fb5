/** What the browser's tab says: it is seen from another tab, so what is not well stands first. */
import type { NodeInfo } from "../api/contract/reply.ts";
import { countsOf, nodeStates } from "./node-order.ts";
import type { Connection } from "./store.ts";
import { visibleString } from "./visible-text.ts";

/** Longer names push nothing away: what is not well stands before them. */
const NAME_LENGTH_MAX = 64;

export interface TitleInput {
  /** The cluster's name, or the node's where it is alone; empty while it is not known. */
  name: string;
  nodes: readonly NodeInfo[];
  connection: Connection;
}

/** `1 DOWN · argus-cluster · Argus`. */
export function windowTitleOf({ name, nodes, connection }: TitleInput): string {
  const counts = countsOf(nodes);
  const worst = nodeStates.find((state) => counts[state] > 0);
  const parts = [
    // A tab that nobody sees still asks how the nodes are, and says so when there is no answer.
    connection.name === "stale" && connection.reason !== "hidden" ? "Stale" : "",
    worst === undefined || worst === "up" ? "" : `${counts[worst]} ${worst.toUpperCase()}`,
    visibleString(name.slice(0, NAME_LENGTH_MAX)),
    "Argus",
  ];
  return parts.filter((part) => part !== "").join(" · ");
}
