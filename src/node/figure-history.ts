/**
 * The figures of the last hour: a sample every ten seconds, kept in a file over a restart of the master. A time without
 * the master has no samples.
 *
 * A clock that is wrong for a while must not cost the hour: samples of what is then the past or the future are held,
 * not shown, and each new sample takes the place of those that an earlier clock took between it and the one before.
 */
import Type, { type Static } from "typebox";
import { Check } from "typebox/value";
import type { Disk } from "../base/disk.ts";
import { describeError } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import { figureSample, type FigureSample, type FiguresReply } from "../api/contract/reply.ts";

export const sampleEveryMs = 10_000;
const spanMs = 3_600_000;
export const samplesMax = spanMs / sampleEveryMs;
/** The last that were taken: whatever the clock did meanwhile, those of the last hour are among them. */
const heldMax = 2 * samplesMax;
/** Samples farther apart are not of one run of the clock: it was set, or the master stood still. */
const runGapMs = 3 * sampleEveryMs;
/** 720 samples of six numbers take under 120 KiB. */
const fileBytesMax = 256 * 1_024;
const fileMode = 0o640;

/** What the file holds. */
const figureFile = Type.Object(
  {
    everyMs: Type.Literal(sampleEveryMs),
    /** In the order in which they were taken. */
    samples: Type.Array(figureSample, { maxItems: heldMax }),
  },
  { additionalProperties: false },
);

export class FigureHistory {
  /** In the order in which they were taken. */
  #samples: FigureSample[] = [];

  /** When the newest sample was taken; 0 before the first. */
  get newestMs(): number {
    return this.#samples.at(-1)?.atMs ?? 0;
  }

  /** Takes the newest sample, of whatever time. */
  add(sample: FigureSample): void {
    const { atMs } = sample;
    const { newestMs } = this;
    const isSameRun = atMs > newestMs && atMs - newestMs <= runGapMs;
    const fromMs = isSameRun ? newestMs + 1 : atMs;
    const kept = this.#samples.filter((one) => one.atMs < fromMs || one.atMs > atMs);
    this.#samples = [...kept, sample].slice(-heldMax);
  }

  /** The samples of the hour that ends at `nowMs`, oldest first. */
  reply(nowMs: number): FiguresReply {
    // Not those of an earlier clock that the next sample will replace.
    const endMs = Math.min(nowMs, this.newestMs);
    const shown = this.#samples.filter(({ atMs }) => atMs > nowMs - spanMs && atMs <= endMs);
    return { everyMs: sampleEveryMs, samples: shown.sort((a, b) => a.atMs - b.atMs).slice(-samplesMax) };
  }

  /** Takes what `toText` gave; false where it is something else. */
  take(text: string): boolean {
    const value = parsed(text);
    if (!Check(figureFile, value)) return false;
    const { samples } = value;
    const isOnce = new Set(samples.map(({ atMs }) => atMs)).size === samples.length;
    const isCount = samples.every((sample) => Object.values(sample).every((count) => count >= 0));
    if (!isOnce || !isCount) return false;
    this.#samples = samples;
    return true;
  }

  toText(): string {
    const file: Static<typeof figureFile> = { everyMs: sampleEveryMs, samples: this.#samples };
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
  async read(): Promise<FigureHistory> {
    const history = new FigureHistory();
    try {
      const bytes = await this.#disk.readWhole(this.#path, fileBytesMax);
      if (bytes !== undefined && !history.take(bytes.toString("utf8")))
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
