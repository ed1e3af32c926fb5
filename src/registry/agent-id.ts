/** Numbers of agents: each is one above the greatest ever given, to removed agents as well (agent-protocol 1.6). */
import { AGENT_ID_DIGITS_MAX, agentIdOf } from "../model/agent.ts";

/** Agents write their id into 16 bytes: one of nine digits is cut inside `#AES:`. */
export const AGENT_NUMBER_MAX = 10 ** AGENT_ID_DIGITS_MAX - 1;

/** `undefined` when all numbers are used up. */
export function nextAgentId(lastNumber: number): string | undefined {
  return lastNumber >= AGENT_NUMBER_MAX ? undefined : agentIdOf(lastNumber + 1);
}
