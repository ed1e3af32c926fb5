/**
 * Puts changed decoders, rules, lists and their options in force without a restart.
 *
 *   files change ──quiet──▶ read and compiled on a thread ──▶ stored ──▶ compiled by the analysis, between events
 *                                        │                                         │
 *                           does not load: the one of before stays        recorded: in force from there on
 *
 * A kill before the record leaves the one of before in force, and the next start finds the changed files by itself.
 */
import { pause, type Clock } from "../base/clock.ts";
import { describeError } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import type { Service } from "../base/service.ts";
import type { Turns } from "../base/turns.ts";
import type { WatchFolder } from "../collect/watch-disk.ts";
import type { ReloadReply, RulesetReply } from "../api/contract/reply.ts";
import { describeForLog, describeProblem, hasErrors, type Problem } from "../config/problem.ts";
import type { PublishedRuleset } from "./ruleset-in-force.ts";
import type { RulesetReading } from "./ruleset-reading.ts";
import { RulesetWatch } from "./ruleset-watch.ts";
import type { Disk } from "../base/disk.ts";
import type { Snapshot } from "../analysis/snapshot.ts";

export interface RulesetReloadOptions {
  clock: Clock;
  disk: Disk;
  log: Log;
  watchFolder: WatchFolder;
  /** Taken while a snapshot is stored and not recorded yet: nobody may remove it then. */
  turns: Turns;
  /** What the start has made of the files. */
  published: PublishedRuleset;
  /** Beside those that reading tells. */
  places: readonly string[];
  /** `known`: the snapshot in force, which need not be compiled, or empty. Never rejects. */
  read(known: string, signal: AbortSignal): Promise<RulesetReading>;
  /** Stores it and puts it in force. */
  replace(snapshot: Snapshot): Promise<void>;
}

/** Without a hint of the system a change is found within so much. */
const lookMsMax = 5_000;
/** What is written in pieces, or file by file, has come to rest when nothing has changed for so long. */
const quietMs = 1_000;
/** Files that never come to rest are read all the same. */
const restlessMsMax = 30_000;
/** Lines of one ruleset; what is wrong with its first files says enough. */
const linesMax = 100;

export class RulesetReload implements Service {
  readonly name = "ruleset reload";
  readonly #options: RulesetReloadOptions;
  readonly #watch: RulesetWatch;
  #inForce: string;
  #sinceMs: number;
  #refused: RulesetReply["refused"];
  /** Of the one in force; undefined while nobody has compiled it from the files. */
  #warnings: readonly string[] | undefined;
  #seen = "";
  #hinted: (() => void) | undefined;
  /** The reload that has not begun; who asks meanwhile is answered by it. */
  #next: Promise<ReloadReply> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #stop: AbortSignal | undefined;

  constructor(options: RulesetReloadOptions) {
    this.#options = options;
    const { published, clock, disk, watchFolder } = options;
    this.#inForce = published.sha256;
    this.#sinceMs = clock.wallMs();
    this.#refused = this.#refusalOf(published.refused);
    this.#warnings = published.warnings;
    this.#watch = new RulesetWatch(disk, watchFolder, () => this.#hinted?.());
  }

  status(): RulesetReply {
    return { sha256: this.#inForce, sinceMs: this.#sinceMs, refused: this.#refused };
  }

  /** Reads the files as they are now, changed or not. Rejects where what is read cannot be stored or recorded. */
  reload(): Promise<ReloadReply> {
    this.#next ??= this.#last.then(() => {
      this.#next = undefined;
      return this.#reload();
    });
    this.#last = this.#next.catch(() => undefined);
    return this.#next;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { published, places, log } = this.#options;
    this.#stop = signal;
    await this.#watch.follow([...places, ...published.places]);
    this.#seen = await this.#watch.look();
    try {
      while (!signal.aborted) {
        await this.#untilChange(signal);
        if (signal.aborted) break;
        await this.reload().catch((error: unknown) =>
          log.error(`the ruleset was not replaced: ${describeError(error)}`),
        );
      }
    } finally {
      this.#watch.close();
      await this.#last;
    }
  }

  /** Resolves when something has changed and come to rest, or at the end. */
  async #untilChange(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    let now = await this.#watch.look();
    while (now === this.#seen && !signal.aborted) {
      await this.#untilHint(signal);
      now = await this.#watch.look();
    }
    const endMs = clock.monotonicMs() + restlessMsMax;
    for (let before = ""; before !== now && clock.monotonicMs() < endMs && !signal.aborted;) {
      await pause(clock, quietMs, signal);
      before = now;
      now = await this.#watch.look();
    }
  }

  async #untilHint(signal: AbortSignal): Promise<void> {
    const hint = new AbortController();
    this.#hinted = () => hint.abort();
    await pause(this.#options.clock, lookMsMax, AbortSignal.any([signal, hint.signal]));
    this.#hinted = undefined;
  }

  async #reload(): Promise<ReloadReply> {
    const { read, turns, replace, log, clock, places } = this.#options;
    const stop = this.#stop ?? new AbortController().signal;
    this.#seen = await this.#watch.look();
    const reading = await read(this.#warnings === undefined ? "" : this.#inForce, stop);
    if (stop.aborted) return this.#unchanged();
    await this.#follow([...places, ...reading.places]);
    const { snapshot, problems } = reading;
    if (snapshot === undefined || hasErrors(problems)) return this.#refuse(problems);
    this.#refused = null;
    const isSame = snapshot.sha256 === this.#inForce;
    if (isSame && this.#warnings !== undefined) return this.#unchanged();
    const warnings = problems.map(describeProblem);
    for (const line of shortened(problems.map(describeForLog))) log.warning(line);
    if (!isSame) await turns.take(() => replace(snapshot));
    this.#warnings = warnings;
    if (isSame) return this.#unchanged();
    this.#inForce = snapshot.sha256;
    this.#sinceMs = clock.wallMs();
    return { outcome: "replaced", sha256: this.#inForce, problems: shortened(warnings) };
  }

  /** With the warnings of then: who asks has perhaps written the files just before the watch put them in force. */
  #unchanged(): ReloadReply {
    return { outcome: "unchanged", sha256: this.#inForce, problems: shortened(this.#warnings ?? []) };
  }

  /** What has changed while it was read is read again. */
  async #follow(places: readonly string[]): Promise<void> {
    const isSame = (await this.#watch.look()) === this.#seen;
    await this.#watch.follow(places);
    this.#seen = isSame ? await this.#watch.look() : "";
  }

  #refuse(problems: readonly Problem[]): ReloadReply {
    const { log } = this.#options;
    const errors = problems.filter(({ severity }) => severity === "error");
    for (const line of shortened(errors.map(describeForLog))) log.error(line);
    log.error(`the changed ruleset does not load; the one of before (${this.#inForce.slice(0, 12)}) stays in force`);
    const lines = errors.map(describeProblem);
    this.#refused = this.#refusalOf(lines);
    return { outcome: "refused", sha256: this.#inForce, problems: shortened(lines) };
  }

  #refusalOf(errors: readonly string[]): RulesetReply["refused"] {
    return errors.length === 0 ? null : { atMs: this.#options.clock.wallMs(), problems: shortened(errors) };
  }
}

function shortened(lines: readonly string[]): string[] {
  const left = lines.length - linesMax;
  return left > 0 ? [...lines.slice(0, linesMax), `… and ${left} more`] : [...lines];
}
