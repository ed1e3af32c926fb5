/**
 * Sources that guess passwords. A try is counted before it is looked at, so that a thousand at once are not a thousand
 * free ones, and taken back when it was none. After a few failures the source waits, longer each time; it is told the
 * same as for a wrong password. IPv6 counts by /64, of which one customer has as many addresses as he likes. Pure.
 */
import { cidrContains, parseAddress, parseCidrs } from "../config/address.ts";

export interface LockOutLimits {
  /** Failures before the first wait. */
  readonly failuresMax: number;
  /** Of the first wait; each further failure doubles it. */
  readonly waitMs: number;
  readonly waitMsMax: number;
  /** After so long without a failure all is forgiven. */
  readonly forgetMs: number;
  /** Sources that are remembered. When there are more, those that failed longest ago are forgotten. */
  readonly sourcesMax: number;
}

export const lockOutLimits: LockOutLimits = {
  failuresMax: 5,
  waitMs: 10_000,
  waitMsMax: 900_000,
  forgetMs: 3_600_000,
  sourcesMax: 10_000,
};

interface Source {
  failures: number;
  lockedUntilMs: number;
  lastMs: number;
}

export class LockOut {
  readonly #limits: LockOutLimits;
  /** In the order of their last try. */
  readonly #sources = new Map<string, Source>();

  constructor(limits: LockOutLimits = lockOutLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#sources.size;
  }

  /** Counts a try as a failure; false: the source is locked out, and the try may not be looked at. */
  begin(address: string, nowMs: number): boolean {
    const { failuresMax, waitMs, waitMsMax, forgetMs, sourcesMax } = this.#limits;
    const key = sourceKey(address);
    let source = this.#sources.get(key);
    if (source === undefined || nowMs - source.lastMs >= forgetMs) {
      source = { failures: 0, lockedUntilMs: 0, lastMs: nowMs };
    }
    if (nowMs < source.lockedUntilMs) return false;
    source.failures += 1;
    source.lastMs = nowMs;
    const beyond = source.failures - failuresMax;
    if (beyond >= 0) source.lockedUntilMs = nowMs + Math.min(waitMs * 2 ** Math.min(beyond, 30), waitMsMax);
    this.#sources.delete(key);
    this.#sources.set(key, source);
    for (const oldest of this.#sources.keys()) {
      if (this.#sources.size <= sourcesMax) break;
      this.#sources.delete(oldest);
    }
    return true;
  }

  /** The try was no failure. */
  takeBack(address: string): void {
    const key = sourceKey(address);
    const source = this.#sources.get(key);
    if (source === undefined) return;
    source.failures -= 1;
    source.lockedUntilMs = 0;
    if (source.failures <= 0) this.#sources.delete(key);
  }
}

/** An IPv4 address, or the /64 of an IPv6 one. */
export function sourceKey(address: string): string {
  const parsed = parseAddress(address);
  if (parsed === undefined) return address.slice(0, 64);
  if (parsed.family === 4) return parsed.text;
  const [block] = parseCidrs(`${parsed.text}/64`);
  return block !== undefined && cidrContains(block, parsed) ? block.text : parsed.text;
}
