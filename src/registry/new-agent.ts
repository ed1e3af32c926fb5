/** Records as they begin and as they end. Their `seq` is given when they are put into the registry. */
import { noFacts, type AgentRecord, type AgentRegistration } from "../model/agent.ts";
import type { KeysLine } from "./needs.ts";

export function newAgent(
  registration: AgentRegistration,
  groups: readonly string[],
  registeredMs: number,
): AgentRecord {
  const { id, name, address, key } = registration;
  return {
    ...{ kind: "agent", seq: 0, id, name, address, key, isRemoved: false, groups, registeredMs },
    ...{ state: "never_connected", stateSinceMs: registeredMs, statusCode: 0, node: "", connection: "" },
    ...{ peerAddress: "", transport: "", lastSeenMs: 0, facts: noFacts, counterFloor: 0 },
  };
}

/**
 * The tombstone: its id stays taken, and its groups are remembered in case its line of client.keys comes back.
 * `isPurged`: its key is not kept, and its line neither.
 */
export function removed(record: AgentRecord, isPurged: boolean, nowMs: number): AgentRecord {
  const { id, name, address, key, groups, registeredMs, counterFloor } = record;
  const registration = { id, name, address, key: isPurged ? "" : key };
  const grave = newAgent(registration, groups, registeredMs);
  return { ...grave, isRemoved: true, stateSinceMs: nowMs, counterFloor };
}

export function lineOf({ id, name, address, key, isRemoved }: AgentRecord): KeysLine {
  return { id, name, address, key, isRemoved };
}

/** Whether its line is in client.keys. */
export function isInFile(record: AgentRecord): boolean {
  return record.key !== "";
}
