/** What is wrong with the key of a node's cluster, in the words of `membership/weak-key.ts`; empty without a fault. */
import { weaknessOf } from "../membership/weak-key.ts";
import type { NodeSettings } from "./settings.ts";

export function keyWeaknessOf({ cluster }: Pick<NodeSettings, "cluster">): string {
  return cluster?.key === undefined ? "" : (weaknessOf(cluster.key.reveal()) ?? "");
}
