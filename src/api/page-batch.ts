/**
 * What is gathered for the page between two messages, bounded whatever comes: alerts in number and in bytes, of which
 * those of a high level are the last to be left out; lines of cluster.log, of which the newest are kept.
 */
import { HIGH_LEVEL } from "../model/alert.ts";
import { ALERT_BYTES_MAX, cutAlert } from "./alert-cut.ts";
import type { ClusterLogLine } from "./contract/reply.ts";
import type { FeedEntry } from "./needs.ts";

export interface AlertLimits {
  countMax: number;
  bytesMax: number;
}

/** Four such messages a second are 400 alerts: more than anybody reads, and 2 MiB at the most. */
export const messageLimits: AlertLimits = { countMax: 100, bytesMax: 512 * 1_024 };

const linesMax = 200;
const lineBytesMax = 256 * 1_024;
/** What stands around an alert in a message. */
const wrapBytes = 32;

/** Bytes that an alert takes in a message: a longer one is cut. */
const weightOf = ({ json }: FeedEntry): number => Math.min(Buffer.byteLength(json), ALERT_BYTES_MAX) + wrapBytes;

interface Waiting {
  order: number;
  entry: FeedEntry;
  weight: number;
}

export interface Gathered {
  /** In the order in which they came. */
  entries: readonly FeedEntry[];
  omitted: number;
}

export class AlertBatch {
  readonly #limits: AlertLimits;
  #low: Waiting[] = [];
  #high: Waiting[] = [];
  #order = 0;
  #bytes = 0;
  #omitted = 0;

  constructor(limits: AlertLimits = messageLimits) {
    this.#limits = limits;
  }

  get isEmpty(): boolean {
    return this.#low.length + this.#high.length + this.#omitted === 0;
  }

  add(entry: FeedEntry): void {
    const weight = weightOf(entry);
    this.#order += 1;
    (entry.level >= HIGH_LEVEL ? this.#high : this.#low).push({ order: this.#order, entry, weight });
    this.#bytes += weight;
    while (this.#low.length + this.#high.length > this.#limits.countMax || this.#bytes > this.#limits.bytesMax) {
      const left = this.#low.shift() ?? this.#high.shift();
      this.#bytes -= left?.weight ?? this.#bytes;
      this.#omitted += 1;
    }
  }

  /** So many more that never came here. */
  omit(count: number): void {
    this.#omitted += count;
  }

  /** All that was gathered; afterwards it is empty. */
  take(): Gathered {
    const entries = [...this.#low, ...this.#high].sort((a, b) => a.order - b.order).map(({ entry }) => entry);
    const omitted = this.#omitted;
    [this.#low, this.#high, this.#bytes, this.#omitted] = [[], [], 0, 0];
    return { entries, omitted };
  }
}

/** A PageAlerts as JSON. An alert that need not be cut is passed on byte for byte. */
export function alertsJson({ entries, omitted }: Gathered, isReset: boolean): string {
  const alerts = entries.map(({ json }) => {
    const isCut = Buffer.byteLength(json) > ALERT_BYTES_MAX;
    return `{"alert":${isCut ? cutAlert(json) : json},"isCut":${isCut}}`;
  });
  return `{"alerts":[${alerts.join(",")}],"omitted":${omitted},"isReset":${isReset}}`;
}

/** The newest lines that a message has room for, oldest first. */
export function newestLines(lines: readonly ClusterLogLine[]): readonly ClusterLogLine[] {
  let bytes = 0;
  let from = lines.length;
  while (from > Math.max(0, lines.length - linesMax)) {
    bytes += Buffer.byteLength(JSON.stringify(lines[from - 1]));
    if (bytes > lineBytesMax) break;
    from -= 1;
  }
  return lines.slice(from);
}

export class LineBatch {
  #lines: ClusterLogLine[] = [];

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  add(line: ClusterLogLine): void {
    this.#lines.push(line);
    // Cut only now and then: what is left over is sorted out when it is taken.
    if (this.#lines.length > 4 * linesMax) this.#lines = this.#lines.slice(-linesMax);
  }

  take(): readonly ClusterLogLine[] {
    const lines = newestLines(this.#lines);
    this.#lines = [];
    return lines;
  }
}
