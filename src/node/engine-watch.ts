/**
 * What the analysis thread is at, in memory that its supervisor reads, so that an event which holds it up or kills it
 * is known by its place (poison-ward.ts). Written by the thread alone, word by word and without any lock: a reader may
 * see words of two moments, so it believes only what it has seen twice.
 *
 *    0 i32  what: the rule that is tested, or `watching.decoder` and so on (analysis/watch.ts)
 *    4 i32  which event of the batch, from 0
 *    8 i32  the thread's number in the kernel; 0 where it is not known
 *   16 f64  the journal position of the batch
 *   32 u8×32  the SHA-256 of the ruleset snapshot that answers
 */
import { watching } from "../analysis/watch.ts";

const bytes = 64;
const positionAt = 16;
const snapshotAt = 32;
const snapshotBytes = 32;

/** One event of the journal. */
export interface EventPlace {
  /** Of its batch. */
  position: number;
  /** In its batch, from 0. */
  event: number;
}

/** Whether the event is `last` or one before it. */
export function isUpTo({ position, event }: EventPlace, last: EventPlace | undefined): boolean {
  if (last === undefined) return false;
  return position < last.position || (position === last.position && event <= last.event);
}

export interface WatchedPlace extends EventPlace {
  /** As in `watching`; never `watching.idle`. */
  what: number;
  snapshotSha256: string;
}

export class EngineWatch {
  readonly shared: SharedArrayBuffer;
  /** Its first word is the engine's. */
  readonly words: Int32Array;
  readonly #position: Float64Array;
  readonly #snapshot: Uint8Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(bytes)) {
    this.shared = shared;
    this.words = new Int32Array(shared);
    this.#position = new Float64Array(shared, positionAt, 1);
    this.#snapshot = new Uint8Array(shared, snapshotAt, snapshotBytes);
  }

  /** Before a thread begins: it is at nothing, and nobody knows its number. */
  clear(): void {
    this.words.fill(0);
    this.words[0] = watching.idle;
    this.#position[0] = 0;
  }

  set event(index: number) {
    this.words[1] = index;
  }

  set position(position: number) {
    this.#position[0] = position;
  }

  set snapshotSha256(sha256: string) {
    this.#snapshot.set(Buffer.from(sha256, "hex"));
  }

  set threadNumber(number: number) {
    this.words[2] = number;
  }

  get threadNumber(): number {
    return this.words[2] ?? 0;
  }

  /** Undefined between events. */
  look(): WatchedPlace | undefined {
    const [what = watching.idle, event = 0] = this.words;
    if (what === watching.idle) return undefined;
    const snapshotSha256 = Buffer.from(this.#snapshot).toString("hex");
    return { what, position: this.#position[0] ?? 0, event, snapshotSha256 };
  }
}
