/**
 * The figures of the last hour: a sample every ten seconds, kept in a file over a restart of the master. A time without
 * the master has no samples, and a clock that was set back leaves none of the future.
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
/** 360 samples of six numbers take under 60 KiB. */
const fileBytesMax = 128 * 1_024;
const fileMode = 0o640;

/** What the file holds. */
const figureFile = Type.Object(
  {
    everyMs: Type.Literal(sampleEveryMs),
    samples: Type.Array(figureSample),
  },
  { additionalProperties: false },
);

export class FigureHistory {
  #samples: FigureSample[] = [];

  /** When the newest sample was taken; 0 before the first. */
  get newestMs(): number {
    return this.#samples.at(-1)?.atMs ?? 0;
  }

  /** Takes the newest sample; those of its time and later are of a clock that has been set back since. */
  add(sample: FigureSample): void {
    this.#samples = [...this.#within(sample.atMs - 1), sample].slice(-samplesMax);
  }

  /** The samples of the hour that ends at `nowMs`, oldest first. */
  reply(nowMs: number): FiguresReply {
    return { everyMs: sampleEveryMs, samples: this.#within(nowMs) };
  }

  #within(nowMs: number): FigureSample[] {
    return this.#samples.filter(({ atMs }) => atMs > nowMs - spanMs && atMs <= nowMs);
  }

  /** Takes what `toText` gave, as far as it is of the hour that ends at `nowMs`; false where it is something else. */
  take(text: string, nowMs: number): boolean {
    const value = parsed(text);
    if (!Check(figureFile, value)) return false;
    const { samples } = value;
    const isInOrder = samples.every(({ atMs }, index) => index === 0 || atMs > (samples[index - 1]?.atMs ?? 0));
    const isCount = samples.every((sample) => Object.values(sample).every((count) => count >= 0));
    if (!isInOrder || !isCount) return false;
    this.#samples = samples;
    this.#samples = this.#within(nowMs).slice(-samplesMax);
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
