/**
 * The TLS identity `from>to@keyid.tag.role`: docs/protocol/link.md section 3.1. It travels in clear and is only a
 * claim.
 */
import { isNodeName, type NodeRole } from "../model/node.ts";

export interface LinkIdentity {
  from: string;
  /** `undefined` stands for `*`: whoever is the master there. */
  to: string | undefined;
  keyId: string;
  clusterTag: string;
  role: NodeRole;
}

export function writeIdentity({ from, to, keyId, clusterTag, role }: LinkIdentity): string {
  return `${from}>${to ?? "*"}@${keyId}.${clusterTag}.${role === "master" ? "m" : "w"}`;
}

const form = /^([^>@]{1,64})>([^>@]{1,64})@([0-9a-f]{8})\.([0-9a-f]{4})\.([mw])$/;

export function readIdentity(text: string): LinkIdentity | undefined {
  const [, from = "", to = "", keyId = "", clusterTag = "", role] = form.exec(text) ?? [];
  if (!isNodeName(from) || (to !== "*" && !isNodeName(to))) return undefined;
  return { from, to: to === "*" ? undefined : to, keyId, clusterTag, role: role === "m" ? "master" : "worker" };
}

/** What a listener knows about itself. */
export interface Listener {
  name: string;
  role: NodeRole;
  clusterTag: string;
  keyIds: readonly string[];
}

export type IdentityRefusal = "wrong_cluster" | "wrong_key" | "own_name" | "wrong_node";

/**
 * Why a listener refuses an identity. The key comes before the names, so that only who knows a valid key id can try
 * names.
 */
export function refusalOfIdentity(identity: LinkIdentity, listener: Listener): IdentityRefusal | undefined {
  if (identity.clusterTag !== listener.clusterTag) return "wrong_cluster";
  if (!listener.keyIds.includes(identity.keyId)) return "wrong_key";
  if (identity.from === listener.name) return "own_name";
  const isMeant = identity.to === undefined ? listener.role === "master" : identity.to === listener.name;
  return isMeant ? undefined : "wrong_node";
}
