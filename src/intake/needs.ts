/** What intake needs of the node that it runs in: a durable queue, and the take-in time. */

/** The position of a durable source after its last event of a batch; opaque to all but the source. */
export interface BatchMark {
  key: string;
  position: Uint8Array;
}

export interface EventBatch {
  /** The batch in the layout of `model/event.ts`, in memory of its own: the receiver may keep or transfer it. */
  payload: Buffer;
  /** How many events it holds; at least one. */
  count: number;
  marks: BatchMark[];
}

/** The spool of a worker, or the journal of a master. */
export interface AppendBatch {
  /**
   * Resolves when the batch is durable. Called again before that: batches become durable in the order of the calls. A
   * rejection is final for the batcher, whose `run` rejects with it; events in flight are then not acknowledged.
   */
  append(batch: EventBatch): Promise<void>;
}

/** The take-in time of the current epoch: its wall clock at the start plus monotonic time, in ms since 1970. */
export interface TakeInClock {
  nowMs(): number;
}
