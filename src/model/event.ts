/**
 * An event: one log as it was taken in, before anything has looked at it; and the layout of a batch of them.
 *
 *   batch   := version u8 (1) | baseMs f64 | sourceCount u16 | source* | eventCount u32 | event*
 *   source  := queue u8 | agentId text16 | agentName text16 | agentIp text16 | location text16
 *   event   := source u16 | flags u8 | sinceBaseMs u32 | log bytes32
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

export interface Event {
  source: Source;
  /** When the node took it in: wall clock of the epoch's start plus monotonic time, in ms since 1970. */
  takenInMs: number;
  /** The log was longer than the limit and was cut. */
  isTruncated: boolean;
  /** The bytes as received, without the line's end. */
  log: Buffer;
}

const batchVersion = 1;
/** A log longer than this is cut at intake (ruleset-spec 1.1: a queue message is at most 65,536 bytes). */
export const LOG_BYTES_MAX = 65_536;
/** A source's text fields are bounded where they are taken in; a longer one is our bug, not a peer's. */
export const SOURCE_TEXT_BYTES_MAX = 4_096;

const flagTruncated = 1;
const sourcesMax = 65_535;

/** Collects events until a batch is full. Sources are recognised by identity first, then by value. */
export class EventBatchBuilder {
  readonly #events = new ByteWriter(64 * 1_024);
  readonly #sources = new ByteWriter(1_024);
  #byIdentity = new Map<Source, number>();
  #byValue = new Map<string, number>();
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
  add(source: Source, takenInMs: number, log: Uint8Array, isTruncated: boolean): void {
    if (this.#count === 0) this.#baseMs = takenInMs;
    this.#events
      .u16(this.#indexOf(source))
      .u8(isTruncated ? flagTruncated : 0)
      .u32(Math.min(Math.max(0, Math.round(takenInMs - this.#baseMs)), 0xffff_ffff))
      .bytes32(log);
    this.#count += 1;
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
    const whole = new ByteWriter(32 + this.bytes);
    whole.u8(batchVersion).f64(this.#baseMs).u16(this.#sourceCount).raw(this.#sources.view());
    whole.u32(this.#count).raw(this.#events.view());
    this.#events.clear();
    this.#sources.clear();
    this.#byIdentity = new Map();
    this.#byValue = new Map();
    this.#sourceCount = 0;
    this.#count = 0;
    return whole.copy();
  }
}

/**
 * The events of a batch, in order; logs are views into `bytes`. A batch that is not of this layout gives `undefined`:
 * the bytes came from a peer, so this is a stranger's mistake and not an error.
 */
export function readEventBatch(bytes: Uint8Array): Event[] | undefined {
  const reader = new ByteReader(bytes);
  if (reader.u8() !== batchVersion) return undefined;
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
  return reader.isBroken || reader.remaining > 0 ? undefined : events;
}
