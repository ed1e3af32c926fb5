/**
 * What is done with a request to enrol and with a change that an operator asks for: each is decided against all that
 * was decided before it, whether that is on the disk yet or not. No disk and no clock in here.
 */
import type { Random } from "../base/random.ts";
import { AGENT_GROUPS_MAX, agentIdOf, isAgentId, isAgentKey, isGroupName } from "../model/agent.ts";
import type { AgentChange, AgentChangeAnswer, AgentRecord } from "../model/agent.ts";
import type { EnrolmentAnswer, EnrolmentRequest } from "../model/agent.ts";
import { AGENT_NUMBER_LEAP_MAX, AGENT_NUMBER_MAX } from "./agent-id.ts";
import { decideEnrolment, isEnrollableName, registeredAddress, type EnrolmentPolicy } from "./enrolment.ts";
import type { DurableTable } from "./durable-table.ts";
import { newAgent, removed } from "./new-agent.ts";

export interface DecisionOptions {
  readonly policy: EnrolmentPolicy;
  /** `<auth><purge>`: nothing of a removed agent stays in client.keys. */
  readonly isPurging: boolean;
  /** The manager's host name, which no agent may have. */
  readonly ownName: string;
}

/** A decision, and what the log is to say once it is durable. */
export interface Decided<T> {
  readonly answer: T;
  readonly log: string | undefined;
  /** To be raised once it is durable. */
  readonly removed: readonly AgentRecord[];
  readonly coveted: AgentRecord | undefined;
}

const noEffects = { log: undefined, removed: [], coveted: undefined };

type AddChange = Extract<AgentChange, { kind: "add" }>;

export class Decisions {
  readonly #options: DecisionOptions;
  readonly #table: DurableTable;
  readonly #random: Random;
  readonly #hasGroup: (group: string) => boolean;
  readonly #nowMs: number;
  /** Ids whose lines of client.keys these decisions change. */
  readonly touched = new Set<string>();

  constructor(
    options: DecisionOptions,
    table: DurableTable,
    random: Random,
    hasGroup: (group: string) => boolean,
    nowMs: number,
  ) {
    this.#options = options;
    this.#table = table;
    this.#random = random;
    this.#hasGroup = hasGroup;
    this.#nowMs = nowMs;
  }

  enrol(request: EnrolmentRequest): Decided<EnrolmentAnswer> {
    const { table } = this.#table;
    const { policy, ownName } = this.#options;
    const decision = decideEnrolment(request, policy, {
      ...{ nowMs: this.#nowMs, ownName, hasGroup: this.#hasGroup },
      byName: (name) => table.byName(name),
      byAddress: (address) => table.byAddress(address),
    });
    if (!decision.isGranted) {
      const { reason, owner: coveted } = decision;
      return { ...noEffects, answer: { isEnrolled: false, reason }, coveted };
    }
    const id = this.#table.nextId();
    if (id === undefined) return { ...noEffects, answer: { isEnrolled: false, reason: "No agent id is left" } };
    const { name, address, groups, replaces } = decision;
    for (const old of replaces) this.#remove(old, this.#options.isPurging);
    const registration = { id, name, address, key: this.#newKey() };
    this.#put(newAgent(registration, groups, this.#nowMs));
    const instead = replaces.map((old) => ` in place of ${old.id}`).join("");
    const log = `Agent ${id} (${name}) enrolled from ${request.source}, address ${address}${instead}.`;
    return { answer: { isEnrolled: true, ...registration }, log, removed: replaces, coveted: undefined };
  }

  change(change: Exclude<AgentChange, { kind: "create-group" | "remove-group" }>): Decided<AgentChangeAnswer> {
    switch (change.kind) {
      case "add":
        return this.#add(change);
      case "remove":
        return this.#removeById(change.id, change.purge);
      case "assign":
        return this.#assign(change.id, change.groups);
    }
  }

  #add(change: AddChange): Decided<AgentChangeAnswer> {
    const { name, groups, key = this.#newKey(), isForced } = change;
    const { table, lastNumber } = this.#table;
    const address = registeredAddress(change.address);
    if (!isEnrollableName(name)) return no(`"${name.slice(0, 128)}" is no name for an agent`);
    if (address === undefined) return no(`"${change.address.slice(0, 128)}" is no address, no block and not "any"`);
    if (!isAgentKey(key)) return no("the key has not the form of one: letters, digits, dots, dashes and underscores");
    const fault = this.#faultOf(groups);
    if (fault !== undefined) return no(fault);
    const owners = [table.byName(name), address === "any" ? undefined : table.byAddress(address)];
    const replaces = [...new Set(owners.filter((one) => one !== undefined))];
    const [owner] = replaces;
    if (owner !== undefined && !isForced) return no(`agent ${owner.id} (${owner.name}) has this name or address`);
    const id = change.id === undefined ? this.#table.nextId() : agentIdOf(Number(change.id));
    if (id === undefined) return no("no agent id is left");
    if (change.id !== undefined && !isAgentId(id)) return no(`"${change.id.slice(0, 32)}" is no id of an agent`);
    const numberMax = Math.min(lastNumber + AGENT_NUMBER_LEAP_MAX, AGENT_NUMBER_MAX);
    if (Number(id) > numberMax) return no(`the id ${id} is too far above the others: at most ${agentIdOf(numberMax)}`);
    if (table.agent(id) !== undefined) return no(`the id ${id} is taken, or was an agent's once`);
    for (const old of replaces) this.#remove(old, this.#options.isPurging);
    this.#put(newAgent({ id, name, address, key }, [...new Set(groups)], this.#nowMs));
    return yes(id, `Agent ${id} (${name}) was added.`, replaces);
  }

  #removeById(id: string, isPurging: boolean): Decided<AgentChangeAnswer> {
    const record = this.#table.table.agent(id);
    if (record === undefined || (record.isRemoved && !(isPurging && record.key !== ""))) {
      return no(`there is no agent ${id.slice(0, 32)}`);
    }
    this.#remove(record, isPurging || this.#options.isPurging);
    return yes(id, `Agent ${id} (${record.name}) was removed.`, record.isRemoved ? [] : [record]);
  }

  #assign(id: string, groups: readonly string[]): Decided<AgentChangeAnswer> {
    const record = this.#table.table.byId(id);
    if (record === undefined) return no(`there is no agent ${id.slice(0, 32)}`);
    const fault = this.#faultOf(groups);
    if (fault !== undefined) return no(fault);
    const names = groups.length === 0 ? ["default"] : [...new Set(groups)];
    this.#table.putTentatively({ ...record, groups: names });
    return yes(id, `Agent ${id} (${record.name}) is in ${names.join(", ")}.`, []);
  }

  #faultOf(groups: readonly string[]): string | undefined {
    if (groups.length > AGENT_GROUPS_MAX) return `an agent may not have more than ${AGENT_GROUPS_MAX} groups`;
    const unknown = groups.find((group) => !isGroupName(group) || !this.#hasGroup(group));
    return unknown === undefined ? undefined : `there is no group "${unknown.slice(0, 255)}"`;
  }

  #put(record: AgentRecord): void {
    this.touched.add(record.id);
    this.#table.putTentatively(record);
  }

  #remove(record: AgentRecord, isPurged: boolean): void {
    this.#put(removed(record, isPurged, this.#nowMs));
  }

  #newKey(): string {
    return Buffer.from(this.#random.bytes(32)).toString("hex");
  }
}

function no(text: string): Decided<AgentChangeAnswer> {
  return { ...noEffects, answer: { isDone: false, text } };
}

function yes(id: string, text: string, gone: readonly AgentRecord[]): Decided<AgentChangeAnswer> {
  return { answer: { isDone: true, id, text }, log: text, removed: gone, coveted: undefined };
}
