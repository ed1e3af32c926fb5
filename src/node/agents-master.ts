/**
 * The agents of a master: the registry with its files, the groups, this node's own ports, and what the link gives the
 * other nodes of all this.
 */
import type { AgentOrder, AgentOutcome } from "../api/needs.ts";
import { OccasionalLog } from "../base/occasional-log.ts";
import type { Service } from "../base/service.ts";
import type { EventSink } from "../collect/needs.ts";
import { watchFolder } from "../collect/watch-disk.ts";
import type { AgentListener } from "../intake/agent-listener.ts";
import type { AgentReports } from "../intake/needs.ts";
import type {
  AgentsOfMaster,
  AskedChange,
  BlobStore,
  Delivery,
  RegistryPage,
  RegistryPosition,
} from "../link/agent-needs.ts";
import type { AgentChange, AgentRecord, EnrolmentAnswer, EnrolmentRequest } from "../model/agent.ts";
import { adoptHome } from "../registry/adopted-home-disk.ts";
import type { AuthListener } from "../registry/auth-listener.ts";
import { BlobDisk } from "../registry/blob-disk.ts";
import { ClientKeysDisk } from "../registry/client-keys-disk.ts";
import { PasswordFile } from "../registry/enrolment-files-disk.ts";
import { GroupsDisk } from "../registry/groups-disk.ts";
import { PasswordGuard } from "../registry/guarded-enrolment.ts";
import type { AgentEvents, Enrolment } from "../registry/needs.ts";
import { Registry } from "../registry/registry.ts";
import { StoreDisk } from "../registry/store-disk.ts";
import { responseList } from "../wire/response-list.ts";
import { deliverHere } from "./agent-delivery.ts";
import { enrolmentPort, HEARD_MAX, openAgentListener, unasked } from "./agent-doors.ts";
import { agentFiles } from "./agent-files.ts";
import { RECONNECT, restartMessage } from "./agent-order.ts";
import type { NodeParts } from "./parts.ts";
import { named } from "./take-in.ts";

/** What of the link is used for agents of other nodes. */
export interface AgentsLink {
  deliver(node: string, id: string, message: string): Promise<Delivery>;
  forwardHeard(node: string, ids: readonly number[]): void;
}

interface Opened {
  readonly store: StoreDisk;
  readonly registry: Registry;
  readonly groups: GroupsDisk;
  readonly blobs: BlobDisk;
  readonly enrolment: Enrolment;
}

export class AgentsMaster {
  readonly registry: Registry;
  readonly blobs: BlobDisk;
  readonly #parts: NodeParts;
  readonly #store: StoreDisk;
  readonly #groups: GroupsDisk;
  readonly #enrolment: Enrolment;
  #listener: AgentListener | undefined;
  #auth: AuthListener | undefined;
  /** Undefined on a single node. */
  link: AgentsLink | undefined;

  private constructor(parts: NodeParts, { store, registry, groups, blobs, enrolment }: Opened) {
    this.#parts = parts;
    this.#store = store;
    this.registry = registry;
    this.#groups = groups;
    this.blobs = blobs;
    this.#enrolment = enrolment;
    registry.onHeard((node, ids) => this.link?.forwardHeard(node, ids));
  }

  /** Rejects with the error of the part that cannot be opened, and nothing is open then. */
  static async open(parts: NodeParts, sink: EventSink, events: AgentEvents): Promise<AgentsMaster> {
    const { home, logs } = parts;
    const store = StoreDisk.open(home.registryDatabase, logs.main.tagged("Agents"));
    let master: AgentsMaster | undefined;
    try {
      master = new AgentsMaster(parts, await openRegistry(parts, store, events));
      await master.#openDoors(sink);
      return master;
    } catch (error) {
      if (master === undefined) store.close();
      else await master.close();
      throw error;
    }
  }

  async #openDoors(sink: EventSink): Promise<void> {
    const { agents } = this.registry;
    const own = this.#parts.settings.name;
    const reports: AgentReports = {
      report: (report) => this.registry.report(own, [report]),
      heard: (ids) => {
        for (let at = 0; at < ids.length; at += HEARD_MAX) {
          this.registry.heard(own, ids.slice(at, at + HEARD_MAX).map(Number));
        }
      },
    };
    const shared = agentFiles(agents, this.blobs);
    this.#listener = await openAgentListener(this.#parts, { table: agents, reports, shared, sink });
    this.#auth = enrolmentPort(this.#parts, this.#enrolment);
    if (this.#parts.settings.agents.isAuthWritten) await this.#auth?.open();
  }

  /** Started before the link, and drained after it. */
  get services(): Service[] {
    return [this.registry, this.#groups];
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
    };
  }

  /** Gives the addresses back when the node does not come to run, and closes the database in any case. */
  async close(): Promise<void> {
    await this.#listener?.close();
    await this.#auth?.close();
    this.#store.close();
  }

  // ── what operators ask for ───────────────────────────────────────────────────────────────────────────────────────

  /** `by`: who asks, as the log names him. */
  async change(change: AgentChange | AgentOrder, by: string): Promise<AgentOutcome> {
    if (change.kind === "restart" || change.kind === "reconnect") return this.#order(change, by);
    const answer = await this.registry.change(change, by);
    // Groups are there when their files are.
    if (change.kind === "assign" || change.kind === "create-group") await this.#groups.build();
    return answer;
  }

  async #order({ kind, id }: AgentOrder, by: string): Promise<AgentOutcome> {
    const record = this.registry.agents.byId(id);
    if (record === undefined) return { isDone: false, text: `there is no agent ${id.slice(0, 32)}` };
    const who = `agent ${record.id} (${record.name})`;
    if (record.node === "") return { isDone: false, text: `${who} is not connected` };
    const { settings, clock, logs } = this.#parts;
    const message = kind === "restart" ? restartMessage(record, settings.name, clock.wallMs()) : RECONNECT;
    const { isDelivered, text } = await this.#deliver(record, message);
    if (!isDelivered) return { isDone: false, text: `${who} could not be told by node ${record.node}: ${text}` };
    const done = `A${who.slice(1)} was told to ${kind} by node ${record.node}.`;
    logs.main.tagged("Agents").info(`${done} Asked for by ${by}.`);
    return { isDone: true, id: record.id, text: done };
  }

  async #deliver({ id, node }: AgentRecord, message: string): Promise<Delivery> {
    if (node === this.#parts.settings.name) return deliverHere(this.#listener, id, message);
    return (await this.link?.deliver(node, id, message)) ?? { isDelivered: false, text: "the node is not connected" };
  }

  // ── what the link asks for ───────────────────────────────────────────────────────────────────────────────────────

  ofLink(): AgentsOfMaster {
    const { registry } = this;
    return {
      position: () => registry.held,
      recordsSince: (held, max, isInReset) => pageOf(registry, held, max, isInReset),
      onChanged: (listener) => registry.onStored(listener),
      report(node, reports) {
        registry.report(node, reports);
        return Promise.resolve();
      },
      heard: (node, ids) => registry.heard(node, ids),
      enrol: (_node, request) => this.#enrolment.enrol(request),
      change: (node, change: AskedChange) => this.change(change, `an operator on node ${node}`),
    };
  }

  blobStore(): BlobStore {
    const { blobs } = this;
    return {
      async open(sha256) {
        const whole = await blobs.get(sha256);
        if (whole === undefined) return undefined;
        return {
          bytes: whole.length,
          async read(offset, length) {
            return (await blobs.get(sha256))?.subarray(offset, offset + length);
          },
        };
      },
    };
  }
}

async function openRegistry(parts: NodeParts, store: StoreDisk, events: AgentEvents): Promise<Opened> {
  const { home, settings, disk, clock, random, logs, host } = parts;
  const log = logs.main.tagged("Agents");
  const { enrolment: policy, isPurging } = settings.agents;
  const blobs = new BlobDisk(home.mergedFiles, disk);
  const groups = new GroupsDisk({ home: home.folder, disk, clock, log, blobs, responses: responseList([]) });
  const registry = await Registry.open({
    ...{ policy, isPurging, ownName: host, store, groups, events, clock, random, log },
    keys: new ClientKeysDisk({ path: home.clientKeys, disk, clock, log }),
    disconnectionMs: settings.global.agents_disconnection_time,
    disconnectionAlertMs: settings.global.agents_disconnection_alert_time,
    adopt: () => adoptHome(home.folder, disk, log),
    watchKeys: (onHint) => watchFolder(home.etc, onHint),
  });
  groups.attach(registry);
  await groups.build();
  return { store, registry, groups, blobs, enrolment: await guardedEnrolment(parts, registry) };
}

/** What decides about whoever wants to become an agent, at whichever node's port he asks. */
async function guardedEnrolment(parts: NodeParts, registry: Registry): Promise<Enrolment> {
  const { home, settings, disk, clock, random, logs } = parts;
  const log = logs.main.tagged("Enrolment");
  if (settings.agents.isEnrolmentOff) return noEnrolment;
  const file = new PasswordFile({ home: home.folder, disk, clock, random, log });
  const { usesPassword } = settings.agents;
  if (usesPassword) await file.open();
  const complaints = new OccasionalLog(log, clock);
  const password = (): Promise<string | undefined> => (usesPassword ? file.current() : Promise.resolve(undefined));
  return new PasswordGuard({ enrolment: registry, clock, complaints }, password);
}

const noEnrolment: Enrolment = {
  enrol(_request: EnrolmentRequest): Promise<EnrolmentAnswer> {
    return Promise.resolve({ isEnrolled: false, reason: "Enrolment is disabled on the master" });
  },
};

function pageOf(registry: Registry, held: RegistryPosition, max: number, isInReset: boolean): RegistryPage {
  const now = registry.held;
  const goesOn = isInReset && held.epoch === now.epoch;
  const { isReset, records, to } = goesOn ? registry.sinceInReset(held.seq, max) : registry.since(held, max);
  return {
    ...{ epoch: now.epoch, isReset: isReset && !goesOn, from: isReset && !goesOn ? 0 : held.seq },
    ...{ to, isLast: to === now.seq, records },
  };
}
