/** A spool or a journal in a simulated world: a disk that loses power, a clock and randomness from a seed. */
import { noCrash, type CrashPoint } from "../../src/base/crash-point.ts";
import { logTo, type LogLine } from "../../src/base/log.ts";
import { Journal, type JournalOptions, type LostRange } from "../../src/spool/journal.ts";
import { JournalReader, type JournalEntry } from "../../src/spool/journal-reader.ts";
import type { Epoch, LaneRecord } from "../../src/spool/lane.ts";
import { payloadOf } from "../../src/spool/record.ts";
import { Spool, type SpoolLimits, type SpoolOptions } from "../../src/spool/spool.ts";
import { seededRandom, type SeededRandom } from "./seeded-random.ts";
import { SimClock } from "./sim-clock.ts";
import { SimDisk } from "./sim-disk.ts";

/** Small, so that segments end, groups split and shares fill within a few batches. */
export const smallLimits: SpoolLimits = {
  bytesMax: 1_000_000,
  segmentBytesMax: 1_500,
  queueBytesMax: 4_000,
  groupBytesMax: 800,
  marksMax: 8,
};

export class SpoolWorld {
  readonly random: SeededRandom;
  readonly disk: SimDisk;
  readonly clock = new SimClock();
  readonly lines: LogLine[] = [];
  crash: CrashPoint = noCrash;

  constructor(seed = 1) {
    this.random = seededRandom(seed);
    this.disk = new SimDisk(() => this.random.fraction());
  }

  get #common(): Pick<SpoolOptions, "disk" | "clock" | "random" | "log" | "crash" | "limits" | "sync" | "preamble"> {
    const { clock, random, lines } = this;
    return {
      ...{ disk: this.disk.process(), clock, random, log: logTo((line) => void lines.push(line)) },
      crash: (name) => this.crash(name),
      ...{ limits: smallLimits, sync: "batch", preamble: Buffer.from('{"host":"h","hidden":false}') },
    };
  }

  openSpool(options: Partial<SpoolOptions> = {}): Promise<Spool> {
    return Spool.open({ ...this.#common, folder: "/spool", lane: 0, policy: "block", ...options });
  }

  openJournal(options: Partial<JournalOptions> = {}): Promise<Journal> {
    const holeRecord = ({ node, first, count }: LostRange): Buffer => Buffer.from(`${node} lost ${first}+${count}`);
    return Journal.open({ ...this.#common, folder: "/journal", node: "master", holeRecord, ...options });
  }

  /** Every entry of the journal up to `limit`. */
  async entries(limit = Infinity, from: number | "oldest" = "oldest"): Promise<JournalEntry[]> {
    const reader = await JournalReader.open({ disk: this.disk.process(), folder: "/journal", from });
    const entries: JournalEntry[] = [];
    for (let entry = await reader.next(limit); entry !== undefined; entry = await reader.next(limit))
      entries.push(entry);
    await reader.close();
    return entries;
  }

  /** What was logged at a level, as one text. */
  logged(level: LogLine["level"]): string {
    return this.lines
      .filter((line) => line.level === level)
      .map((line) => line.message)
      .join("\n");
  }
}

/** A batch whose payload names its events, e.g. `17,18,19`. */
export function batchOf(
  events: readonly number[],
  marks: Record<string, string> = {},
  padding = 0,
): {
  payload: Buffer;
  count: number;
  marks: { key: string; position: Buffer }[];
} {
  const payload = Buffer.from(`${events.join(",")}${" ".repeat(padding)}`);
  const entries = Object.entries(marks).map(([key, position]) => ({ key, position: Buffer.from(position) }));
  return { payload, count: events.length, marks: entries };
}

export function eventsIn(payload: Buffer | undefined): number[] {
  return (payload?.toString() ?? "")
    .trim()
    .split(",")
    .filter((text) => text !== "")
    .map(Number);
}

/** A record in words: `epoch 1`, `events 1-3: 7,8,9`, `hole 4-6: damaged on disk`. */
export function say(record: LaneRecord): string {
  const { kind, first, count, epoch } = record;
  if (kind === "epoch") return `epoch ${epoch.number}`;
  const range = `${first}-${first + count - 1}`;
  if (kind === "hole") return `hole ${range}: ${payloadOf(record)?.toString() ?? ""}`;
  return `events ${range}: ${eventsIn(payloadOf(record)).join(",")}`;
}

/** All that the spool has of an epoch, from `fromSeq` on, read in pieces of `bytesMax`. */
export async function readAll(spool: Spool, epoch: Epoch, fromSeq = 1, bytesMax = 400): Promise<LaneRecord[]> {
  const records: LaneRecord[] = [];
  for (let next = fromSeq; ;) {
    const some = await spool.read(epoch, next, bytesMax);
    if (some.length === 0) return records;
    records.push(...some);
    const last = some.at(-1);
    next = last === undefined ? next : last.first + last.count;
  }
}
