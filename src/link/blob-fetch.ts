/**
 * What a worker fetches of its master's blobs, one after another, across sessions: a blob that a break has cut is asked
 * for again from where its sink is (docs/protocol/link.md 6.3). No clock and no socket; the session of the moment is
 * attached and detached.
 */
import { Turns } from "../base/turns.ts";
import type { BlobSink, FetchResult } from "./agent-needs.ts";
import type { Piece } from "./frames.ts";

/** The session of the moment. */
export interface BlobWire {
  want(sha256: string, offset: number): void;
  pause(): void;
  resume(): void;
}

interface Fetch {
  readonly sha256: string;
  readonly sink: BlobSink;
  /** Where the next piece begins; `undefined` while it has not been asked for in this session. */
  next: number | undefined;
  total: number | undefined;
  /** Its asker has been told how it ended; what still comes is passed over. */
  isSettled: boolean;
  readonly settle: (result: FetchResult) => void;
  readonly fail: (error: unknown) => void;
}

export type BlobFault = "blob_gap" | "out_of_turn";

export class BlobFetches {
  readonly #takingBytesMax: number;
  readonly #turns = new Turns();
  #queue: Fetch[] = [];
  #wire: BlobWire | undefined;
  #takingBytes = 0;
  #isPaused = false;

  constructor(takingBytesMax: number) {
    this.#takingBytesMax = takingBytesMax;
  }

  /** Rejects with what `sink.take` rejects with. Without a session it waits for one. */
  fetch(sha256: string, sink: BlobSink): Promise<FetchResult> {
    return new Promise((resolve, reject) => {
      const fetch: Fetch = {
        ...{ sha256, sink, next: undefined, total: undefined, isSettled: false },
        settle: (result) => {
          fetch.isSettled = true;
          resolve(result);
        },
        fail: (error) => {
          fetch.isSettled = true;
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      };
      this.#queue.push(fetch);
      if (this.#queue.length === 1) this.#ask();
    });
  }

  attach(wire: BlobWire): void {
    this.#wire = wire;
    this.#isPaused = false;
    this.#ask();
  }

  detach(): void {
    this.#wire = undefined;
    const [head] = this.#queue;
    if (head === undefined) return;
    head.next = undefined;
    head.total = undefined;
    if (head.isSettled) this.#queue.shift();
  }

  /** No session will come any more. */
  stop(): void {
    this.#wire = undefined;
    for (const fetch of this.#queue) if (!fetch.isSettled) fetch.settle("ended");
    this.#queue = [];
  }

  /** A fault ends the session. */
  onPiece({ sha256, offset, total, bytes }: Piece): BlobFault | undefined {
    const [head] = this.#queue;
    if (head?.next === undefined) return "out_of_turn";
    head.total ??= total;
    const end = offset + bytes.length;
    if (sha256 !== head.sha256 || offset !== head.next || total !== head.total || end > total) return "blob_gap";
    if (bytes.length === 0 && end < total) return "blob_gap";
    if (total > head.sink.bytesMax && !head.isSettled) head.settle("too_long");
    head.next = end;
    this.#take(head, offset, bytes);
    if (end === total) this.#over(head);
    return undefined;
  }

  onMissing(sha256: string): BlobFault | undefined {
    const [head] = this.#queue;
    if (head?.next === undefined) return "out_of_turn";
    if (sha256 !== head.sha256) return "blob_gap";
    this.#turn(() => {
      if (!head.isSettled) head.settle("missing");
    });
    this.#shift();
    return undefined;
  }

  /** Asks for the first of the queue, when what was taken of it before is in its sink. */
  #ask(): void {
    const wire = this.#wire;
    const [head] = this.#queue;
    if (wire === undefined || head === undefined) return;
    this.#turn(() => {
      if (this.#wire !== wire || this.#queue[0] !== head || head.next !== undefined) return;
      if (head.isSettled) return this.#shift();
      head.next = head.sink.offset();
      wire.want(head.sha256, head.next);
    });
  }

  #take(head: Fetch, offset: number, bytes: Buffer): void {
    if (head.isSettled || bytes.length === 0) return;
    this.#takingBytes += bytes.length;
    this.#flow();
    void this.#turns
      .take(async () => {
        if (!head.isSettled) await head.sink.take(offset, bytes);
      })
      .catch((error: unknown) => head.fail(error))
      .then(() => {
        this.#takingBytes -= bytes.length;
        this.#flow();
      });
  }

  #over(head: Fetch): void {
    this.#turn(() => {
      if (!head.isSettled) head.settle("whole");
    });
    this.#shift();
  }

  #shift(): void {
    this.#queue.shift();
    this.#ask();
  }

  #turn(act: () => void): void {
    void this.#turns.take(async () => {
      await Promise.resolve();
      act();
    });
  }

  /** The peer is slowed down before this memory grows. */
  #flow(): void {
    const isPaused = this.#takingBytes > this.#takingBytesMax * (this.#isPaused ? 0.5 : 1);
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    if (isPaused) this.#wire?.pause();
    else this.#wire?.resume();
  }
}
