/** What a journal's frame says of a record beside the record itself (docs/protocol/spool-format.md section 2). */
import { assert } from "../base/assert.ts";

/** Where a record comes from. `receivedMs` (wall clock) never decreases in the journal: a lower one is raised. */
export interface Origin {
  node: string;
  receivedMs: number;
  /** The master's clock minus the node's, as measured by the link. */
  offsetMs: number;
}

const nodeBytesMax = 64;
const fixedBytes = 16;

export function originBytes(node: string): number {
  return fixedBytes + Buffer.byteLength(node);
}

export function writeOrigin({ node, receivedMs, offsetMs }: Origin): Buffer {
  const name = Buffer.from(node, "utf8");
  assert(name.length <= nodeBytesMax, "a node's name is at most 64 bytes");
  const bytes = Buffer.allocUnsafe(fixedBytes + name.length);
  bytes.writeDoubleBE(receivedMs, 0);
  bytes.writeDoubleBE(offsetMs, 8);
  bytes.set(name, fixedBytes);
  return bytes;
}

/** Written by us under a CRC: a short one is another version's, and reads as nobody's. */
export function readOrigin(bytes: Buffer): Origin {
  if (bytes.length < fixedBytes) return { node: "", receivedMs: 0, offsetMs: 0 };
  return {
    node: bytes.toString("utf8", fixedBytes),
    receivedMs: bytes.readDoubleBE(0),
    offsetMs: bytes.readDoubleBE(8),
  };
}
