/** The home of an agent: where each file lives. The names are Wazuh's wherever Wazuh has one. */
import { join } from "node:path";

export interface AgentHome {
  readonly folder: string;
  readonly etc: string;
  readonly ossecConf: string;
  /** One line: this agent's own. */
  readonly clientKeys: string;
  /** The password for enrolment, where nothing else names one. */
  readonly password: string;
  /** What the manager has given: merged.mg and the files in it. */
  readonly shared: string;
  readonly mergedFile: string;
  readonly agentConf: string;
  readonly queue: string;
  /** What was collected and is not stored by a manager yet. */
  readonly buffer: string;
  readonly logs: string;
}

export const AGENT_FOLDER_MODE = 0o750;
/** Keys and what the manager has given are for the agent's group at most. */
export const AGENT_FILE_MODE = 0o640;

export function agentHomeAt(folder: string): AgentHome {
  const at = (...parts: string[]): string => join(folder, ...parts);
  return {
    folder,
    etc: at("etc"),
    ossecConf: at("etc", "ossec.conf"),
    clientKeys: at("etc", "client.keys"),
    password: at("etc", "authd.pass"),
    shared: at("etc", "shared"),
    mergedFile: at("etc", "shared", "merged.mg"),
    agentConf: at("etc", "shared", "agent.conf"),
    queue: at("queue"),
    buffer: at("queue", "buffer"),
    logs: at("logs"),
  };
}
