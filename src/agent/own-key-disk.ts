/** The agent's line of etc/client.keys: who it is, and the key that proves it. */
import type { Disk } from "../base/disk.ts";
import type { AgentRegistration } from "../model/agent.ts";
import { agentsOf, noClientKeys, readClientKeys, writeClientKeys } from "../wire/client-keys.ts";
import { AgentConfigRefused } from "./errors.ts";
import { AGENT_FILE_MODE, AGENT_FOLDER_MODE, type AgentHome } from "./home.ts";

const keysBytesMax = 64 * 1_024;

/** Undefined: the agent has none yet. Rejects with `AgentConfigRefused` where the file holds what is none. */
export async function readOwnKey({ clientKeys }: AgentHome, disk: Disk): Promise<AgentRegistration | undefined> {
  const bytes = await disk.readWhole(clientKeys, keysBytesMax);
  if (bytes === undefined || bytes.length === 0) return undefined;
  const keys = readClientKeys(bytes.toString("latin1"));
  const own = agentsOf(keys).filter(({ isRemoved }) => !isRemoved);
  const [problem] = keys.problems;
  if (problem !== undefined) throw new AgentConfigRefused(`${clientKeys}:${problem.line}: ${problem.message}`);
  if (own.length > 1) throw new AgentConfigRefused(`${clientKeys} holds ${own.length} keys, and an agent has one`);
  return own[0];
}

/** Durable when it resolves. */
export async function writeOwnKey(
  home: AgentHome,
  { id, name, address, key }: AgentRegistration,
  disk: Disk,
): Promise<void> {
  const text = writeClientKeys(noClientKeys, [{ id, name, address, key, isRemoved: false }]);
  await disk.makeFolder(home.etc, AGENT_FOLDER_MODE);
  await disk.replace(home.clientKeys, Buffer.from(text, "latin1"), AGENT_FILE_MODE);
}
