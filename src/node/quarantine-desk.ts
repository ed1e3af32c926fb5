/** What an operator sees of the quarantines, and may lift. */
import type { Log } from "../base/log.ts";
import type { QuarantineReply, ReleaseReply } from "../api/contract/reply.ts";
import type { QuarantineControl } from "../api/needs.ts";
import type { Analysis } from "./analysis.ts";
import type { OwnEvents } from "./own-events.ts";
import type { QuarantineKeeper } from "./quarantine-disk.ts";

export interface DeskOptions {
  keeper: Pick<QuarantineKeeper, "book" | "record">;
  analysis: Pick<Analysis, "progress">;
  events: Pick<OwnEvents, "released">;
  log: Log;
}

export class QuarantineDesk implements QuarantineControl {
  readonly #options: DeskOptions;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  list(): QuarantineReply {
    const { keeper, analysis } = this.#options;
    const inForce = new Set(analysis.progress.quarantined);
    const parts = keeper.book.quarantines().map(({ part, id, position, event }) => {
      return { part, id, position, event, isInForce: inForce.has(id) };
    });
    return { parts, poisonCount: keeper.book.poisonCount };
  }

  async release(id: string): Promise<ReleaseReply | undefined> {
    const { keeper, events, log } = this.#options;
    const found = keeper.book.quarantineOf(id);
    if (found === undefined) return undefined;
    await keeper.record({ kind: "release", id });
    log.warning(`${found.part} ${id} is released from quarantine and is at work again from here on`);
    events.released(`${found.part} ${id}`);
    return { part: found.part, id };
  }
}
