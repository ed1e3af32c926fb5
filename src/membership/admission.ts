/** Interface first. */
import type { NodeRole } from "../model/node.ts";
import type { NodeListing } from "./node-table.ts";

/** Stable codes: they go over the link, into cluster.log and onto the page. */
export type RefusalCode = "own_name" | "second_master" | "unlisted" | "wrong_role" | "wrong_address";

export interface Refusal {
  readonly code: RefusalCode;
  /** A sentence for people, without its full stop. */
  readonly message: string;
}

export interface AdmissionPolicy {
  readonly ownName: string;
  /** The `<node>` list of cluster.conf; empty when there is none. */
  readonly listed: readonly NodeListing[];
  readonly usesSourceIp: boolean;
}

/** Why the master refuses a node that has proven the key, or `undefined` when it may join. */
export declare function refusalOf(
  policy: AdmissionPolicy,
  node: { name: string; role: NodeRole; sourceAddress: string },
): Refusal | undefined;
/** The address under which a node that joined is shown, and which the master dials next time. */
export declare function shownAddress(policy: AdmissionPolicy, name: string, sourceAddress: string): string;
