/**
 * A master for tests of the page that says what a test wants, when it wants it: the page's own server over listed
 * feeds, in this process, with the bundle that the page is.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { NodeInfo, StatusReply } from "../../src/api/contract/reply.ts";
import { PageServer } from "../../src/api/page-connection.ts";
import type { ApiNeeds } from "../../src/api/needs.ts";
import { pageFilesOf } from "../../src/api/page-file.ts";
import { systemClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import type { AgentRecord } from "../../src/model/agent.ts";
import { agentsOverview } from "../../src/node/agent-overview.ts";
import { ListedAgents, ListedFeed, ListedLog, sampleNeeds, sampleStatus, SetFigures } from "./api-needs.ts";
import { agentsOf } from "./link-agents.ts";

/** Where the bundle of this build is. */
const bundle = fileURLToPath(new URL("../../dashboard/", import.meta.url));

export interface RaisedChange {
  /** What follows the number in the description. */
  words?: string;
  fullLog?: string;
  location?: string;
  data?: Record<string, string>;
}

export class PageStage {
  readonly url: string;
  readonly feed = new ListedFeed();
  readonly clusterLog = new ListedLog();
  readonly figures = new SetFigures();
  /** Said every second, with the time of now. */
  status: StatusReply = { ...sampleStatus, startedMs: Date.now() - 60_000 };
  /** Told when something of it changes. */
  nodes: NodeInfo[];
  /** In the order of their ids. */
  agents: readonly AgentRecord[] = [];
  /** How often they were asked for. */
  agentsAskedCount = 0;
  /** They cannot be looked up. */
  isWithoutAgents = false;
  readonly #server: PageServer;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #alertCount = 0;

  constructor(port: number) {
    this.url = `http://127.0.0.1:${port}`;
    const needs = sampleNeeds(this.feed, { clusterLog: this.clusterLog, figures: this.figures });
    const overview: ApiNeeds["agents"]["overview"] = (query) => {
      this.agentsAskedCount += 1;
      if (this.isWithoutAgents) throw new Error("as a test wants it");
      return agentsOverview(agentsOf(this.agents), this.nodes, query);
    };
    const status = (): StatusReply => ({ ...this.status, nowMs: Date.now() });
    this.nodes = needs.status.nodes();
    this.#server = new PageServer({
      ...{ port, clock: systemClock, log: silentLog },
      needs: {
        ...needs,
        agents: Object.assign(new ListedAgents(), { overview }),
        status: { ...needs.status, status, nodes: () => this.nodes },
      },
      files: pageFilesOf(
        readdirSync(bundle, { recursive: true, encoding: "utf8" })
          .filter((name) => /\.\w+$/.test(name))
          .map((name) => [name, readFileSync(join(bundle, name))] as const),
      ),
    });
  }

  async start(): Promise<void> {
    this.#running = this.#server.run(this.#stopping.signal);
    await this.#server.ready();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  get streamCount(): number {
    return Number(this.#server.metrics()["page.streams"]);
  }

  /** Raises an alert of this moment, whose description begins with its number; gives the description. */
  raise(level: number, change: RaisedChange = {}): string {
    this.#alertCount += 1;
    const id = `${Math.floor(Date.now() / 1_000)}.${this.#alertCount}`;
    const description = `Alert number ${this.#alertCount}.${change.words ?? ""}`;
    const json = JSON.stringify({
      ...{ timestamp: new Date().toISOString(), rule: { level, description, id: "5716" }, id },
      ...{ location: change.location ?? "192.0.2.7", full_log: change.fullLog ?? `line ${this.#alertCount}` },
      ...{ data: change.data ?? {}, cluster: { name: "argus", node: "worker-node1" } },
    });
    this.feed.raise({ id, level, json });
    this.status = { ...this.status, alerts: this.status.alerts + 1 };
    return description;
  }
}
