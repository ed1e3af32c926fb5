/**
 * The last alerts in memory, for the command and the page: until there is a store, they are refilled from the tail of
 * `alerts.json` at start. Bounded in number and in bytes, those of a high level apart from the others; an alert that is
 * already held is not taken twice.
 */
import type { Disk } from "../base/disk.ts";
import { lastLines } from "../base/file-tail.ts";
import { HeldAlerts, type HeldAlert, type HeldLimits } from "./held-alerts.ts";

/** An object of its own per subscription, so that one listener that subscribes twice is told twice. */
interface RecentListener {
  onAlert(alert: HeldAlert): void;
  onGap(count: number): void;
}

/** A page of the dashboard asks for at most 1,000; alerts have about 1 KiB, and hostile ones up to 200 KiB. */
export const recentLimits: HeldLimits = { countMax: 1_000, bytesMax: 16 * 1_024 * 1_024 };
/** As many, for whoever asks for these alone. */
export const recentHighLimits: HeldLimits = { countMax: 1_000, bytesMax: 8 * 1_024 * 1_024 };

/**
 * How much of the end of alerts.json is read at start: some 4,000 alerts, which are parsed in under 100 ms. Those of a
 * high level before them are in the file alone.
 */
const tailBytesMax = 4 * 1_024 * 1_024;

export class RecentAlerts {
  readonly #held: HeldAlerts;
  readonly #byId = new Map<string, HeldAlert>();
  readonly #listeners = new Set<RecentListener>();

  /** `limits` for those below `HIGH_LEVEL`, `highLimits` for the others. */
  constructor(limits: HeldLimits = recentLimits, highLimits: HeldLimits = recentHighLimits) {
    this.#held = new HeldAlerts(limits, highLimits);
  }

  /** Takes an alert and tells the subscribers, unless it is already held. */
  add(alert: HeldAlert): void {
    if (!this.#hold(alert)) return;
    for (const { onAlert } of this.#listeners) onAlert(alert);
  }

  /** Remembers that `count` alerts stand in the files and are not held here, and tells the subscribers. */
  skip(count: number): void {
    this.#held.skip();
    for (const { onGap } of this.#listeners) onGap(count);
  }

  #hold(alert: HeldAlert): boolean {
    if (this.#byId.has(alert.id)) return false;
    this.#byId.set(alert.id, alert);
    for (const { id } of this.#held.add(alert)) this.#byId.delete(id);
    return true;
  }

  /** The newest `count` of at least `level`, oldest first. */
  last(count: number, level: number): readonly HeldAlert[] {
    const found = this.#held.all().filter((alert) => alert.level >= level);
    return found.slice(Math.max(0, found.length - count));
  }

  /** The alert `id`, while it is held. */
  find(id: string): HeldAlert | undefined {
    return this.#byId.get(id);
  }

  /**
   * What came after the alert `id`; all of them when it is not held (any more). `isWhole` is false when some that came
   * after it may be missing.
   */
  after(id: string): { readonly entries: readonly HeldAlert[]; readonly isWhole: boolean } {
    const all = this.#held.all();
    const at = this.#byId.has(id) ? all.findLastIndex((alert) => alert.id === id) : -1;
    return { entries: all.slice(at + 1), isWhole: at >= this.#held.countBeforeMissing };
  }

  /**
   * Calls `onAlert` for each new alert, and `onGap` for so many that are not told, until the returned function is
   * called. Neither may throw.
   */
  subscribe(onAlert: (alert: HeldAlert) => void, onGap: (count: number) => void = () => undefined): () => void {
    const own: RecentListener = { onAlert, onGap };
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** Takes the alerts at the end of the file at `path`, telling nobody. An absent file is no error. */
  async refill(disk: Disk, path: string): Promise<void> {
    const lines = await lastLines(disk, path, tailBytesMax);
    for (const line of lines) {
      const alert = readAlertLine(line);
      if (alert !== undefined) this.#hold(alert);
    }
  }
}

/** The id and level of a line of alerts.json; undefined for a line that is none. */
export function readAlertLine(json: string): HeldAlert | undefined {
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
