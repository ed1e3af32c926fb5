/**
 * All that an engine remembers from event to event, in one object that a checkpoint writes and reads back exactly.
 *
 *   state := version u16 (4) | hour u64 | nextSweepMs f64 | nextSeq u64 | dropped u64 | ftsDropped u64
 *          | firedTimes | lastFired | quarantined | fts | ftsIds | remembered | windows | parts
 *   firedTimes  := count u32 (ruleId u32 count u32)*
 *   lastFired   := count u32 (ruleId u32 eventMs f64)*              none since there is a part of it (firing-times.ts)
 *   texts       := count u32 (ruleId u32 fingerprint text)*         for quarantined, and for every rule named above
 *   fts, ftsIds := count u32 text*
 *   remembered  := count u32 (seq u64 agent text eventMs f64 receivedMs f64 hasDynamic u8 consumed u32 log text)*
 *   windows     := count u32 (ruleId u32 fingerprint text, count u32 (key text, count u32 entry*)*)*
 *   entry       := index into remembered u32 | count u16 (0 u8 | 1 u8 text)*
 *   parts       := count u32 (name text, bytes after a 32-bit length)*        each written and read by its owner
 *
 * `text` is a byte string after a 32-bit length (state-part.ts). Version 3, in which all of them were UTF-8, is read as
 * well. Maps are written in their order, which is that of the events, so that a state and its copy also write the same
 * bytes later. A checkpoint is written while no event is answered, so what is written often is written straight.
 */
import { ByteWriter } from "../base/bytes.ts";
import { BoundedSet } from "./bounded-set.ts";
import { RecentTexts } from "./compat.ts";
import { AlertRing } from "./correlate/alert-ring.ts";
import {
  dropOldestEvent,
  orderChain,
  Window,
  type Entry,
  type Remembered,
  type WindowTotals,
} from "./correlate/window.ts";
import { Accumulator } from "./decode/accumulate.ts";
import { CheckpointError } from "./errors.ts";
import { FiringTimes } from "./firing-times.ts";
import { HourlyRate } from "./hourly-rate.ts";
import { QuarantinedDecoders } from "./quarantined-decoders.ts";
import { IgnoredLines } from "./ignored-line.ts";
import { RepeatedEvents } from "./repeated-events.ts";
import { StateReader, writeText, type FingerprintOf, type StatePart } from "./state-part.ts";

export const STATE_VERSION = 4;
const oldestVersion = 3;

/** Windows are looked through for what has left them once in so much of received time. */
export const SWEEP_INTERVAL_MS = 60_000;

export class EngineState {
  /** The last alerted events, where their number is limited. */
  readonly ring = new AlertRing();
  /** `--compat` alone fills it. */
  readonly recentTexts = new RecentTexts();
  /** In OSSEC's flavour alone. */
  readonly ignored = new IgnoredLines();
  /** Where `<global><stats>` is set. */
  readonly hourlyRate = new HourlyRate();
  /** Of rules with `ignore`. */
  readonly firings = new FiringTimes();
  /** Of decoders with `accumulate`. */
  readonly accumulator = new Accumulator();
  readonly quarantinedDecoders = new QuarantinedDecoders();
  /** Of agents that number their events. */
  readonly repeatedEvents = new RepeatedEvents();
  /** In the order in which they are written. */
  readonly parts: readonly StatePart[] = [
    this.ring,
    this.recentTexts,
    this.quarantinedDecoders,
    this.accumulator,
    this.hourlyRate,
    this.ignored,
    this.firings,
    this.repeatedEvents,
  ];
  /** Hour of received time in which `firedTimes` counts. */
  hour = 0;
  nextSweepMs = Number.NEGATIVE_INFINITY;
  nextSeq = 1;
  ftsDropped = 0;
  readonly totals: WindowTotals = { bytes: 0, events: 0, dropped: 0, oldest: undefined, newest: undefined };
  readonly firedTimes = new Map<number, number>();
  /** Rules that are passed over, by the fingerprint of the text that was quarantined. */
  readonly quarantined = new Map<number, string>();
  /** Fingerprints of the rules in `firedTimes` and `firings`. */
  readonly fingerprints = new Map<number, string>();
  readonly fts = new BoundedSet();
  /** The last keys of events of type ids, oldest first. */
  ftsIds: string[] = [];
  readonly windows = new Map<number, Window>();

  windowOf(ruleId: number, fingerprint: string): Window {
    let window = this.windows.get(ruleId);
    if (window === undefined) {
      window = new Window(fingerprint, this.totals);
      this.windows.set(ruleId, window);
    }
    return window;
  }

  /** Forgets what belongs to rules that are gone or whose text is another one. */
  keepOnly(ruleFingerprint: FingerprintOf, compositeFingerprint: FingerprintOf): void {
    for (const [ruleId, fingerprint] of this.fingerprints) {
      if (ruleFingerprint(ruleId) === fingerprint) continue;
      this.firedTimes.delete(ruleId);
      this.firings.forget(ruleId);
      this.fingerprints.delete(ruleId);
    }
    for (const [ruleId, fingerprint] of this.quarantined) {
      if (ruleFingerprint(ruleId) !== fingerprint) this.quarantined.delete(ruleId);
    }
    for (const [ruleId, window] of this.windows) {
      if (compositeFingerprint(ruleId) === window.fingerprint) continue;
      window.removeOldest(() => true);
      this.windows.delete(ruleId);
    }
  }

  /** All remembered events, oldest first. */
  remembered(): Remembered[] {
    const found: Remembered[] = [];
    for (let entry = this.totals.oldest; entry !== undefined; entry = entry.later) {
      if (found.at(-1) !== entry.remembered) found.push(entry.remembered);
    }
    return found;
  }

  /** Drops the oldest remembered events until the rest is within the cap. */
  dropOldest(bytesMax: number): void {
    const { totals } = this;
    while (totals.bytes > bytesMax && totals.oldest !== undefined) totals.dropped += dropOldestEvent(totals);
  }

  rememberKey(key: string, bytesMax: number): void {
    this.ftsDropped += this.fts.add(key, bytesMax);
  }

  /** Moves the arrivals of all that is remembered, when the clock that they were read from has stepped. */
  shiftArrivals(byMs: number): void {
    for (const event of this.remembered()) event.receivedMs += byMs;
    this.ring.shift(byMs);
    this.firings.shift(byMs);
    this.nextSweepMs += byMs;
  }
}

// ── writing and reading ────────────────────────────────────────────────────────────────────────────────────────────

export function writeState(state: EngineState): Buffer {
  // What is remembered takes about a third of its bytes by our own arithmetic; memory not written to costs nothing.
  const writer = new ByteWriter(64 * 1_024 + Math.floor(state.totals.bytes / 2));
  writer.u16(STATE_VERSION).u64(state.hour).f64(state.nextSweepMs).u64(state.nextSeq);
  writer.u64(state.totals.dropped).u64(state.ftsDropped);
  writer.u32(state.firedTimes.size);
  for (const [ruleId, count] of state.firedTimes) writer.u32(ruleId).u32(count);
  writer.u32(0);
  for (const texts of [state.quarantined, state.fingerprints]) {
    writer.u32(texts.size);
    for (const [ruleId, text] of texts) writeText(writer.u32(ruleId), text);
  }
  for (const keys of [[...state.fts.values()], state.ftsIds]) {
    writer.u32(keys.length);
    for (const key of keys) writeText(writer, key);
  }
  writeWindows(writer, state);
  writeParts(writer, state);
  return writer.view();
}

/** A part that has nothing to write is left out. */
function writeParts(writer: ByteWriter, { parts }: EngineState): void {
  const written = parts.map((part) => {
    const bytes = new ByteWriter();
    part.write(bytes);
    return { name: part.name, bytes: bytes.view() };
  });
  const filled = written.filter(({ bytes }) => bytes.length > 0);
  writer.u32(filled.length);
  for (const { name, bytes } of filled) {
    writeText(writer, name);
    writer.bytes32(bytes);
  }
}

function writeWindows(writer: ByteWriter, state: EngineState): void {
  const events = state.remembered();
  const seqs = Float64Array.from(events, ({ seq }) => seq);
  writer.u32(events.length);
  for (const event of events) {
    writeText(writer.u64(event.seq), event.agentId);
    writer.f64(event.eventMs).f64(event.receivedMs);
    writer.u8(event.hasDynamicFields ? 1 : 0).u32(event.consumedLevel + 1);
    writeText(writer, event.log);
  }
  writer.u32(state.windows.size);
  for (const [ruleId, window] of state.windows) {
    writeText(writer.u32(ruleId), window.fingerprint);
    writer.u32(window.buckets.size);
    for (const [key, bucket] of window.buckets) {
      writeText(writer, key);
      writer.u32(bucket.length);
      for (let index = 0; index < bucket.length; index += 1) {
        const entry = bucket.at(index);
        if (entry !== undefined) writeEntry(writer, entry, indexIn(seqs, entry.remembered.seq));
      }
    }
  }
}

/** Where `seq` stands in numbers that ascend and hold it. */
function indexIn(seqs: Float64Array, seq: number): number {
  let [from, to] = [0, seqs.length - 1];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((seqs[middle] ?? 0) < seq) from = middle + 1;
    else to = middle;
  }
  return from;
}

function writeEntry(writer: ByteWriter, entry: Entry, index: number): void {
  writer.u32(index).u16(entry.compared.length);
  for (const value of entry.compared) {
    if (value === undefined) writer.u8(0);
    else writeText(writer.u8(1), value);
  }
}

/** Throws `CheckpointError` when the bytes are not a state of this version or the one before. */
export function readState(bytes: Uint8Array): EngineState {
  const version = new StateReader(bytes).u16();
  if (version < oldestVersion || version > STATE_VERSION) {
    throw new CheckpointError(`the state is of version ${version}, not ${STATE_VERSION}`);
  }
  const reader = new StateReader(bytes, version === oldestVersion);
  reader.u16();
  const state = new EngineState();
  state.hour = reader.u64();
  state.nextSweepMs = reader.f64();
  state.nextSeq = reader.u64();
  state.totals.dropped = reader.u64();
  state.ftsDropped = reader.u64();
  reader.times(() => state.firedTimes.set(reader.u32(), reader.u32()));
  // A state of before has the last firings only, and not when they arrived.
  reader.times(() => {
    const [ruleId, eventMs] = [reader.u32(), reader.f64()];
    state.firings.add(ruleId, { eventMs, receivedMs: eventMs }, 0);
  });
  for (const texts of [state.quarantined, state.fingerprints]) {
    reader.times(() => texts.set(reader.u32(), reader.text()));
  }
  reader.times(() => state.rememberKey(reader.text(), Number.POSITIVE_INFINITY));
  reader.times(() => state.ftsIds.push(reader.text()));
  readWindows(reader, state);
  readParts(reader, state);
  if (reader.isBroken || reader.remaining > 0) throw new CheckpointError("the state is cut off or has a tail");
  return state;
}

function readWindows(reader: StateReader, state: EngineState): void {
  const events: Remembered[] = [];
  reader.times(() => {
    const [seq, agentId, eventMs, receivedMs] = [reader.u64(), reader.text(), reader.f64(), reader.f64()];
    const [hasDynamicFields, consumedLevel, log] = [reader.u8() === 1, reader.u32() - 1, reader.text()];
    events.push({ seq, agentId, eventMs, receivedMs, log, hasDynamicFields, consumedLevel, entryCount: 0 });
  });
  reader.times(() => {
    const window = state.windowOf(reader.u32(), reader.text());
    reader.times(() => {
      const key = reader.text();
      reader.times(() => {
        const remembered = events[reader.u32()];
        const compared = readCompared(reader);
        if (remembered === undefined) throw new CheckpointError("the state names an event that it does not hold");
        window.append(key, remembered, compared);
      });
    });
  });
  orderChain(state.totals);
}

/** A part that is not there stays empty. */
function readParts(reader: StateReader, { parts }: EngineState): void {
  reader.times(() => {
    const [name, bytes] = [reader.text(), reader.bytes32()];
    const part = parts.find((one) => one.name === name);
    if (part === undefined) throw new CheckpointError(`the state has a part ${name.slice(0, 64)} that is not known`);
    const inner = new StateReader(bytes, reader.areTextsWide);
    part.read(inner);
    if (inner.isBroken || inner.remaining > 0) throw new CheckpointError(`the part ${name} is cut off or has a tail`);
  });
}

function readCompared(reader: StateReader): (string | undefined)[] {
  const values: (string | undefined)[] = [];
  for (let left = reader.u16(); left > 0 && !reader.isBroken; left -= 1) {
    values.push(reader.u8() === 1 ? reader.text() : undefined);
  }
  return values;
}
