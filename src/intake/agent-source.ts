/**
 * The sources of one agent's events: one object for each queue and location, so that a batch recognises it by identity.
 * Who the agent is comes from its registration alone, never from what stands in a location (attack case 23).
 */
import type { Queue, Source } from "../model/event.ts";
import { shownAddress } from "./agent-address.ts";
import type { AgentIdentity } from "./needs.ts";

/** More than an agent follows files; one that makes up locations pays with its own cache. */
const keptMax = 64;

export class AgentSources {
  readonly #agent: Pick<Source, "agentId" | "agentName" | "agentIp">;
  readonly #kept = new Map<string, Source>();
  #last: Source | undefined;

  constructor({ id, name, address }: Pick<AgentIdentity, "id" | "name" | "address">) {
    this.#agent = { agentId: id, agentName: name, agentIp: shownAddress(address) };
  }

  get kept(): number {
    return this.#kept.size;
  }

  of(queue: Queue, location: string): Source {
    const last = this.#last;
    if (last !== undefined && last.location === location && last.queue === queue) return last;
    const key = queue + location;
    const source = this.#kept.get(key) ?? this.#keep(key, { queue, ...this.#agent, location });
    this.#last = source;
    return source;
  }

  #keep(key: string, source: Source): Source {
    if (this.#kept.size >= keptMax) {
      for (const oldest of this.#kept.keys()) {
        this.#kept.delete(oldest);
        break;
      }
    }
    this.#kept.set(key, source);
    return source;
  }
}
