/**
 * The last alerts in memory, for the command and the page: until there is a store, they are refilled from the tail of
 * `alerts.json` at start. Bounded in number and in bytes; an alert that is already held is not taken twice.
 */
import type { Disk } from "../base/disk.ts";
import { lastLines } from "../base/file-tail.ts";

export interface RecentAlert {
  readonly id: string;
  readonly level: number;
  /** The line of alerts.json as UTF-8 text, without its end. */
  readonly json: string;
}

export interface RecentLimits {
  countMax: number;
  bytesMax: number;
}

/** An object of its own per subscription, so that one listener that subscribes twice is told twice. */
interface RecentListener {
  onAlert(alert: RecentAlert): void;
  onGap(count: number): void;
}

/** A page of the dashboard asks for at most 1,000; alerts have about 1 KiB, and hostile ones up to 200 KiB. */
export const recentLimits: RecentLimits = { countMax: 1_000, bytesMax: 16 * 1_024 * 1_024 };

/** How much of the end of alerts.json is read at start. */
const tailBytesMax = 4 * 1_024 * 1_024;

export class RecentAlerts {
  readonly #limits: RecentLimits;
  readonly #held: RecentAlert[] = [];
  readonly #ids = new Set<string>();
  readonly #listeners = new Set<RecentListener>();
  /** Alerts after which some were raised that never came here. */
  readonly #gapsAfter = new Set<string>();
  #bytes = 0;

  constructor(limits: RecentLimits = recentLimits) {
    this.#limits = limits;
  }

  /** Takes an alert and tells the subscribers, unless it is already held. */
  add(alert: RecentAlert): void {
    if (!this.#hold(alert)) return;
    for (const { onAlert } of this.#listeners) onAlert(alert);
  }

  /** Remembers that `count` alerts stand in the files and are not held here, and tells the subscribers. */
  skip(count: number): void {
    const newest = this.#held.at(-1);
    if (newest !== undefined) this.#gapsAfter.add(newest.id);
    for (const { onGap } of this.#listeners) onGap(count);
  }

  #hold(alert: RecentAlert): boolean {
    if (this.#ids.has(alert.id)) return false;
    this.#held.push(alert);
    this.#ids.add(alert.id);
    this.#bytes += alert.json.length;
    while (
      this.#held.length > this.#limits.countMax ||
      (this.#bytes > this.#limits.bytesMax && this.#held.length > 1)
    ) {
      const oldest = this.#held.shift();
      if (oldest === undefined) break;
      this.#ids.delete(oldest.id);
      this.#gapsAfter.delete(oldest.id);
      this.#bytes -= oldest.json.length;
    }
    return true;
  }

  /** The newest `count` of at least `level`, oldest first. */
  last(count: number, level: number): readonly RecentAlert[] {
    const found: RecentAlert[] = [];
    for (let index = this.#held.length - 1; index >= 0 && found.length < count; index -= 1) {
      const alert = this.#held[index];
      if (alert !== undefined && alert.level >= level) found.push(alert);
    }
    return found.reverse();
  }

  /** The alert `id`, while it is held. */
  find(id: string): RecentAlert | undefined {
    return this.#ids.has(id) ? this.#held.findLast((alert) => alert.id === id) : undefined;
  }

  /**
   * What came after the alert `id`; all of them when it is not held (any more). `isWhole` is false when some that came
   * after it may be missing.
   */
  after(id: string): { readonly entries: readonly RecentAlert[]; readonly isWhole: boolean } {
    const at = this.#ids.has(id) ? this.#held.findLastIndex((alert) => alert.id === id) : -1;
    const hasGap = at >= 0 && this.#held.slice(at).some((alert) => this.#gapsAfter.has(alert.id));
    return { entries: this.#held.slice(at + 1), isWhole: at >= 0 && !hasGap };
  }

  /**
   * Calls `onAlert` for each new alert, and `onGap` for so many that are not told, until the returned function is
   * called. Neither may throw.
   */
  subscribe(onAlert: (alert: RecentAlert) => void, onGap: (count: number) => void = () => undefined): () => void {
    const own: RecentListener = { onAlert, onGap };
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** Takes the alerts at the end of the file at `path`, telling nobody. An absent file is no error. */
  async refill(disk: Disk, path: string): Promise<void> {
    const lines = await lastLines(disk, path, tailBytesMax);
    for (const line of lines.slice(-this.#limits.countMax)) {
      const alert = readAlertLine(line);
      if (alert !== undefined) this.#hold(alert);
    }
  }
}

/** The id and level of a line of alerts.json; undefined for a line that is none. */
export function readAlertLine(json: string): RecentAlert | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || !("id" in value) || typeof value.id !== "string") return undefined;
  const rule = "rule" in value ? value.rule : undefined;
  const level = typeof rule === "object" && rule !== null && "level" in rule ? rule.level : 0;
  return { id: value.id, level: typeof level === "number" ? level : 0, json };
}
