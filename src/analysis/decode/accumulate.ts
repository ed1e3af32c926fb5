/**
 * `<accumulate>` (ruleset-spec 3.7): what several logs of one thing say together. A connection's first log has its
 * address, a later one its user, a third one its outcome; by the id that all of them have, each event gets what those
 * before it had.
 *
 *   part := count u32 (key text, agentId text, eventMs f64, (0 u8 | 1 u8 text) for each name)*    oldest use first
 *
 * Whoever sends logs chooses the ids, so their number is bounded: what was not used for longest is forgotten.
 */
import type { ByteWriter } from "../../base/bytes.ts";
import type { StaticFieldName } from "../../model/alert.ts";
import type { DecodedEvent } from "../decoded-event.ts";
import { ownCopy } from "../own-copy.ts";
import { writeText, type StatePart, type StateReader } from "../state-part.ts";

const names = ["dstuser", "srcuser", "dstip", "srcip", "dstport", "srcport", "data"] as const;
type Kept = Partial<Record<(typeof names)[number] & StaticFieldName, string>>;

interface Entry {
  agentId: string;
  /** Of the last event with this key. */
  eventMs: number;
  kept: Kept;
}

/** Events further apart than this have nothing to do with one another. */
const ageMsMax = 120_000;
const valueBytesMax = 80;
/** A longer key is nobody's: cut, it would mix the values of two. */
const keyBytesMax = 255;
/** At most 8 MiB of keys and values. */
const entriesMax = 8_192;

export class Accumulator implements StatePart {
  readonly name = "accumulate";
  /** By host, decoder and id; the one that was used last is at the end. */
  readonly #entries = new Map<string, Entry>();
  readonly #entriesMax: number;

  constructor(limit = entriesMax) {
    this.#entriesMax = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Fills empty fields of the event with what was kept under its id, and keeps what the event has beyond that. */
  fill(decoded: DecodedEvent): void {
    const { fields, event, decoder } = decoded;
    if (fields.id === undefined) return;
    const key = `${decoded.hostname}\n${decoder?.name ?? ""}\n${fields.id}`;
    if (key.length > keyBytesMax) return;
    const known = this.#entries.get(key);
    const isFresh = known !== undefined && Math.abs(event.eventMs - known.eventMs) <= ageMsMax;
    const kept: Kept = isFresh ? known.kept : {};
    for (const name of names) {
      const value = fields[name];
      if (value === undefined) {
        const before = kept[name];
        if (before !== undefined) fields[name] = before;
      } else kept[name] ??= ownCopy(value.slice(0, valueBytesMax));
    }
    this.#entries.delete(key);
    this.#entries.set(ownCopy(key), { agentId: event.agentId, eventMs: event.eventMs, kept });
    if (this.#entries.size > this.#entriesMax) this.#dropOldest();
  }

  #dropOldest(): void {
    for (const key of this.#entries.keys()) {
      this.#entries.delete(key);
      return;
    }
  }

  forget(agentId: string): void {
    for (const [key, entry] of this.#entries) if (entry.agentId === agentId) this.#entries.delete(key);
  }

  write(writer: ByteWriter): void {
    if (this.#entries.size === 0) return;
    writer.u32(this.#entries.size);
    for (const [key, { agentId, eventMs, kept }] of this.#entries) {
      writeText(writer, key);
      writeText(writer, agentId);
      writer.f64(eventMs);
      for (const name of names) {
        const value = kept[name];
        if (value === undefined) writer.u8(0);
        else {
          writer.u8(1);
          writeText(writer, value);
        }
      }
    }
  }

  read(reader: StateReader): void {
    reader.times(() => {
      const [key, agentId, eventMs] = [reader.text(), reader.text(), reader.f64()];
      const kept: Kept = {};
      for (const name of names) if (reader.u8() === 1) kept[name] = reader.text();
      this.#entries.set(key, { agentId, eventMs, kept });
    });
  }
}
