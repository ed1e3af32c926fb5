/** The nouns of a lane: what is stored, shipped and journalled, and how it is named. */

/**
 * Two epochs are the same only if both fields agree: the number orders them, the bits make a restored disk a new one.
 */
export interface Epoch {
  number: number;
  /** 64 random bits as 16 hex digits. */
  bits: string;
}

/** The epoch before, and the seq of the last event it holds (0: none). */
export interface Predecessor {
  epoch: Epoch;
  last: number;
}

export type RecordKind = "events" | "epoch" | "hole";

/** One record of a lane, as it is stored, shipped and journalled, byte for byte. */
export interface LaneRecord {
  kind: RecordKind;
  lane: number;
  epoch: Epoch;
  /** The seq of its first event; seqs start at 1 in each epoch. */
  first: number;
  /** events: how many; epoch: 0 (and `first` is 1); hole: how many are missing. */
  count: number;
  /** The whole record: header, CRC, marks, payload. May be a view into a larger buffer; nobody writes to it. */
  bytes: Buffer;
}

/** The position of a durable source after its last event in a batch; both are opaque here. */
export interface Mark {
  /** At most 1,024 bytes of UTF-8. */
  key: string;
  /** At most 1,024 bytes. */
  position: Uint8Array;
}

/** What a source appends. `count` may be 0 where only a mark moves. */
export interface Batch {
  /** Raw (uncompressed) events, at most `PAYLOAD_BYTES_MAX`; the caller must not change it afterwards. */
  payload: Buffer;
  count: number;
  marks: readonly Mark[];
}

export function isSameEpoch(a: Epoch, b: Epoch): boolean {
  return a.number === b.number && a.bits === b.bits;
}

/** `7.0123456789abcdef`: for logs and as a key of maps. */
export function nameOfEpoch(epoch: Epoch): string {
  return `${epoch.number}.${epoch.bits}`;
}
