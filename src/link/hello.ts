/**
 * Who signs what in hello and welcome: docs/protocol/link.md section 4. The exporter ties a signature to one
 * connection, the role keeps the master's from being used as a worker's, and lengths keep two lists from having the
 * same bytes.
 */
import { createHash, createPublicKey, verify } from "node:crypto";
import type { NodeRole } from "../model/node.ts";
import { ByteWriter } from "../base/bytes.ts";
import type { HeldLane, NodeIdentity } from "./needs.ts";
import type { Hello } from "./wire.ts";

/** What both ends of the connection know to be signed. */
export interface Claim {
  exporter: Buffer;
  cluster: string;
  name: string;
  role: NodeRole;
}

function signedBytes(claim: Claim, publicKey: Buffer): Buffer {
  const writer = new ByteWriter(512);
  const texts = [claim.cluster, claim.name, claim.role].map((text) => Buffer.from(text, "utf8"));
  for (const piece of [Buffer.from("argus-hello-1"), claim.exporter, ...texts, publicKey]) writer.bytes32(piece);
  return writer.copy();
}

export function proofOf(identity: NodeIdentity, claim: Claim): { publicKey: string; signature: string } {
  const signature = identity.sign(signedBytes(claim, identity.publicKey));
  return { publicKey: identity.publicKey.toString("base64"), signature: signature.toString("base64") };
}

/** The DER header of an Ed25519 public key (RFC 8410); the raw 32 bytes follow it. */
const ed25519Prefix = Buffer.from("302a300506032b6570032100", "hex");

/** The raw public key that made the signature, or `undefined` when it does not verify. */
export function provenKey(proof: { publicKey: string; signature: string }, claim: Claim): Buffer | undefined {
  const publicKey = Buffer.from(proof.publicKey, "base64");
  if (publicKey.length !== 32) return undefined;
  try {
    const key = createPublicKey({ key: Buffer.concat([ed25519Prefix, publicKey]), format: "der", type: "spki" });
    const signature = Buffer.from(proof.signature, "base64");
    return verify(null, signedBytes(claim, publicKey), key, signature) ? publicKey : undefined;
  } catch {
    return undefined; // 32 bytes that are no point of the curve.
  }
}

/** How a key is shown to people: `SHA256:` and the first 16 hex digits in groups. */
export function fingerprintOf(publicKey: Buffer): string {
  const digits = createHash("sha256").update(publicKey).digest("hex").slice(0, 16);
  return `SHA256:${digits.match(/.{4}/g)?.join("-") ?? ""}`;
}

/** Enough for a master that was away for a thousand restarts; later ones are shipped from their beginning. */
const epochsMax = 1_000;

/** What hello says of the spool. */
export function helloLanes(held: readonly HeldLane[]): Hello["lanes"] {
  return held.map(({ lane, epochs }) => ({
    lane,
    epochs: epochs.slice(0, epochsMax).map(({ epoch, first, last }) => ({
      epoch: { number: epoch.number, bits: epoch.bits },
      first,
      last,
    })),
  }));
}
