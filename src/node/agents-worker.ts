/**
 * The agents of a worker: a copy of the master's registry, this node's own ports, and what they hear on its way to the
 * master. Who may become an agent, and who is one, is the master's to say.
 */
import type { AgentOrder, AgentOutcome } from "../api/needs.ts";
import { describeError } from "../base/error.ts";
import { OccasionalLog } from "../base/occasional-log.ts";
import { untilAborted, type Service } from "../base/service.ts";
import type { EventSink } from "../collect/needs.ts";
import type { AgentListener } from "../intake/agent-listener.ts";
import type { AgentReports } from "../intake/needs.ts";
import {
  noPosition,
  type AgentsOfWorker,
  type AgentsSession,
  type BlobSink,
  type FetchResult,
  type RegistryPage,
} from "../link/agent-needs.ts";
import type { AgentChange, EnrolmentAnswer } from "../model/agent.ts";
import type { AuthListener } from "../registry/auth-listener.ts";
import { BlobDisk } from "../registry/blob-disk.ts";
import { ClientKeysDisk } from "../registry/client-keys-disk.ts";
import { RelayGuard } from "../registry/guarded-enrolment.ts";
import { KeysCopy } from "../registry/keys-copy.ts";
import type { Agents, Enrolment } from "../registry/needs.ts";
import { Replica } from "../registry/replica.ts";
import { StoreDisk } from "../registry/store-disk.ts";
import { deliverHere } from "./agent-delivery.ts";
import { enrolmentPort, HEARD_MAX, openAgentListener, unasked } from "./agent-doors.ts";
import { agentFiles } from "./agent-files.ts";
import { RECONNECT } from "./agent-order.ts";
import { RegistryCopyFailed } from "./errors.ts";
import { MergedFetch } from "./merged-fetch.ts";
import type { NodeParts } from "./parts.ts";
import { ReportRelay } from "./report-relay.ts";
import { named } from "./take-in.ts";

const noMaster: EnrolmentAnswer = { isEnrolled: false, reason: "Cannot comunicate with master" };

export class AgentsWorker {
  readonly blobs: BlobDisk;
  readonly #parts: NodeParts;
  readonly #store: StoreDisk;
  readonly #replica: Replica;
  readonly #relay: ReportRelay;
  readonly #fetch: MergedFetch;
  #session: AgentsSession | undefined;
  #listener: AgentListener | undefined;
  #auth: AuthListener | undefined;
  /** Of the link; a fetch that is asked for before there is one waits for the next try. */
  fetch: (sha256: string, sink: BlobSink) => Promise<FetchResult> = () => Promise.resolve("missing");

  private constructor(parts: NodeParts, store: StoreDisk) {
    const { settings, clock, logs, disk, home } = parts;
    const log = logs.main.tagged("Agents");
    this.#parts = parts;
    this.#store = store;
    this.#replica = new Replica({ store, clock, log });
    this.blobs = new BlobDisk(home.mergedFiles, disk);
    const { agents } = this.#replica;
    this.#relay = new ReportRelay({
      ...{ node: settings.name, clock, byId: (id) => agents.byId(id) },
      connections: () => this.#listener?.connections() ?? [],
    });
    const { blobs } = this;
    this.#fetch = new MergedFetch({ agents, blobs, clock, log, fetch: (sha256, sink) => this.fetch(sha256, sink) });
  }

  /** Rejects with the error of the part that cannot be opened, and nothing is open then. */
  static async open(parts: NodeParts, sink: EventSink): Promise<AgentsWorker> {
    const store = StoreDisk.open(parts.home.registryDatabase, parts.logs.main.tagged("Agents"));
    const worker = new AgentsWorker(parts, store);
    try {
      await worker.#openDoors(sink);
      return worker;
    } catch (error) {
      await worker.close();
      throw error;
    }
  }

  async #openDoors(sink: EventSink): Promise<void> {
    const { clock, logs } = this.#parts;
    const reports: AgentReports = {
      report: (report) => this.#relay.take(report),
      heard: (ids) => this.#onHeard(ids),
    };
    const shared = agentFiles(this.agents, this.blobs);
    this.#listener = await openAgentListener(this.#parts, { table: this.agents, reports, shared, sink });
    const relayed: Enrolment = { enrol: async (request) => (await this.#session?.enrol(request)) ?? noMaster };
    const complaints = new OccasionalLog(logs.main.tagged("Enrolment"), clock);
    this.#auth = enrolmentPort(this.#parts, new RelayGuard({ enrolment: relayed, clock, complaints }));
    if (this.#parts.settings.agents.isAuthWritten) await this.#auth?.open();
  }

  get agents(): Agents {
    return this.#replica.agents;
  }

  /** Started before the link, and drained after it. */
  get services(): Service[] {
    return [this.#keysCopy(), this.#fetch];
  }

  /** Started when all else works. */
  get doors(): Service[] {
    const { settings, clock, logs } = this.#parts;
    const { isAuthWritten, isListenerWritten } = settings.agents;
    const log = logs.main.tagged("Agents");
    const asked = (service: Service, isWritten: boolean): Service =>
      isWritten ? service : unasked(service, clock, log);
    return [
      ...(this.#listener === undefined ? [] : [asked(this.#listener, isListenerWritten)]),
      ...(this.#auth === undefined ? [] : [asked(this.#auth, isAuthWritten)]),
    ];
  }

  counters(): Record<string, number> {
    return {
      ...(this.#listener === undefined ? {} : named("agents", this.#listener.counters())),
      ...(this.#auth === undefined ? {} : named("enrolment", this.#auth.counters)),
      "agents.untold": this.#relay.pendingCount,
    };
  }

  /** Gives the addresses back when the node does not come to run, and closes the database in any case. */
  async close(): Promise<void> {
    this.#relay.stop();
    await this.#listener?.close();
    await this.#auth?.close();
    this.#store.close();
  }

  #onHeard(ids: readonly string[]): void {
    this.#relay.heard(ids);
    const numbers = ids.map(Number);
    this.#replica.heard(numbers);
    for (let at = 0; at < numbers.length; at += HEARD_MAX) this.#session?.heard(numbers.slice(at, at + HEARD_MAX));
  }

  // ── what operators ask for ───────────────────────────────────────────────────────────────────────────────────────

  async change(change: AgentChange | AgentOrder): Promise<AgentOutcome> {
    if (change.kind === "reconnect") return this.#reconnect(change.id);
    if (this.#session === undefined) {
      return { isDone: false, text: "this node is not connected to its master, and agents are changed there" };
    }
    return this.#session.change(change);
  }

  #reconnect(id: string): AgentOutcome {
    const record = this.agents.byId(id);
    if (record === undefined) return { isDone: false, text: `there is no agent ${id.slice(0, 32)}` };
    const who = `agent ${record.id} (${record.name})`;
    const { name } = this.#parts.settings;
    if (record.node !== name) return { isDone: false, text: `${who} is not connected to this node; ask the master` };
    const { isDelivered, text } = deliverHere(this.#listener, id, RECONNECT);
    if (!isDelivered) return { isDone: false, text: `${who} could not be told: ${text}` };
    return { isDone: true, id: record.id, text: `A${who.slice(1)} was told to reconnect by node ${name}.` };
  }

  // ── what the link gives ──────────────────────────────────────────────────────────────────────────────────────────

  ofLink(): AgentsOfWorker {
    return {
      held: () => {
        const { epoch, seq } = this.#replica.held;
        return epoch === "" ? noPosition : { epoch, seq };
      },
      apply: (page) => this.#apply(page),
      heard: (_node, ids) => this.#replica.heard(ids),
      deliver: (id, message) => Promise.resolve(deliverHere(this.#listener, id, message)),
      onSession: (session) => {
        this.#session = session;
        this.#relay.onSession(session);
      },
    };
  }

  #apply(page: RegistryPage): Promise<void> {
    if (this.#replica.take(page)) return Promise.resolve();
    return Promise.reject(new RegistryCopyFailed(page.from, page.to));
  }

  // ── client.keys ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** The copy begins when there is something to copy: before that an empty registry would empty the file. */
  #keysCopy(): Service {
    const { clock, disk, home, logs } = this.#parts;
    const { agents } = this;
    const log = logs.main.tagged("Agents");
    const keys = new ClientKeysDisk({ path: home.clientKeys, disk, clock, log });
    const copy = new KeysCopy({ agents, keys, clock, log, lines: () => this.#replica.lines() });
    const wasEmpty = this.#replica.held.epoch === "";
    return {
      name: copy.name,
      run: async (signal) => {
        if (wasEmpty) {
          await Promise.race([untilAborted(signal), this.#firstRecords()]);
          if (signal.aborted) return;
          await this.#keepOldKeys();
        }
        await copy.run(signal);
      },
    };
  }

  #firstRecords(): Promise<void> {
    if (this.#replica.agents.allMerged().length > 0) return Promise.resolve();
    return new Promise((resolve) => {
      const end = this.agents.onChanged(() => {
        end();
        resolve();
      });
    });
  }

  /** At a node's first join: nobody but its operator knows what stands there. */
  async #keepOldKeys(): Promise<void> {
    const { clock, disk, home, logs } = this.#parts;
    const log = logs.main.tagged("Agents");
    try {
      const old = await disk.readWhole(home.clientKeys, keysBytesMax);
      if (old === undefined || old.length === 0) return;
      const path = `${home.folder}/backup/client.keys.${clock.wallMs()}`;
      await disk.makeFolder(`${home.folder}/backup`, 0o750);
      await disk.replace(path, old, 0o640);
      log.warning(`etc/client.keys is the master's from now on; what stood there is kept as ${path}.`);
    } catch (error) {
      log.warning(`etc/client.keys of before could not be kept: ${describeError(error)}.`);
    }
  }
}

const keysBytesMax = 33_554_432;
