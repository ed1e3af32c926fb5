/**
 * A checkpoint: how far the journal is answered, and all that is needed to go on from there as if nothing had happened.
 *
 *   checkpoint := "ARGUSCP1" | headLength u32 | head | headCrc u32 | bodyVersion u16 | bodyLength u64
 *               | bodyCrc u32 | body
 *   head       := position u64 | snapshot 32 raw bytes | lengths bytes32
 *
 * Big-endian; CRCs are CRC-32 as of zlib, each over exactly the head or the body. The head has this form for ever, so
 * that any Argus can tell from which position alerts may be written. The body is the engine's state (state.ts) with
 * whatever its owner puts beside it; a body of another version, or a damaged one, leaves the head usable.
 */
import { crc32 } from "node:zlib";
import { assert } from "../base/assert.ts";
import { ByteReader, ByteWriter } from "../base/bytes.ts";
import { CheckpointError } from "./errors.ts";

export interface CheckpointHead {
  /** Everything of the journal before this position is answered and is in the outputs. */
  position: number;
  /** Hex; the ruleset snapshot in force at the position. */
  snapshotSha256: string;
  /** Logical length of every output file: `alerts` writes and reads it. */
  lengths: Uint8Array;
}

export interface Checkpoint {
  head: CheckpointHead;
  /** Undefined: the body is damaged or of another version, and windows must be rebuilt. */
  state: Uint8Array | undefined;
  /** Why `state` is undefined. */
  problem: string | undefined;
}

/** To be raised with every change to what a body holds, `STATE_VERSION` among it. */
export const BODY_VERSION = 3;
const oldestBodyVersion = 2;
/** Windows are capped (`window_memory`), and their written form is smaller than their bytes by our own arithmetic. */
export const CHECKPOINT_BYTES_MAX = 4 * 1_024 * 1_024 * 1_024 - 1;

const magic = Buffer.from("ARGUSCP1", "latin1");
const snapshotPattern = /^[0-9a-f]{64}$/;

/** The pieces of the file, in order; the state is not copied. */
export function writeCheckpoint(head: CheckpointHead, state: Uint8Array): Uint8Array[] {
  assert(snapshotPattern.test(head.snapshotSha256), "a checkpoint names its snapshot by its SHA-256");
  const headBytes = new ByteWriter(64 + head.lengths.length)
    .u64(head.position)
    .raw(Buffer.from(head.snapshotSha256, "hex"))
    .bytes32(head.lengths)
    .copy();
  const front = new ByteWriter(64 + headBytes.length)
    .raw(magic)
    .bytes32(headBytes)
    .u32(crc32(headBytes))
    .u16(BODY_VERSION)
    .u64(state.length)
    .u32(crc32(state));
  return [front.copy(), state];
}

/** Of `front`, the first bytes of a checkpoint, at least as many as `headEndOf` says. Throws `CheckpointError`. */
export function readCheckpointHead(front: Uint8Array): CheckpointHead {
  return readHead(new ByteReader(front));
}

/** How many bytes a file must be read to have its head; `front` are its first twelve. */
export function headEndOf(front: Uint8Array): number {
  const reader = new ByteReader(front);
  reader.raw(magic.length);
  return magic.length + 4 + reader.u32() + 4;
}

function readHead(reader: ByteReader): CheckpointHead {
  if (!reader.raw(magic.length).equals(magic)) throw new CheckpointError("it does not begin as a checkpoint does");
  const headBytes = reader.bytes32();
  const headCrc = reader.u32();
  if (reader.isBroken || crc32(headBytes) !== headCrc) throw new CheckpointError("its head is damaged");
  const headReader = new ByteReader(headBytes);
  const head: CheckpointHead = {
    position: headReader.u64(),
    snapshotSha256: headReader.raw(32).toString("hex"),
    lengths: headReader.bytes32(),
  };
  if (headReader.isBroken) throw new CheckpointError("its head is damaged");
  return head;
}

/** Throws `CheckpointError` when not even the head can be read. */
export function readCheckpoint(bytes: Uint8Array): Checkpoint {
  const reader = new ByteReader(bytes);
  const head = readHead(reader);
  const version = reader.u16();
  const length = reader.u64();
  const bodyCrc = reader.u32();
  const state = reader.raw(length);
  const lacks = (problem: string): Checkpoint => ({ head, state: undefined, problem });
  if (reader.isBroken || reader.remaining > 0) return lacks("its body is cut off or has a tail");
  if (version < oldestBodyVersion || version > BODY_VERSION)
    return lacks(`its body is of version ${version}, not ${BODY_VERSION}`);
  if (crc32(state) !== bodyCrc) return lacks("its body is damaged");
  return { head, state, problem: undefined };
}
