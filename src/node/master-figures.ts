/** What a master counts over time: rates and samples, taken once a second; the page's `FigureFeed`. */
import { pause, type Clock } from "../base/clock.ts";
import type { Service } from "../base/service.ts";
import type { FiguresReply, StatusReply } from "../api/contract/reply.ts";
import type { FigureFeed } from "../api/needs.ts";
import { sampleEveryMs, type FigureFile, type FigureHistory } from "./figure-history.ts";
import type { LevelBoard } from "./level-board.ts";

/** A minute of figures is what a kill may cost. */
const writeEveryMs = 60_000;

export interface MasterFiguresOptions {
  clock: Clock;
  history: FigureHistory;
  file: FigureFile;
  board: LevelBoard;
  /** Undefined until the analysis has said where it stands: counts before that are none. */
  status: () => Pick<StatusReply, "events"> | undefined;
}

function slotOf(ms: number): number {
  return Math.floor(ms / sampleEveryMs);
}

export class MasterFigures implements FigureFeed, Service {
  readonly name = "figures";
  readonly #options: MasterFiguresOptions;

  constructor(options: MasterFiguresOptions) {
    this.#options = options;
  }

  figures(): FiguresReply {
    return this.#options.history.reply(this.#options.clock.wallMs());
  }

  levels(revision: number): ReturnType<FigureFeed["levels"]> {
    return this.#options.board.levels(revision, this.#options.clock.wallMs());
  }

  /** One look, about a second after the last one: a sample if one is due. */
  look(): void {
    const { clock, history, status } = this.#options;
    const nowMs = clock.wallMs();
    // By tens of seconds of the clock, so that looks which come late do not stretch the hour; and after the clock was
    // set back as well, so that the sample takes the place of those of the future.
    if (slotOf(nowMs) === slotOf(history.newestMs)) return;
    const events = status()?.events;
    if (events === undefined) return;
    const { accepted, analysed, behind, behindMs, lost } = events;
    history.add({ atMs: nowMs, accepted, analysed, behind, behindMs, lost });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, history, file } = this.#options;
    let writtenMs = clock.monotonicMs();
    while (!signal.aborted) {
      this.look();
      if (clock.monotonicMs() - writtenMs >= writeEveryMs) {
        writtenMs = clock.monotonicMs();
        await file.write(history);
      }
      await pause(clock, 1_000, signal);
    }
    await file.write(history);
  }
}
