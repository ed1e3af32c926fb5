/**
 * Removes what no start can need any more: segments of the journal behind the checkpoints, and the ruleset snapshots
 * that only those named. Called whenever a checkpoint was left, because a full journal waits for it, and every minute,
 * because segments also go by their age.
 */
import type { Clock } from "../base/clock.ts";
import type { Disk } from "../base/disk.ts";
import { describeError } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import type { Turns } from "../base/turns.ts";
import type { CheckpointStore } from "../analysis/checkpoint-disk.ts";
import type { Journal } from "../spool/journal.ts";
import type { Home } from "./home.ts";
import { forgetRulesets } from "./ruleset-in-force.ts";

export interface JournalKeeperOptions {
  disk: Disk;
  clock: Clock;
  log: Log;
  home: Home;
  journal: Pick<Journal, "removeBehind" | "oldestPosition">;
  checkpoints: Pick<CheckpointStore, "heads">;
  /** A snapshot that is stored and not recorded yet is named by nothing, and must not go. */
  rulesetTurns: Turns;
  /** `<journal><keep>`. */
  keepMs: number;
}

export class JournalKeeper {
  readonly #options: JournalKeeperOptions;
  #checkpoint = -1;
  #oldest = -1;
  #isWanted = false;
  #running: Promise<void> | undefined;

  constructor(options: JournalKeeperOptions) {
    this.#options = options;
  }

  /** To be told where the newest checkpoint stands, as often as one likes. */
  checkpointAt(position: number): void {
    if (position === this.#checkpoint) return;
    this.#checkpoint = position;
    void this.tidy();
  }

  /** Looks once; what is wanted meanwhile is looked for after it. Never rejects: what cannot be removed is logged. */
  tidy(): Promise<void> {
    this.#isWanted = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    while (this.#isWanted) {
      this.#isWanted = false;
      try {
        await this.#look();
      } catch (error) {
        this.#options.log.error(`what is behind the checkpoints could not be removed: ${describeError(error)}`);
      }
    }
  }

  async #look(): Promise<void> {
    const { disk, clock, home, journal, checkpoints, rulesetTurns, keepMs } = this.#options;
    const heads = await checkpoints.heads();
    // Behind the older one: if the newest turns out to be damaged, a start goes on from that.
    const position = Math.min(...heads.map((head) => head.position));
    if (heads.length > 0) await journal.removeBehind(position, clock.wallMs(), keepMs);
    if (journal.oldestPosition === this.#oldest) return;
    const oldest = journal.oldestPosition;
    const named = new Set(heads.map((head) => head.snapshotSha256));
    await rulesetTurns.take(() => forgetRulesets(disk, home, oldest, named));
    this.#oldest = oldest;
  }
}
