/**
 * The figures of the last hour: a sample every ten seconds, kept in a file over a restart of the master. A time without
 * the master has no samples, and a clock that was set back leaves none of the future. Beside them, when events were
 * lost in the last day: a loss of last month is history and not a state.
 */
import Type, { type Static } from "typebox";
import { Check } from "typebox/value";
import type { Disk } from "../base/disk.ts";
import { describeError } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import { figureSample, type FigureSample, type FiguresReply } from "../api/contract/reply.ts";

export const sampleEveryMs = 10_000;
const spanMs = 3_600_000;
const dayMs = 24 * spanMs;
export const samplesMax = spanMs / sampleEveryMs;
/** Losses closer together than this are one, so that a day has at most so many. */
const lossEveryMs = 60_000;
const lossesMax = dayMs / lossEveryMs;
/** 360 samples of six numbers take under 60 KiB, 1,440 losses of two the same. */
const fileBytesMax = 256 * 1_024;
const fileMode = 0o640;

const loss = Type.Object({ atMs: Type.Number(), count: Type.Number({ minimum: 0 }) }, { additionalProperties: false });
type Loss = Static<typeof loss>;
type Counts = Pick<FigureSample, "accepted" | "lost">;

/** What the file holds. */
const figureFile = Type.Object(
  {
    everyMs: Type.Literal(sampleEveryMs),
    samples: Type.Array(figureSample),
    /** Oldest first. */
    losses: Type.Array(loss, { maxItems: lossesMax }),
    known: Type.Object(
      { accepted: Type.Number({ minimum: 0 }), lost: Type.Number({ minimum: 0 }) },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);

export class FigureHistory {
  #samples: FigureSample[] = [];
  #losses: Loss[] = [];
  /** The highest counts seen of this journal. */
  #known: Counts = { accepted: 0, lost: 0 };

  /** When the newest sample was taken; 0 before the first. */
  get newestMs(): number {
    return this.#samples.at(-1)?.atMs ?? 0;
  }

  /** Takes the newest sample; those of its time and later are of a clock that has been set back since. */
  add(sample: FigureSample): void {
    this.#lose(sample.atMs, this.#newlyLost(sample));
    const { accepted, lost } = this.#knownFor(sample);
    this.#known = { accepted: Math.max(accepted, sample.accepted), lost: Math.max(lost, sample.lost) };
    this.#samples = [...this.#within(sample.atMs - 1), sample].slice(-samplesMax);
  }

  /** The samples of the hour that ends at `nowMs`, oldest first. */
  reply(nowMs: number): FiguresReply {
    return { everyMs: sampleEveryMs, samples: this.#within(nowMs) };
  }

  /** Events declared lost in the day that ends with `now`, which need not be a sample of the history. */
  lostInDay(now: Counts & Pick<FigureSample, "atMs">): number {
    const kept = this.#losses.filter(({ atMs }) => atMs > now.atMs - dayMs);
    return kept.reduce((sum, { count }) => sum + count, 0) + this.#newlyLost(now);
  }

  #newlyLost(counts: Counts): number {
    return Math.max(0, counts.lost - this.#knownFor(counts).lost);
  }

  /**
   * At a restart `lost` begins at the last checkpoint and comes back to where it was, which is no loss; only where a
   * journal begins anew do both counts go down.
   */
  #knownFor({ accepted, lost }: Counts): Counts {
    const isNewJournal = accepted < this.#known.accepted && lost < this.#known.lost;
    return isNewJournal ? { accepted: 0, lost: 0 } : this.#known;
  }

  #lose(atMs: number, count: number): void {
    this.#losses = this.#losses.filter((loss) => loss.atMs > atMs - dayMs);
    if (count === 0) return;
    const newest = this.#losses.at(-1);
    if (newest !== undefined && atMs - newest.atMs < lossEveryMs) newest.count += count;
    else this.#losses = [...this.#losses, { atMs, count }].slice(-lossesMax);
  }

  #within(nowMs: number): FigureSample[] {
    return this.#samples.filter(({ atMs }) => atMs > nowMs - spanMs && atMs <= nowMs);
  }

  /** Takes what `toText` gave, as far as it is of the hour that ends at `nowMs`; false where it is something else. */
  take(text: string, nowMs: number): boolean {
    const value = parsed(text);
    if (!Check(figureFile, value)) return false;
    const { samples, losses, known } = value;
    const isInOrder = samples.every(({ atMs }, index) => index === 0 || atMs > (samples[index - 1]?.atMs ?? 0));
    const isCount = samples.every((sample) => Object.values(sample).every((count) => count >= 0));
    if (!isInOrder || !isCount) return false;
    this.#samples = samples;
    this.#samples = this.#within(nowMs).slice(-samplesMax);
    this.#losses = losses.filter(({ atMs }) => atMs <= nowMs);
    this.#known = known;
    return true;
  }

  toText(): string {
    const file: Static<typeof figureFile> = {
      ...{ everyMs: sampleEveryMs, samples: this.#samples, losses: this.#losses, known: this.#known },
    };
    return `${JSON.stringify(file)}\n`;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The file of a history: figures are no account of anything, so its troubles are logged and never stop the node. */
export class FigureFile {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #log: Log;
  #isFailing = false;

  constructor(disk: Disk, path: string, log: Log) {
    this.#disk = disk;
    this.#path = path;
    this.#log = log;
  }

  /** Never rejects; what cannot be read is passed over with one line, and replaced by the next `write`. */
  async read(nowMs: number): Promise<FigureHistory> {
    const history = new FigureHistory();
    try {
      const bytes = await this.#disk.readWhole(this.#path, fileBytesMax);
      if (bytes !== undefined && !history.take(bytes.toString("utf8"), nowMs))
        this.#log.warning(`${this.#path} holds no figures of the last hour: they begin anew`);
    } catch (error) {
      this.#log.warning(
        `${this.#path} cannot be read: the figures of the last hour begin anew: ${describeError(error)}`,
      );
    }
    return history;
  }

  /** Never rejects; a disk that goes on failing is told once. */
  async write(history: FigureHistory): Promise<void> {
    try {
      await this.#disk.replace(this.#path, Buffer.from(history.toText(), "utf8"), fileMode);
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing)
        this.#log.warning(`${this.#path} cannot be written: the figures would begin anew: ${describeError(error)}`);
      this.#isFailing = true;
    }
  }
}
