/**
 * Whether a node that has proven the cluster's key may join. Only the master asks: a worker never refuses its master
 * for not being listed.
 */
import { isSameAddress } from "../config/address.ts";
import type { NodeRole } from "../model/node.ts";
import type { NodeListing } from "./known-node.ts";

/** Stable codes: they go over the link, into cluster.log and onto the page. */
export type RefusalCode = "own_name" | "second_master" | "unlisted" | "wrong_address";

export interface Refusal {
  readonly code: RefusalCode;
  /** A sentence for people, without its full stop. */
  readonly message: string;
}

export interface AdmissionPolicy {
  readonly ownName: string;
  /** The `<node>` list of cluster.conf without the master itself. */
  readonly listed: readonly NodeListing[];
  /** Whether the file lists anybody (the master itself counts): an unlisted node is then refused. */
  readonly isListBinding: boolean;
  readonly usesSourceIp: boolean;
}

function listingOf(policy: AdmissionPolicy, name: string): NodeListing | undefined {
  return policy.listed.find((listing) => listing.name === name);
}

/** Why the master refuses a node that has proven the key, or `undefined` when it may join. */
export function refusalOf(
  policy: AdmissionPolicy,
  node: { name: string; role: NodeRole; sourceAddress: string },
): Refusal | undefined {
  const { name, role, sourceAddress } = node;
  if (name === policy.ownName) return { code: "own_name", message: `${name} is the master's own name` };
  if (role === "master") return { code: "second_master", message: `${name} is a master, and the cluster has one` };
  const listing = listingOf(policy, name);
  if (listing === undefined && policy.isListBinding) {
    return { code: "unlisted", message: `cluster.conf lists nodes, and ${name} is not among them` };
  }
  if (listing !== undefined && policy.usesSourceIp && !isSameAddress(listing.address, sourceAddress)) {
    const message = `${name} comes from ${sourceAddress}, and cluster.conf says ${listing.address} (use_source_ip is yes)`;
    return { code: "wrong_address", message };
  }
  return undefined;
}

/** The address under which a node that joined is shown, and which the master dials next time. */
export function shownAddress(policy: AdmissionPolicy, name: string, sourceAddress: string): string {
  return policy.usesSourceIp ? sourceAddress : (listingOf(policy, name)?.address ?? sourceAddress);
}
