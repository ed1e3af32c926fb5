/** Numbers of agents: each is one above the greatest ever given, to removed agents as well (agent-protocol 1.6). */
import { AGENT_ID_DIGITS_MAX } from "../model/agent.ts";

/** Agents write their id into 16 bytes: one of nine digits is cut inside `#AES:`. */
export const AGENT_NUMBER_MAX = 10 ** AGENT_ID_DIGITS_MAX - 1;

/** How far above the greatest an operator may set an id: all between are passed over, and no error can be undone. */
export const AGENT_NUMBER_LEAP_MAX = 10_000;
