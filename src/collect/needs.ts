/** What a collector needs from whoever takes its lines: one sink for all sources of a node, which may say *stop*. */
import type { EventOrigin, Source } from "../model/event.ts";

/**
 * How far a durable source has been read. The sink keeps the object, not its position, and asks for the position in the
 * moment in which it closes a batch: a source therefore moves its position behind a line *before* it hands that line
 * over, and a batch then carries the position after the last of its lines, never one line more or less.
 */
export interface SourceMark {
  /** Opaque to all but the source. One per source, not per file that it ever read, so that marks stay few. */
  readonly key: string;
  /** The position after the last line handed over. */
  position(): Uint8Array;
}

/** Where collected logs go. Implemented by `intake/batcher.ts`. */
export interface EventSink {
  /**
   * Takes one log of at most `LOG_BYTES_MAX` bytes; they are copied before this returns. `false` asks the source to
   * stop after this one and to wait for `drained()`; the log was taken all the same (unless the node is stopping
   * because its disk failed: then `drained` never resolves, and nothing is acknowledged).
   */
  accept(source: Source, log: Uint8Array, isTruncated: boolean, mark?: SourceMark, origin?: EventOrigin): boolean;
  /** Whether the last answer would have been `false`: a source that cannot wait (UDP) drops instead of accepting. */
  readonly isFull: boolean;
  /** Resolves when sources may go on; at once when they may go on now. Never rejects. */
  drained(): Promise<void>;
  /**
   * Calls back, once, when all that was accepted until now is durable: within this call where it is so already, never
   * when the disk has failed. Calls come in the order in which they were asked for.
   */
  whenDurable(act: () => void): void;
}
