/**
 * What is done about an event that held up or killed the analysis:
 *
 *   suspect ──trial──▶ innocent of taking long: acquitted; the analysis begins again and comes past the event
 *              │
 *              ├─────▶ innocent of a crash: the analysis begins again as it was; at the second one the node stops
 *              │
 *              └─────▶ guilty, or acquitted and still at it after a minute (poison-watch.ts):
 *                        the first failure at the event, by a rule or decoder: that is quarantined from the event on
 *                        any other: the event is put into queue/poison/ and passed over
 *
 * Each decision is a control record before the analysis begins again, so one that is killed meanwhile finds it at the
 * next start, or comes to the same event again. The trial knows the quarantines in force at the event, and nothing else
 * of what the analysis remembers: what that alone makes slow is no rule's fault, and quarantines none. What operators
 * see of it: docs/operating/recover.md.
 */
import { join } from "node:path";
import type { Disk } from "../base/disk.ts";
import type { Log } from "../base/log.ts";
import type { WatchedPart } from "../analysis/watched-part.ts";
import { isUpTo, type EventPlace, type WatchedPlace } from "./engine-watch.ts";
import { PoisonUnclear } from "./errors.ts";
import type { Home } from "./home.ts";
import type { PoisonEvent } from "./poison-thread.ts";
import type { Verdict } from "./poison-trial.ts";
import type { QuarantineRecord } from "./quarantine-book.ts";
import type { QuarantineKeeper } from "./quarantine-disk.ts";

/** Why a thread had to be ended, or ended by itself. */
export interface Suspect {
  place: WatchedPlace;
  /** `time`: it was over the limit. `crash`: it died, `message` says of what. */
  how: "time" | "crash";
  message: string;
}

/** What the master tells of it in events of its own. */
export interface PoisonTeller {
  quarantined(part: string, position: number): void;
  poisoned(node: string, position: number): void;
}

export interface WardOptions {
  disk: Disk;
  home: Home;
  log: Log;
  keeper: Pick<QuarantineKeeper, "book" | "record">;
  tell: PoisonTeller;
  tryEvent(suspect: WatchedPlace, quarantines: readonly QuarantineRecord[], signal: AbortSignal): Promise<Verdict>;
}

/** So many events are kept for a person to look at; those after them are passed over and counted all the same. */
const poisonFilesMax = 1_000;

/** So many places are known again; a node that dies at ever new ones is not stopped for it. */
const doubtfulMax = 64;

export class PoisonWard {
  readonly #options: WardOptions;
  /** The places of the last suspicions that the trial could not explain, oldest first. */
  readonly #doubtful = new Set<string>();
  #acquitted: EventPlace | undefined;

  constructor(options: WardOptions) {
    this.#options = options;
  }

  /**
   * The last event that took too long and was answered in time alone; undefined: none. Whatever comes before it has
   * been answered in time by the analysis itself.
   */
  get acquitted(): EventPlace | undefined {
    return this.#acquitted;
  }

  /**
   * Resolves when the analysis may begin again. Rejects with `PoisonUnclear` after a second crash at one place that the
   * event alone does not explain, and with the errors of disk and journal.
   */
  async treat(suspect: Suspect, signal: AbortSignal): Promise<void> {
    const { log } = this.#options;
    const { place, how, message } = suspect;
    const where = `event ${place.event} of the batch at ${place.position}`;
    log.warning(`${where}: the analysis ${how === "time" ? "took too long" : `died (${message})`}; it is tried alone`);
    const verdict = await this.#try(place, signal);
    if (signal.aborted) return;
    if (verdict.kind === "guilty") return this.#decide(verdict.place, verdict.part, verdict.event);
    const outcome = verdict.kind === "innocent" ? "alone it is answered in time" : verdict.message;
    if (how === "time" && verdict.kind === "innocent") {
      // Its time was the long one then: it does not end, for a reason that lies in what the analysis remembers.
      if (isUpTo(place, this.#acquitted)) return this.#decide(place, verdict.part, verdict.event);
      this.#acquitted = { position: place.position, event: place.event };
      log.warning(`${where}: ${outcome}; the analysis begins again and takes the time it needs up to there`);
      return;
    }
    if (this.#isDoubtfulAgain(place)) throw new PoisonUnclear(`${where}: ${message}`);
    log.warning(`${where}: ${outcome}; the analysis begins again`);
  }

  #isDoubtfulAgain({ position, event, what }: WatchedPlace): boolean {
    const key = `${position}:${event}:${what}`;
    if (this.#doubtful.has(key)) return true;
    this.#doubtful.add(key);
    const [oldest = ""] = this.#doubtful;
    if (this.#doubtful.size > doubtfulMax) this.#doubtful.delete(oldest);
    return false;
  }

  /** Asks once more where the engine stopped at something else than was suspected, so that it has a name. */
  async #try(place: WatchedPlace, signal: AbortSignal): Promise<Verdict> {
    const { keeper, tryEvent } = this.#options;
    const quarantines = keeper.book.inForceAt(place);
    const verdict = await tryEvent(place, quarantines, signal);
    if (verdict.kind !== "guilty" || verdict.place.what === place.what) return verdict;
    return tryEvent(verdict.place, quarantines, signal);
  }

  async #decide(place: WatchedPlace, part: WatchedPart | undefined, event: PoisonEvent): Promise<void> {
    const { log, keeper, tell } = this.#options;
    if (part === undefined || keeper.book.failuresAt(place) > 0) return this.#putAside(place, event);
    const { position, event: index } = place;
    const { kind, id, fingerprint } = part;
    await keeper.record({ kind: "quarantine", part: kind, id, fingerprint, position, event: index });
    const name = kind === "rule" ? `rule ${id}` : `decoder ${part.name} (${id})`;
    log.error(
      `${name} is quarantined from event ${index} of the batch at ${position} on: it holds up the analysis. ` +
        `Change it, or lift this by: argus ruleset release ${id}`,
    );
    tell.quarantined(name, position);
  }

  async #putAside(place: WatchedPlace, event: PoisonEvent): Promise<void> {
    const { log, keeper, tell } = this.#options;
    const { position, event: index } = place;
    const path = await this.#keepEvent(place, event);
    await keeper.record({ kind: "poison", position, event: index });
    const kept = path === undefined ? `${poisonFilesMax} are kept already, this one is not` : `it is kept as ${path}`;
    const where = `event ${index} of the batch at ${position} (node ${event.node})`;
    log.error(`${where} is not analysed: it holds up the analysis; ${kept}`);
    tell.poisoned(event.node, position);
  }

  /** `queue/poison/POSITION-EVENT.json`; undefined where there are enough. */
  async #keepEvent(place: WatchedPlace, event: PoisonEvent): Promise<string | undefined> {
    const { disk, home } = this.#options;
    await disk.makeFolder(home.poison, 0o750);
    if ((await disk.list(home.poison)).length >= poisonFilesMax) return undefined;
    const { log, ...rest } = event;
    const kept = {
      ...{ position: place.position, event: place.event, snapshotSha256: place.snapshotSha256 },
      ...rest,
      log: Buffer.from(log).toString("utf8"),
      /** The bytes as they came: the text above shows what is no UTF-8 as well as it can. */
      logBase64: Buffer.from(log).toString("base64"),
    };
    const path = join(home.poison, `${String(place.position).padStart(16, "0")}-${place.event}.json`);
    await disk.replace(path, Buffer.from(`${JSON.stringify(kept, undefined, 1)}\n`, "utf8"), 0o640);
    return path;
  }
}
