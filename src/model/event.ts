/**
 * An event: one log as it was taken in, before anything has looked at it; and the layout of a batch of them.
 *
 *   batch   := version u8 (1 or 2) | baseMs f64 | sourceCount u16 | source* | eventCount u32 | event* | runs
 *   source  := queue u8 | agentId text16 | agentName text16 | agentIp text16 | location text16
 *   event   := source u16 | flags u8 | sinceBaseMs u32 | log bytes32
 *   runs    := runCount u32 | run*                                       in version 2 only
 *   run     := index u32 | count u32 | epoch u64, 8 bytes | firstSeq u64
 *
 * A run names `count` successive events from `index` on that an agent numbered itself, so that the same event is known
 * again when it comes by another node. Runs are in the order of the events and do not overlap. A batch without any is
 * of version 1, which every Argus reads.
 *
 * Integers are big-endian, text16 is UTF-8 after its 16-bit length, bytes32 are raw bytes after their 32-bit length.
 * Sources are in order of first use. A log holds any bytes; it is never decoded to text before an alert is written.
 * The node that took the events in is not repeated here: the journal's record names it.
 */
import { ByteReader, ByteWriter } from "../base/bytes.ts";

/** The message type of the OSSEC queue (ruleset-spec 1.1): `1` local file or agent log, `2` remote syslog. */
export type Queue = string;

export interface Source {
  queue: Queue;
  /** `000` is the node itself, and stands for its files and its syslog senders. */
  agentId: string;
  /** Empty for `000`: its name is the node's. */
  agentName: string;
  /** Empty where it is not known, and for `000`. */
  agentIp: string;
  /** A file's path, a syslog sender's address, or the name of the part of Argus that speaks. */
  location: string;
}

/** A run of numbers of an agent's own; two are the same only if both fields agree. */
export interface EventEpoch {
  readonly number: number;
  /** 64 random bits as 16 hex digits. */
  readonly bits: string;
}

/** How an agent that keeps what it sends until it is stored names an event. */
export interface EventOrigin {
  readonly epoch: EventEpoch;
  /** From 1. */
  readonly seq: number;
}

export interface Event {
  source: Source;
  /** When the node took it in: wall clock of the epoch's start plus monotonic time, in ms since 1970. */
  takenInMs: number;
  /** The log was longer than the limit and was cut. */
  isTruncated: boolean;
  /** The bytes as received, without the line's end. */
  log: Buffer;
  /** Absent where the sender does not number its events. */
  origin?: EventOrigin;
}

interface Run {
  readonly index: number;
  count: number;
  readonly epoch: EventEpoch;
  readonly first: number;
}

const plainVersion = 1;
const numberedVersion = 2;
/** A log longer than this is cut at intake (ruleset-spec 1.1: a queue message is at most 65,536 bytes). */
export const LOG_BYTES_MAX = 65_536;
/** A source's text fields are bounded where they are taken in; a longer one is our bug, not a peer's. */
export const SOURCE_TEXT_BYTES_MAX = 4_096;

const flagTruncated = 1;
const epochBitsBytes = 8;
const runBytes = 32;
const sourcesMax = 65_535;

/** Collects events until a batch is full. Sources are recognised by identity first, then by value. */
export class EventBatchBuilder {
  readonly #events = new ByteWriter(64 * 1_024);
  readonly #sources = new ByteWriter(1_024);
  #byIdentity = new Map<Source, number>();
  #byValue = new Map<string, number>();
  #runs: Run[] = [];
  #sourceCount = 0;
  #count = 0;
  #baseMs = 0;

  get count(): number {
    return this.#count;
  }

  /** Bytes of the batch so far, near enough to decide that it is full. */
  get bytes(): number {
    return this.#events.length + this.#sources.length;
  }

  /** Whether another source could still be named; a batch that is not full in bytes may be so in sources. */
  get isFullOfSources(): boolean {
    return this.#sourceCount >= sourcesMax - 1;
  }

  /** Copies the log. `takenInMs` may be below the first event's: it is then counted as equal to it. */
  add(source: Source, takenInMs: number, log: Uint8Array, isTruncated: boolean, origin?: EventOrigin): void {
    if (this.#count === 0) this.#baseMs = takenInMs;
    if (origin !== undefined) this.#number(origin);
    this.#events
      .u16(this.#indexOf(source))
      .u8(isTruncated ? flagTruncated : 0)
      .u32(Math.min(Math.max(0, Math.round(takenInMs - this.#baseMs)), 0xffff_ffff))
      .bytes32(log);
    this.#count += 1;
  }

  #number({ epoch, seq }: EventOrigin): void {
    const last = this.#runs.at(-1);
    const isNext = last !== undefined && last.index + last.count === this.#count && last.first + last.count === seq;
    if (isNext && last.epoch.number === epoch.number && last.epoch.bits === epoch.bits) last.count += 1;
    else this.#runs.push({ index: this.#count, count: 1, epoch, first: seq });
  }

  #indexOf(source: Source): number {
    const known = this.#byIdentity.get(source);
    if (known !== undefined) return known;
    const { queue, agentId, agentName, agentIp, location } = source;
    const value = JSON.stringify([queue, agentId, agentName, agentIp, location]);
    let index = this.#byValue.get(value);
    if (index === undefined) {
      index = this.#sourceCount++;
      this.#sources.u8(queue.charCodeAt(0)).text16(agentId).text16(agentName).text16(agentIp).text16(location);
      this.#byValue.set(value, index);
    }
    this.#byIdentity.set(source, index);
    return index;
  }

  /** The bytes of the batch, in memory of their own; the builder is empty afterwards. */
  take(): Buffer {
    const hasRuns = this.#runs.length > 0;
    const whole = new ByteWriter(32 + this.bytes + this.#runs.length * runBytes);
    whole.u8(hasRuns ? numberedVersion : plainVersion).f64(this.#baseMs);
    whole.u16(this.#sourceCount).raw(this.#sources.view());
    whole.u32(this.#count).raw(this.#events.view());
    if (hasRuns) writeRuns(whole, this.#runs);
    this.#events.clear();
    this.#sources.clear();
    this.#runs = [];
    this.#byIdentity = new Map();
    this.#byValue = new Map();
    this.#sourceCount = 0;
    this.#count = 0;
    return whole.copy();
  }
}

function writeRuns(writer: ByteWriter, runs: readonly Run[]): void {
  writer.u32(runs.length);
  for (const { index, count, epoch, first } of runs) {
    writer.u32(index).u32(count).u64(epoch.number).raw(Buffer.from(epoch.bits, "hex")).u64(first);
  }
}

/** Gives the events their origins; false: the runs are none of this batch. */
function readRuns(reader: ByteReader, events: readonly Event[]): boolean {
  let from = 0;
  for (let left = reader.u32(); left > 0 && !reader.isBroken; left -= 1) {
    const [index, count] = [reader.u32(), reader.u32()];
    const epoch = { number: reader.u64(), bits: reader.raw(epochBitsBytes).toString("hex") };
    const first = reader.u64();
    if (index < from || count === 0 || index + count > events.length) return false;
    if (!Number.isSafeInteger(epoch.number) || !Number.isSafeInteger(first + count)) return false;
    from = index + count;
    for (let at = 0; at < count; at += 1) {
      const event = events[index + at];
      if (event !== undefined) event.origin = { epoch, seq: first + at };
    }
  }
  return !reader.isBroken;
}

/**
 * The events of a batch, in order; logs are views into `bytes`. A batch that is not of this layout gives `undefined`:
 * the bytes came from a peer, so this is a stranger's mistake and not an error.
 */
export function readEventBatch(bytes: Uint8Array): Event[] | undefined {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  if (version !== plainVersion && version !== numberedVersion) return undefined;
  const baseMs = reader.f64();
  const sources: Source[] = [];
  for (let left = reader.u16(); left > 0 && !reader.isBroken; left -= 1) {
    const queue = String.fromCharCode(reader.u8());
    const [agentId, agentName, agentIp, location] = [
      reader.text16(),
      reader.text16(),
      reader.text16(),
      reader.text16(),
    ];
    sources.push({ queue, agentId, agentName, agentIp, location });
  }
  const count = reader.u32();
  const events: Event[] = [];
  for (let index = 0; index < count && !reader.isBroken; index += 1) {
    const source = sources[reader.u16()];
    const flags = reader.u8();
    const takenInMs = baseMs + reader.u32();
    const log = reader.bytes32();
    if (source === undefined) return undefined;
    events.push({ source, takenInMs, isTruncated: (flags & flagTruncated) !== 0, log });
  }
  if (version === numberedVersion && !readRuns(reader, events)) return undefined;
  return reader.isBroken || reader.remaining > 0 ? undefined : events;
}
