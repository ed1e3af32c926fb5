/**
 * A checkpoint: how far the journal is answered, and all that is needed to go on from there as if nothing had happened.
 *
 *   checkpoint := "ARGUSCP1" | head-length u32 | head | head-crc u32 | body-version u16 | body-length u64 | body | body-crc u32
 *   head       := position u64 | snapshot 32 raw bytes | lengths bytes32
 *
 * The head has this form for ever, so that any Argus can tell from which position alerts may be written; the body is the
 * engine's state (state.ts) and is versioned. CRCs are CRC-32 (zlib's).
 */
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
  /** The engine's state. Undefined: the body is damaged or of another version, and windows must be rebuilt. */
  state: Uint8Array | undefined;
  /** Why `state` is undefined. */
  problem: string | undefined;
}

export declare function writeCheckpoint(head: CheckpointHead, state: Uint8Array): Buffer[];
/** Throws `CheckpointError` when not even the head can be read. */
export declare function readCheckpoint(bytes: Uint8Array): Checkpoint;
