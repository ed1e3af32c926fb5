/**
 * What the link needs from the rest of a node. The programs give it: the spool, the journal, keys on disk, membership,
 * and the registry of agents (agent-needs.ts).
 */
import type { NodeRole } from "../model/node.ts";

/** Two epochs are the same only if both fields agree. `bits` are 16 hex digits. */
export interface Epoch {
  number: number;
  bits: string;
}

export type RecordKind = "events" | "epoch" | "hole";

/** One record of a lane, shipped byte for byte. The link never looks into `bytes`. */
export interface LaneRecord {
  kind: RecordKind;
  lane: number;
  epoch: Epoch;
  /** Seq of its first event; seqs start at 1 in each epoch. */
  first: number;
  /** events: how many; epoch: 0 (and `first` is 1); hole: how many are missing. */
  count: number;
  bytes: Buffer;
}

/** An epoch of which a worker's spool holds something, or its current one. */
export interface HeldEpoch {
  epoch: Epoch;
  first: number;
  /** Seq of the last durable event; 0 when the epoch has none yet. */
  last: number;
}

/** Epochs in order, oldest first; the last one is the current one. */
export interface HeldLane {
  lane: number;
  epochs: readonly HeldEpoch[];
}

/** The worker's spool (or several: one per lane). */
export interface RecordSource {
  held(): readonly HeldLane[];
  /**
   * Durable records of the epoch in order, from the one that holds `fromSeq`; 0 means from the epoch's own record on.
   * At least one if there is any, then as many as `bytesMax` allows. What is missing comes as a record of kind `hole`,
   * so the records never leave a gap. The link makes one call at a time. A rejection ends the link with that error.
   */
  read(lane: number, epoch: Epoch, fromSeq: number, bytesMax: number): Promise<LaneRecord[]>;
  /** Called when more is durable, or a new epoch has begun. Returns the function that ends it. */
  onDurable(listener: () => void): () => void;
  /**
   * Everything of the epoch up to `last` is on the master's disk, or declared lost there. From the call on, and not
   * only when it resolves, this does not wait any more.
   */
  acknowledge(lane: number, epoch: Epoch, last: number): Promise<void>;
  /** The clock with which events are stamped, ms since 1970: the one whose offset the master measures. */
  nowMs(): number;
}

export interface StoredLane {
  lane: number;
  epoch: Epoch;
  last: number;
}

/** `stored` and `duplicate` are acknowledged; every other code closes the session and is told to the worker. */
export interface StoreResult {
  code: string;
  last: number;
}

/** The master's journal. */
export interface RecordStore {
  /** What is durable of this node, every epoch that is still known. */
  stored(node: string): readonly StoredLane[];
  /**
   * Resolves when the record is durable. Called in the order of arrival without waiting for the one before, so several
   * share a sync. `offsetMs`: the master's clock less the node's, already 0 where it is under two seconds. A rejection
   * (our disk has failed) ends the link with that error.
   */
  store(node: string, record: LaneRecord, offsetMs: number): Promise<StoreResult>;
}

/** This node's own Ed25519 pair. */
export interface NodeIdentity {
  /** The raw 32 bytes. */
  readonly publicKey: Buffer;
  sign(message: Uint8Array): Buffer;
}

/** Which key belongs to which name; on the master for its workers. */
export interface Pins {
  /** The raw public key, or `undefined` when the name has never proven itself. */
  of(name: string): Buffer | undefined;
  /** Resolves when the pin is on disk. */
  pin(name: string, publicKey: Buffer): Promise<void>;
}

/** What a worker knows about its master. */
export interface MasterPin {
  /** `undefined` before the first master has proven itself. */
  current(): { name: string; publicKey: Buffer; term: number } | undefined;
  /** Resolves when it is on disk. Called for the first proof, and for a higher term of whoever proves it. */
  pin(master: { name: string; publicKey: Buffer; term: number }): Promise<void>;
}

/** Who asks to join, once the cluster's key and its own key are proven. */
export interface Candidate {
  name: string;
  role: NodeRole;
  sourceAddress: string;
  /** Whether its key is pinned already. With `<approve>` an unpinned one waits: code `not_approved`. */
  isPinned: boolean;
}

export interface AdmissionRefusal {
  /** One of the refusal codes of docs/protocol/link.md; goes over the wire. */
  code: string;
  /** For our log, without its full stop; never goes over the wire. */
  message: string;
}

/** membership's answer, given at once. Pins, signatures and versions are checked by the link itself. */
export interface Admission {
  refusalOf(candidate: Candidate): AdmissionRefusal | undefined;
}

export interface DialTarget {
  /** `undefined`: whoever is the master there. */
  name: string | undefined;
  address: string;
  port: number;
}
