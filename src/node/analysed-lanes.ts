/**
 * What the analysis knows of each lane beside the engine's own state: the last event time, the node's host name and
 * whether it is hidden, and how many events have gone through. It is saved in front of the engine's state in the body of
 * a checkpoint:
 *
 *   body := lanes bytes32 (JSON, UTF-8) | engine state
 */
import { ByteReader, ByteWriter } from "../base/bytes.ts";
import { readEpochPreamble, type EpochPreamble } from "../model/control-record.ts";

/** Under this the link's measurement says nothing, and the node's clock is believed (design-journal section 4). */
const offsetMsMin = 2_000;

export class AnalysedLane {
  host: string;
  isHidden: boolean;
  lastEventMs: number;

  constructor(host: string, isHidden: boolean, lastEventMs: number) {
    this.host = host;
    this.isHidden = isHidden;
    this.lastEventMs = lastEventMs;
  }

  /** Event time: corrected by the clock offset, never after the arrival, never before the last of the same epoch. */
  eventTime(takenInMs: number, offsetMs: number, receivedMs: number): number {
    const corrected = Math.abs(offsetMs) < offsetMsMin ? takenInMs : takenInMs + offsetMs;
    this.lastEventMs = Math.max(Math.min(corrected, receivedMs), this.lastEventMs);
    return this.lastEventMs;
  }
}

interface SavedLane {
  node: string;
  lane: number;
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
}

export class AnalysedLanes {
  readonly #lanes = new Map<string, AnalysedLane>();
  /** Events answered, events in declared holes, events whose batch could not be decoded; since the journal began. */
  analysed = 0;
  lost = 0;
  undecodable = 0;
  alerts = 0;

  /** The lane of a node; one whose epoch record is not known is taken as a node of that host name. */
  lane(node: string, lane: number): AnalysedLane {
    const key = `${lane} ${node}`;
    let found = this.#lanes.get(key);
    if (found === undefined) {
      found = new AnalysedLane(node, false, 0);
      this.#lanes.set(key, found);
    }
    return found;
  }

  beginEpoch(node: string, lane: number, preamble: EpochPreamble | undefined): void {
    this.#lanes.set(`${lane} ${node}`, new AnalysedLane(preamble?.host ?? node, preamble?.hidden ?? false, 0));
  }

  /** What the table at the head of a segment says, for an analysis that begins there. */
  adopt(lanes: readonly { node: string; lane: number; preamble: Uint8Array }[]): void {
    for (const { node, lane, preamble } of lanes) this.beginEpoch(node, lane, readEpochPreamble(preamble));
  }

  /** The body of a checkpoint. */
  join(engine: Uint8Array): Buffer {
    const lanes: SavedLane[] = [];
    for (const [key, { host, isHidden, lastEventMs }] of this.#lanes) {
      const space = key.indexOf(" ");
      lanes.push({ node: key.slice(space + 1), lane: Number(key.slice(0, space)), host, isHidden, lastEventMs });
    }
    const { analysed, lost, undecodable, alerts } = this;
    const saved: Saved = { lanes, analysed, lost, undecodable, alerts };
    const head = Buffer.from(JSON.stringify(saved), "utf8");
    return new ByteWriter(head.length + engine.length + 4).bytes32(head).raw(engine).view();
  }

  /** Takes a body apart. It was written by us under a CRC, so its form is not questioned. */
  static split(body: Uint8Array): { lanes: AnalysedLanes; engine: Uint8Array } {
    const reader = new ByteReader(body);
    const saved: Saved = JSON.parse(reader.bytes32().toString("utf8"));
    const lanes = new AnalysedLanes();
    for (const { node, lane, host, isHidden, lastEventMs } of saved.lanes) {
      lanes.#lanes.set(`${lane} ${node}`, new AnalysedLane(host, isHidden, lastEventMs));
    }
    lanes.analysed = saved.analysed;
    lanes.lost = saved.lost;
    lanes.undecodable = saved.undecodable;
    lanes.alerts = saved.alerts;
    return { lanes, engine: reader.raw(reader.remaining) };
  }
}
