/**
 * A sink that keeps what it is given, with batches that a test makes durable when it likes. A kill loses what is not
 * durable; the marks of the last durable batch are then where sources go on.
 */
import type { EventSink, SourceMark } from "../../src/collect/needs.ts";
import type { Source } from "../../src/model/event.ts";

export interface Taken {
  location: string;
  /** Byte string. */
  log: string;
  isTruncated: boolean;
}

export class LineSink implements EventSink {
  durable: Taken[] = [];
  open: Taken[] = [];
  /** Of each mark, the position that the last durable batch carried. */
  marks = new Map<string, Uint8Array>();
  /** How many more logs may come before the sink says stop; endless unless a test sets it. */
  room = Number.POSITIVE_INFINITY;
  readonly #openMarks = new Set<SourceMark>();
  #onDrained: (() => void)[] = [];
  #awaited: (() => void)[] = [];

  get isFull(): boolean {
    return this.room <= 0;
  }

  /** All that was taken, durable or not. */
  get taken(): Taken[] {
    return [...this.durable, ...this.open];
  }

  logs(): string[] {
    return this.taken.map(({ log, isTruncated }) => (isTruncated ? `${log}…` : log));
  }

  accept(source: Source, log: Uint8Array, isTruncated: boolean, mark?: SourceMark): boolean {
    this.open.push({ location: source.location, log: Buffer.from(log).toString("latin1"), isTruncated });
    if (mark !== undefined) this.#openMarks.add(mark);
    this.room -= 1;
    return !this.isFull;
  }

  drained(): Promise<void> {
    return this.isFull ? new Promise((resolve) => this.#onDrained.push(resolve)) : Promise.resolve();
  }

  whenDurable(act: () => void): void {
    if (this.open.length === 0) act();
    else this.#awaited.push(act);
  }

  makeRoom(room: number): void {
    this.room = room;
    const waiting = this.#onDrained;
    this.#onDrained = [];
    for (const goOn of waiting) goOn();
  }

  /** Closes the batch, as the batcher does: positions are asked for now. */
  commit(): void {
    for (const mark of this.#openMarks) this.marks.set(mark.key, mark.position());
    this.#openMarks.clear();
    this.durable.push(...this.open);
    this.open = [];
    const awaited = this.#awaited;
    this.#awaited = [];
    for (const act of awaited) act();
  }

  kill(): void {
    this.open = [];
    this.#openMarks.clear();
    this.#awaited = [];
    this.room = Number.POSITIVE_INFINITY;
  }
}
