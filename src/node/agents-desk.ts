/** What operators ask about agents on this node's socket, and what the page may show of them. */
import type { AgentKeyReply, AgentReply, AgentsReply, GroupReply, GroupsReply } from "../api/contract/agent-reply.ts";
import type { AgentsOverviewQuery, AgentsOverviewReply } from "../api/contract/agent-overview.ts";
import type { AgentsQuery } from "../api/contract/agent-route.ts";
import type { NodeInfo } from "../api/contract/reply.ts";
import type { AgentControl, AgentOrder, AgentOutcome } from "../api/needs.ts";
import type { AgentChange } from "../model/agent.ts";
import type { BlobDisk } from "../registry/blob-disk.ts";
import type { Agents } from "../registry/needs.ts";
import { unpackMerged } from "../wire/shared-file.ts";
import { findAgent, listAgents, listGroups } from "./agent-list.ts";
import { agentsOverview } from "./agent-overview.ts";

export interface AgentsDeskOptions {
  readonly agents: Agents;
  readonly blobs: Pick<BlobDisk, "get">;
  nodes(): readonly NodeInfo[];
  /** On a worker it is asked of the master. Never rejects. */
  change(change: AgentChange | AgentOrder): Promise<AgentOutcome>;
}

export class AgentsDesk implements AgentControl {
  readonly #options: AgentsDeskOptions;

  constructor(options: AgentsDeskOptions) {
    this.#options = options;
  }

  list(query: AgentsQuery): AgentsReply {
    const { agents, nodes } = this.#options;
    return listAgents(agents, nodes(), query);
  }

  overview(query: AgentsOverviewQuery): AgentsOverviewReply {
    const { agents, nodes } = this.#options;
    return agentsOverview(agents, nodes(), query);
  }

  find(id: string): AgentReply | undefined {
    const { agents, nodes } = this.#options;
    return findAgent(agents, nodes(), id);
  }

  keyOf(id: string): AgentKeyReply | undefined {
    const record = this.#options.agents.byId(id);
    if (record === undefined) return undefined;
    const { name, address, key } = record;
    return { id: record.id, name, address, key };
  }

  groups(): GroupsReply {
    return listGroups(this.#options.agents);
  }

  async group(name: string): Promise<GroupReply | undefined> {
    const { agents, blobs } = this.#options;
    const group = listGroups(agents).groups.find((one) => one.name === name);
    const merged = agents.merged([name]);
    if (group === undefined || merged === undefined) return undefined;
    // A disk that fails is told of by whoever fetches; here the file is not to be had.
    const bytes = await blobs.get(merged.sha256).catch(() => undefined);
    const files = bytes === undefined ? "" : unpackMerged(bytes);
    const isKnown = typeof files !== "string";
    return { ...group, files: isKnown ? files.map((file) => ({ name: file.name, bytes: file.bytes.length })) : null };
  }

  change(change: AgentChange | AgentOrder): Promise<AgentOutcome> {
    return this.#options.change(change);
  }
}
