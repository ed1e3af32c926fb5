/**
 * etc/client.keys on a node that is not the master: a copy of what the registry says, for whoever looks there, and for
 * the day on which the node is made the master. Agents are changed on the master; an edit here is undone, and said so.
 */
import { pause, type Clock } from "../base/clock.ts";
import { describeError } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import type { Service } from "../base/service.ts";
import type { RegistryRecord } from "../model/agent.ts";
import type { Agents, KeysFile, KeysLine } from "./needs.ts";
import { isInFile, lineOf } from "./new-agent.ts";

export interface KeysCopyOptions {
  readonly agents: Agents;
  readonly keys: KeysFile;
  readonly clock: Clock;
  readonly log: Log;
  lines(): readonly KeysLine[];
}

/** Many agents may enrol at once; each is in the database already. */
const everyMs = 1_000;
const lookEveryMs = 10_000;

const textOf = ({ id, name, address, key, isRemoved }: KeysLine): string =>
  `${id} ${isRemoved} ${name} ${address} ${key}`;

export class KeysCopy implements Service {
  readonly name = "client.keys";
  readonly #options: KeysCopyOptions;
  #isDirty = true;
  /** The lines that were written last, by id. */
  #written = new Map<string, string>();

  constructor(options: KeysCopyOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { agents, clock, log } = this.#options;
    const end = agents.onChanged((changed) => {
      this.#isDirty ||= changed.some((record) => this.#isNews(record));
    });
    let lookedMs = Number.NEGATIVE_INFINITY;
    try {
      while (!signal.aborted) {
        const nowMs = clock.monotonicMs();
        const isLookDue = nowMs - lookedMs >= lookEveryMs;
        if (isLookDue) lookedMs = nowMs;
        if (isLookDue || this.#isDirty) {
          await this.copy().catch((error: unknown) => log.warning(`${describeError(error)}.`));
        }
        await pause(clock, everyMs, signal);
      }
    } finally {
      end();
    }
  }

  /** Rejects with `ClientKeysFailed`. */
  async copy(): Promise<void> {
    const { keys, log, lines } = this.#options;
    const edit = await keys.look();
    if (edit !== undefined && edit.before.length > 0) {
      log.warning("etc/client.keys was changed on this node and is written again: agents are changed on the master.");
    }
    if (edit === undefined && !this.#isDirty) return;
    const copied = lines();
    this.#written = new Map(copied.map((line) => [line.id, textOf(line)]));
    this.#isDirty = false; // What changes during the write is for the next one.
    let isWritten = false;
    try {
      isWritten = await keys.write(copied);
    } finally {
      this.#isDirty ||= !isWritten;
    }
  }

  /** Most changes are of states, and the file has none. */
  #isNews(record: RegistryRecord): boolean {
    if (record.kind !== "agent") return false;
    return this.#written.get(record.id) !== (isInFile(record) ? textOf(lineOf(record)) : undefined);
  }
}
