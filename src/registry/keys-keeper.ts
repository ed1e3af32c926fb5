/**
 * Keeps the registry and etc/client.keys in agreement. The file is the authority for id, name, address and key: what
 * others write there becomes changes of the registry. What the registry decides is written there before it is stored.
 */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { AgentRecord } from "../model/agent.ts";
import type { DurableTable } from "./durable-table.ts";
import { ClientKeysFailed } from "./errors.ts";
import { changesOf, isSameLine, type KeysChange } from "./keys-edit.ts";
import type { AdoptedAgents, AgentEvents, GroupFolders, KeysEdit, KeysFile, KeysLine } from "./needs.ts";
import { isInFile, lineOf, newAgent, removed } from "./new-agent.ts";

export interface KeeperOptions {
  readonly keys: KeysFile;
  readonly table: DurableTable;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: AgentEvents;
  readonly groups: Pick<GroupFolders, "has">;
}

/**
 * For so long an edit does not undo what we wrote: somebody may have read the file before it, and writes all of it
 * back. A person is slower; a script that writes what it read minutes ago loses what came in between, and always did.
 */
const recentMs = 30_000;
const nothingAdopted: AdoptedAgents = { registeredMsOf: () => 0, groupsOf: () => [] };
/** Somebody who writes faster than we can look does not stop us. */
const triesMax = 5;

export class KeysKeeper {
  readonly #options: KeeperOptions;
  /** Ids whose lines we changed, and until when that stands against edits; monotonic. */
  readonly #recent = new Map<string, number>();
  #isDirty = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /**
   * What the file says counts, wherever it differs from the database; an absent file is written again. `adopted` knows
   * more of agents that are new by it. Rejects with `ClientKeysFailed`.
   */
  async start(adopted: AdoptedAgents | undefined): Promise<void> {
    const { keys, log } = this.#options;
    const edit = await keys.look();
    const known = this.#lines();
    if (edit === undefined) {
      if (known.length > 0) log.warning("etc/client.keys is gone; it is written again from the agents' database.");
      this.#isDirty = known.length > 0;
    } else this.#apply({ ...edit, before: known }, adopted ?? nothingAdopted);
    await this.write(new Set());
  }

  /** Rejects with `ClientKeysFailed`. */
  async look(): Promise<void> {
    const edit = await this.#options.keys.look();
    if (edit !== undefined) this.#apply(edit, undefined);
  }

  /** Writes what was decided for the agents `touched`. Rejects with `ClientKeysFailed`. */
  async write(touched: ReadonlySet<string>): Promise<void> {
    const { keys, clock } = this.#options;
    const untilMs = clock.monotonicMs() + recentMs;
    for (const id of touched) this.#recent.set(id, untilMs);
    if (touched.size === 0 && !this.#isDirty) return;
    for (let tries = 0; tries < triesMax; tries += 1) {
      if (await keys.write(this.#lines())) {
        this.#isDirty = false;
        return;
      }
      await this.look();
    }
    throw new ClientKeysFailed("etc/client.keys", "is changed by somebody all the time");
  }

  /** The file may hold what has been taken back. */
  fail(): void {
    this.#isDirty = true;
    this.#recent.clear();
  }

  #lines(): KeysLine[] {
    const lines: KeysLine[] = [];
    for (const record of this.#options.table.table.all()) {
      if (record.kind === "agent" && isInFile(record)) lines.push(lineOf(record));
    }
    return lines.sort((a, b) => Number(a.id) - Number(b.id));
  }

  /** `adopted`: at the start, what else is known of the agents. */
  #apply(edit: KeysEdit, adopted: AdoptedAgents | undefined): void {
    const { log, table, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    for (const [id, untilMs] of this.#recent) if (untilMs <= nowMs) this.#recent.delete(id);
    table.passNumber(edit.greatestId);
    if (edit.isOverwritten) this.#isDirty = true;
    let count = 0;
    for (const change of changesOf(edit)) {
      const id = change.after?.id ?? change.before?.id ?? "";
      const record = table.table.agent(id);
      const known = record === undefined || !isInFile(record) ? undefined : lineOf(record);
      if (isSameLine(known, change.after)) continue;
      if (this.#recent.has(id)) {
        log.warning(`etc/client.keys: an edit undid the line of agent ${id}, new a moment ago; it is written again.`);
        this.#isDirty = true;
        continue;
      }
      this.#take(record, change, adopted);
      count += 1;
    }
    if (count > 0 && adopted === undefined)
      log.info(`etc/client.keys was changed: ${count} agents differ and are taken over.`);
  }

  #take(record: AgentRecord | undefined, { after }: KeysChange, adopted: AdoptedAgents | undefined): void {
    const { table, clock, events } = this.#options;
    const nowMs = clock.wallMs();
    const wasThere = record !== undefined && !record.isRemoved;
    if (after === undefined || after.isRemoved) {
      const last = after === undefined ? record : { ...(record ?? newAgent(after, [], 0)), ...after };
      if (last !== undefined) table.put(removed(last, after === undefined, nowMs));
      if (wasThere) events.agentRemoved(record);
    } else if (wasThere) table.put({ ...record, ...after });
    else if (record?.name === after.name) {
      // It is the same agent, whose line was lost for a while: a cut file, or an edit that was taken back.
      const groups = record.groups.filter((group) => this.#options.groups.has(group));
      table.put({ ...newAgent(after, groups, record.registeredMs), counterFloor: record.counterFloor });
    } else {
      // Of a line that was there before us nobody may know since when: it is old, and may be replaced.
      table.put(newAgent(after, adopted?.groupsOf(after.id) ?? [], adopted?.registeredMsOf(after.id) ?? nowMs));
    }
  }
}
