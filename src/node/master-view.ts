/** What a worker knows of its master, and by it of the rest of the cluster. */
import { Check, Clean } from "typebox/value";
import { nodesReply, type NodeInfo } from "../api/contract/reply.ts";

export class MasterView {
  name = "";
  isConnected = false;
  /** Why this worker, or its master, was refused since the last session; empty when there is one. */
  lastRefusal = "";
  #sinceMs: number;
  #nodes: readonly NodeInfo[] = [];

  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
  }

  joined(name: string, nowMs: number): void {
    this.name = name;
    this.lastRefusal = ""; // What stood between the two does no longer.
    this.#become(true, nowMs);
  }

  lost(nowMs: number): void {
    this.#become(false, nowMs);
  }

  #become(isConnected: boolean, nowMs: number): void {
    if (this.isConnected !== isConnected) this.#sinceMs = nowMs;
    this.isConnected = isConnected;
  }

  /**
   * The master's view of the cluster, as it came; anything else than that is passed over. Fields that this version does
   * not know are left out: a later master may say more (docs/protocol/link.md section 6).
   */
  take(snapshot: unknown): void {
    const reply = Clean(nodesReply, { nodes: structuredClone(snapshot) });
    if (Check(nodesReply, reply)) this.#nodes = reply.nodes;
  }

  /** Since when there is a session with the master. */
  get connectedMs(): number | undefined {
    return this.isConnected ? this.#sinceMs : undefined;
  }

  /** What the master says of the node `ownName`, while there is a session with it. */
  ofMaster(ownName: string): NodeInfo | undefined {
    return this.isConnected ? this.#nodes.find((node) => node.name === ownName) : undefined;
  }

  /** All nodes but `ownName`, as the master said last; the master itself as it is seen from here. */
  others(ownName: string): NodeInfo[] {
    return this.#nodes
      .filter((node) => node.name !== ownName)
      .map((node) =>
        // That it cannot be reached now is known better here than by what it said last.
        node.role === "master" && !this.isConnected
          ? { ...node, state: "down", sinceMs: this.#sinceMs, note: "no session with it" }
          : node,
      );
  }
}
