/** The simulated agents of the bench `agents` by their numbers: their lines of client.keys, and where they are. */
import { createHash } from "node:crypto";
import { agentIdOf, type AgentRegistration } from "../src/model/agent.ts";

/** All of one run: each has a loopback address and a socket of its own. */
export const AGENTS_MAX = 9_000;

export function agentOfBench(number: number): AgentRegistration {
  const key = createHash("sha256").update(`key of agent ${number}`).digest("hex");
  return { id: agentIdOf(number), name: `bench${number}`, address: "any", key };
}

/** In 127.96.0.0/16. */
export function crowdAddress(number: number): string {
  return `127.96.${1 + Math.floor(number / 250)}.${1 + (number % 250)}`;
}

/** The value that `percent` of the values do not exceed; 0 of none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0;
}
