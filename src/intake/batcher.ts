/**
 * Collects the events of all sources of a node into batches, and appends a batch when it is full or old enough.
 *
 *   sources ──accept──▶ open batch ──full, or 20 ms old──▶ append (several in flight) ──▶ durable
 *
 * Memory is bounded by what waits to become durable: beyond the limits `accept` says *stop*, and sources wait until
 * half of it is gone. A batch is closed only after an event was added, never before one, because a source has moved its
 * mark behind that event already (collect/needs.ts).
 */
import { assert } from "../base/assert.ts";
import type { Clock, Timer } from "../base/clock.ts";
import type { Service } from "../base/service.ts";
import type { EventSink, SourceMark } from "../collect/needs.ts";
import { EventBatchBuilder, type EventOrigin, LOG_BYTES_MAX, type Source } from "../model/event.ts";
import type { AppendBatch, BatchMark, TakeInClock } from "./needs.ts";

export interface BatcherLimits {
  /** A batch of this size is closed at once. */
  batchBytes: number;
  /** A batch is closed when its first event is this old, unless enough batches are in flight already. */
  batchMs: number;
  /** Bytes and events that wait to become durable, the open batch among them; beyond either, sources must stop. */
  pendingBytesMax: number;
  pendingEventsMax: number;
}

export const batcherDefaults: BatcherLimits = {
  batchBytes: 256 * 1_024, // Against 64 KiB: 1.5 times less CPU and 12 % less disk; 1 MiB gains nothing more.
  batchMs: 20,
  pendingBytesMax: 4 * 1_024 * 1_024, // Sixteen whole batches: a slow sync of 100 ms at 150,000 lines/s of 200 bytes.
  pendingEventsMax: 131_072, // The default of <queue_size>.
};

export interface BatcherOptions {
  store: AppendBatch;
  takeIn: TakeInClock;
  clock: Clock;
  limits?: Partial<BatcherLimits>;
}

export interface BatcherCounters {
  /** Events taken in since the start. */
  accepted: number;
  /** Events that are durable. */
  durable: number;
  /** Logs that were cut at the limit. */
  truncated: number;
  batches: number;
  /** Bytes of logs taken in. */
  logBytes: number;
  /** How often sources were told to stop. */
  stops: number;
  pendingEvents: number;
  pendingBytes: number;
}

/** With this many batches in flight the store is the slow part: the open batch may then grow beyond `batchMs`. */
const inFlightBeforeWaiting = 4;

/** One per node. `run` must be running while events are accepted: it is where a failed append comes out. */
export class Batcher implements EventSink, Service {
  readonly name = "batcher";
  readonly #store: AppendBatch;
  readonly #takeIn: TakeInClock;
  readonly #clock: Clock;
  readonly #limits: BatcherLimits;
  readonly #builder = new EventBatchBuilder();
  readonly #counters: BatcherCounters = {
    accepted: 0,
    durable: 0,
    truncated: 0,
    batches: 0,
    logBytes: 0,
    stops: 0,
    pendingEvents: 0,
    pendingBytes: 0,
  };
  #marks = new Set<SourceMark>();
  #lastMark: SourceMark | undefined;
  #timer: Timer | undefined;
  /** The open batch reached its age while enough others were in flight. */
  #isOverdue = false;
  #inFlight = 0;
  #inFlightBytes = 0;
  #inFlightEvents = 0;
  #isStopped = false;
  /** In the order of `accepted`. */
  #awaited: { accepted: number; act: () => void }[] = [];
  #drained: { promise: Promise<void>; resolve: () => void } | undefined;
  #failure: { error: unknown } | undefined;
  #onSettled: () => void = () => undefined;

  constructor(options: BatcherOptions) {
    this.#store = options.store;
    this.#takeIn = options.takeIn;
    this.#clock = options.clock;
    this.#limits = { ...batcherDefaults, ...options.limits };
  }

  get isFull(): boolean {
    return this.#isStopped;
  }

  counters(): BatcherCounters {
    return {
      ...this.#counters,
      pendingEvents: this.#inFlightEvents + this.#builder.count,
      pendingBytes: this.#inFlightBytes + this.#builder.bytes,
    };
  }

  accept(source: Source, log: Uint8Array, isTruncated: boolean, mark?: SourceMark, origin?: EventOrigin): boolean {
    if (this.#failure !== undefined) return false; // The node is stopping: nothing can be kept any more.
    assert(log.length <= LOG_BYTES_MAX, "a source handed over a log beyond the limit");
    this.#builder.add(source, this.#takeIn.nowMs(), log, isTruncated, origin);
    const counters = this.#counters;
    counters.accepted += 1;
    counters.logBytes += log.length;
    if (isTruncated) counters.truncated += 1;
    if (mark !== undefined && mark !== this.#lastMark) {
      this.#marks.add(mark);
      this.#lastMark = mark;
    }
    if (this.#builder.bytes >= this.#limits.batchBytes || this.#builder.isFullOfSources) this.#close();
    else if (this.#builder.count === 1) this.#startTimer();
    if (!this.#isStopped && this.#isOverLimit(1)) this.#stop();
    return !this.#isStopped;
  }

  drained(): Promise<void> {
    return this.#drained?.promise ?? Promise.resolve();
  }

  whenDurable(act: () => void): void {
    const { accepted, durable } = this.#counters;
    if (durable >= accepted) act();
    else this.#awaited.push({ accepted, act });
  }

  /**
   * Works until `signal` is aborted, then closes the open batch and resolves when all is durable: whoever stops a node
   * stops the sources first. Rejects with the error of a failed append.
   */
  async run(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#onSettled = () => {
        if (this.#failure !== undefined) reject(this.#failure.error);
        else if (signal.aborted && this.#inFlight === 0 && this.#builder.count === 0) resolve();
      };
      const onAbort = (): void => {
        this.#close();
        this.#onSettled();
      };
      signal.addEventListener("abort", onAbort, { once: true });
      if (signal.aborted) onAbort();
      else this.#onSettled();
    });
  }

  #startTimer(): void {
    this.#timer = this.#clock.after(this.#limits.batchMs, () => {
      this.#timer = undefined;
      if (this.#inFlight < inFlightBeforeWaiting) this.#close();
      else this.#isOverdue = true;
    });
  }

  #close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#isOverdue = false;
    const count = this.#builder.count;
    if (count === 0 || this.#failure !== undefined) return;
    const marks: BatchMark[] = [];
    for (const mark of this.#marks) marks.push({ key: mark.key, position: mark.position() });
    this.#marks.clear();
    this.#lastMark = undefined;
    const payload = this.#builder.take();
    this.#inFlight += 1;
    this.#inFlightBytes += payload.length;
    this.#inFlightEvents += count;
    this.#counters.batches += 1;
    const bytes = payload.length;
    this.#store.append({ payload, count, marks }).then(
      () => this.#onDurable(count, bytes),
      (error: unknown) => this.#onFailure(error),
    );
  }

  #onDurable(count: number, bytes: number): void {
    this.#inFlight -= 1;
    this.#inFlightBytes -= bytes;
    this.#inFlightEvents -= count;
    this.#counters.durable += count;
    if (this.#awaited.length > 0) this.#tellDurable();
    if (this.#isOverdue) this.#close();
    if (this.#isStopped && !this.#isOverLimit(0.5)) this.#goOn();
    this.#onSettled();
  }

  #tellDurable(): void {
    const { durable } = this.#counters;
    const later = this.#awaited.findIndex(({ accepted }) => accepted > durable);
    const due = this.#awaited.splice(0, later < 0 ? this.#awaited.length : later);
    for (const { act } of due) act();
  }

  /** Sources stay stopped: what they would send now could not be kept. */
  #onFailure(error: unknown): void {
    this.#failure ??= { error };
    if (!this.#isStopped) this.#stop();
    this.#onSettled();
  }

  #isOverLimit(share: number): boolean {
    return (
      this.#inFlightBytes + this.#builder.bytes > this.#limits.pendingBytesMax * share ||
      this.#inFlightEvents + this.#builder.count > this.#limits.pendingEventsMax * share
    );
  }

  #stop(): void {
    this.#isStopped = true;
    this.#counters.stops += 1;
    let resolve: () => void = () => undefined;
    const promise = new Promise<void>((done) => (resolve = done));
    this.#drained = { promise, resolve };
  }

  #goOn(): void {
    if (this.#failure !== undefined) return;
    this.#isStopped = false;
    const drained = this.#drained;
    this.#drained = undefined;
    drained?.resolve();
  }
}
