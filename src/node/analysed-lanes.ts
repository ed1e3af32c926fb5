/**
 * What the analysis knows of each lane beside the engine's own state: the last event time, the node's host name and
 * whether it is hidden, and how many events have gone through; how many alerts of each level there were; and when
 * events were lost. It is saved in front of the engine's state in the body of a checkpoint, so that each is counted
 * once:
 *
 *   body := lanes bytes32 (JSON, UTF-8) | engine state
 */
import { ByteReader, ByteWriter } from "../base/bytes.ts";
import type { LaneState } from "../spool/journal.ts";
import type { Epoch } from "../spool/lane.ts";
import { LevelCounts, type SavedLevels } from "./level-counts.ts";
import { LossTimes, type Loss } from "./loss-times.ts";
import { readEpochPreamble, type EpochPreamble } from "../model/control-record.ts";

/** Under this the link measures nothing, and the node's clock is believed (docs/protocol/link.md section 4). */
const offsetMsMin = 2_000;
/** Of a lane of which no epoch record is known. */
const noEpoch: Epoch = { number: 0, bits: "" };

/** How far a lane is answered: everything of epochs before, and of this epoch up to `last`. */
export interface AnalysedUpTo {
  node: string;
  lane: number;
  epoch: number;
  /** Of the epoch, beside its number: only both together name it. Empty where no epoch has begun. */
  bits: string;
  last: number;
  /** Events of the lane answered since the journal began, all epochs together. */
  analysed: number;
}

export class AnalysedLane {
  readonly host: string;
  readonly isHidden: boolean;
  readonly epoch: Epoch;
  lastEventMs = 0;
  lastSeq = 0;
  analysed: number;

  constructor(host: string, isHidden: boolean, epoch: Epoch, analysed: number) {
    this.host = host;
    this.isHidden = isHidden;
    this.epoch = epoch;
    this.analysed = analysed;
  }

  /** Event time: corrected by the clock offset, never after the arrival, never before the last of the same epoch. */
  eventTime(takenInMs: number, offsetMs: number, receivedMs: number): number {
    const corrected = Math.abs(offsetMs) < offsetMsMin ? takenInMs : takenInMs + offsetMs;
    this.lastEventMs = Math.max(Math.min(corrected, receivedMs), this.lastEventMs);
    return this.lastEventMs;
  }
}

interface SavedLane extends AnalysedUpTo {
  host: string;
  isHidden: boolean;
  lastEventMs: number;
}

interface Saved {
  lanes: SavedLane[];
  analysed: number;
  lost: number;
  undecodable: number;
  alerts: number;
  /** Absent in the body of an older Argus, as what follows. */
  repeated?: number;
  levels?: SavedLevels;
  /** Likewise: when the events of `lost` were lost is not known then. */
  losses?: readonly Loss[];
}

export class AnalysedLanes {
  readonly #lanes = new Map<string, AnalysedLane>();
  /** Events answered, events in declared holes, events whose batch could not be decoded; since the journal began. */
  analysed = 0;
  lost = 0;
  undecodable = 0;
  /** Of `analysed`: events that an agent sent twice, passed the second time. */
  repeated = 0;
  alerts = 0;
  levels = new LevelCounts();
  losses = new LossTimes();

  /** The lane of a node; one whose epoch record is not known is taken as a node of that host name. */
  lane(node: string, lane: number): AnalysedLane {
    const key = `${lane} ${node}`;
    let found = this.#lanes.get(key);
    if (found === undefined) {
      found = new AnalysedLane(node, false, noEpoch, 0);
      this.#lanes.set(key, found);
    }
    return found;
  }

  beginEpoch(node: string, lane: number, epoch: Epoch, preamble: EpochPreamble | undefined): void {
    const { analysed } = this.lane(node, lane);
    const begun = new AnalysedLane(preamble?.host ?? node, preamble?.hidden ?? false, epoch, analysed);
    this.#lanes.set(`${lane} ${node}`, begun);
  }

  /** What the table at the head of a segment says, for an analysis that begins there. */
  adopt(lanes: readonly LaneState[]): void {
    for (const { node, lane, preamble, epochs } of lanes) {
      const current = epochs.at(-1);
      this.beginEpoch(node, lane, current?.epoch ?? noEpoch, readEpochPreamble(preamble));
      this.lane(node, lane).lastSeq = current?.last ?? 0;
    }
  }

  /** `eventMs` is the time that the alert carries. */
  countAlert(eventMs: number, level: number): void {
    this.alerts += 1;
    this.levels.add(eventMs, level);
  }

  /** `atMs`: when the record that declares it was received. */
  lose(count: number, atMs: number): void {
    this.lost += count;
    this.losses.add(atMs, count);
  }

  /** Event times are the master's: after its clock was set back, the last ones must not hold up what comes. */
  clockStepped(byMs: number): void {
    for (const lane of this.#lanes.values()) lane.lastEventMs += byMs;
    this.levels.clockStepped(byMs);
    this.losses.clockStepped(byMs);
  }

  upTo(): AnalysedUpTo[] {
    return [...this.#lanes].map(([key, { epoch, lastSeq, analysed }]) => ({
      ...readKey(key),
      epoch: epoch.number,
      bits: epoch.bits,
      last: lastSeq,
      analysed,
    }));
  }

  /** The body of a checkpoint. */
  join(engine: Uint8Array): Buffer {
    const lanes: SavedLane[] = [];
    for (const [key, { host, isHidden, epoch, lastEventMs, lastSeq, analysed }] of this.#lanes) {
      const { number, bits } = epoch;
      lanes.push({ ...readKey(key), epoch: number, bits, last: lastSeq, analysed, host, isHidden, lastEventMs });
    }
    const { analysed, lost, undecodable, repeated, alerts } = this;
    const overTime = { levels: this.levels.save(), losses: this.losses.all() };
    const saved: Saved = { lanes, analysed, lost, undecodable, repeated, alerts, ...overTime };
    const head = Buffer.from(JSON.stringify(saved), "utf8");
    return new ByteWriter(head.length + engine.length + 4).bytes32(head).raw(engine).view();
  }

  /** Takes a body apart. It was written by us under a CRC, so its form is not questioned. */
  static split(body: Uint8Array): { lanes: AnalysedLanes; engine: Uint8Array } {
    const reader = new ByteReader(body);
    const saved: Saved = JSON.parse(reader.bytes32().toString("utf8"));
    const lanes = new AnalysedLanes();
    for (const one of saved.lanes) {
      const restored = new AnalysedLane(one.host, one.isHidden, { number: one.epoch, bits: one.bits }, one.analysed);
      restored.lastEventMs = one.lastEventMs;
      restored.lastSeq = one.last;
      lanes.#lanes.set(`${one.lane} ${one.node}`, restored);
    }
    lanes.analysed = saved.analysed;
    lanes.lost = saved.lost;
    lanes.undecodable = saved.undecodable;
    lanes.repeated = saved.repeated ?? 0;
    lanes.alerts = saved.alerts;
    if (saved.levels !== undefined) lanes.levels = LevelCounts.restored(saved.levels);
    lanes.losses = new LossTimes(saved.losses);
    return { lanes, engine: reader.raw(reader.remaining) };
  }
}

/** Keys of the map are `LANE NODE`; node names hold no blanks. */
function readKey(key: string): { node: string; lane: number } {
  const space = key.indexOf(" ");
  return { node: key.slice(space + 1), lane: Number(key.slice(0, space)) };
}
