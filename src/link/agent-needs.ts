/**
 * What the link needs from the registry of agents, and gives it, in sessions of version 2 (docs/protocol/link.md 6.2
 * and 6.3). All of it is optional on both ends: a node without it opens the streams and says nothing on them.
 */
import type {
  AgentChange,
  AgentChangeAnswer,
  AgentReport,
  EnrolmentAnswer,
  EnrolmentRequest,
  RegistryRecord,
} from "../model/agent.ts";

/** How far a copy of the registry has come. Nothing yet: sixteen zeros, and 0. */
export interface RegistryPosition {
  /** 16 hex digits: which registry. */
  readonly epoch: string;
  readonly seq: number;
}

export const noPosition: RegistryPosition = { epoch: "0000000000000000", seq: 0 };

/** A step of a copy from `from` to `to`, in the order of `seq`. */
export interface RegistryPage {
  readonly epoch: string;
  /** The copy begins anew; what it has stays in force until `isLast`, and what no page named is gone then. */
  readonly isReset: boolean;
  /** 0 where `isReset` is set. */
  readonly from: number;
  readonly to: number;
  /** Nothing more was there at `to`. */
  readonly isLast: boolean;
  readonly records: readonly RegistryRecord[];
}

/** What an operator may ask for on a worker. */
export type AskedChange = AgentChange | { readonly kind: "restart"; readonly id: string };

/** What became of a message for an agent. `text`: its answer, a character a byte, or why there is none. */
export interface Delivery {
  readonly isDelivered: boolean;
  readonly text: string;
}

/** The master's registry. All of its promises reject only when our own disk has failed, which ends the link. */
export interface AgentsOfMaster {
  position(): RegistryPosition;
  /**
   * At most `max` records behind `held`, and a reset's first page where `held` is not of this registry. The page after
   * one is asked for with its epoch and `to`; `isInReset` says that a reset goes on there, whatever of before was
   * forgotten. Called when there is room for it on the way to the worker, so seldom on a slow one; costs no more than
   * the page does.
   */
  recordsSince(held: RegistryPosition, max: number, isInReset: boolean): RegistryPage;
  /** Called when the position has risen; the page of it may be read at once. Returns the function that ends it. */
  onChanged(listener: () => void): () => void;
  /** Resolves when the registry has them: the node then forgets that it has said so. Ages and counters are claims. */
  report(node: string, reports: readonly AgentReport[]): Promise<void>;
  /** Ids as numbers; that the node holds them is its claim. */
  heard(node: string, ids: readonly number[]): void;
  /** When it resolves, the position has risen past what it did. `source` in the request is the node's claim. */
  enrol(node: string, request: EnrolmentRequest): Promise<EnrolmentAnswer>;
  /** As `enrol`. Whether an operator on that node may is judged here. */
  change(node: string, change: AskedChange): Promise<AgentChangeAnswer>;
}

/** What workers may fetch by its hash: nothing else of the master can be read. */
export interface BlobStore {
  open(sha256: string): Promise<Blob | undefined>;
}

export interface Blob {
  /** Its length, up to 2^30. */
  readonly bytes: number;
  /**
   * `length` bytes from `offset`, which lie within the blob. One call at a time per worker. `undefined` when the blob
   * is there no more: the worker is told that it is missing.
   */
  read(offset: number, length: number): Promise<Buffer | undefined>;
}

/** A worker's copy of the registry, and its listener. */
export interface AgentsOfWorker {
  /** What the copy holds. Within a reset: what it held before. Asked once per session. */
  held(): RegistryPosition;
  /**
   * Pages come one after another and each follows the one before, or is a reset. Resolves when the copy answers by it:
   * an enrolment is answered after that. A rejection (our own disk has failed) ends the link.
   */
  apply(page: RegistryPage): Promise<void>;
  /** Heard from by another node within the last 10 s. */
  heard(node: string, ids: readonly number[]): void;
  /** A message for an agent that this node should hold: a character a byte. Never rejects. */
  deliver(id: string, message: string): Promise<Delivery>;
  /**
   * A session with a master that serves agents is live, or there is none any more. At its begin the listener says
   * again what was not answered, and what it holds. One session at a time; methods of an old one answer that it is.
   */
  onSession(session: AgentsSession | undefined): void;
}

/** What a worker asks of its master while a session lives. None of it ever rejects. */
export interface AgentsSession {
  /** True when the registry has them all. False: say them again, in the next session if this one has ended. */
  report(reports: readonly AgentReport[]): Promise<boolean>;
  /** Up to 20,000 ids. */
  heard(ids: readonly number[]): void;
  /** When it resolves, this node's copy has what it did. Where the master does not answer, a refusal that says so. */
  enrol(request: EnrolmentRequest): Promise<EnrolmentAnswer>;
  change(change: AskedChange): Promise<AgentChangeAnswer>;
}

/** Where a blob is put by the worker that fetches it. */
export interface BlobSink {
  /** More than this is not taken. */
  readonly bytesMax: number;
  /** How much of it is there already, from its beginning. Asked at every begin, so also after a break. */
  offset(): number;
  /** In order, without a gap. A rejection ends the fetching of this blob and nothing else. */
  take(offset: number, bytes: Buffer): Promise<void>;
}

/**
 * `whole`: all bytes were taken; their SHA-256 is the caller's to compare. `missing`: the master does not have it.
 * `too_long`: it is longer than the sink allows. `ended`: the link has stopped.
 */
export type FetchResult = "whole" | "missing" | "too_long" | "ended";
