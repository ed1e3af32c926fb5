/** Why something that claims to come from an agent is not taken: words for counters, and sentences for the log. */
import type { EnvelopeFault, MessageFault } from "../wire/secure-message.ts";
import type { FrameFault } from "../wire/tcp-frames.ts";

export type AgentFault =
  | EnvelopeFault
  | MessageFault
  | FrameFault
  | "unknown_id"
  | "unknown_address"
  | "wrong_address"
  | "other_agent"
  | "repeated"
  | "older"
  | "older_elsewhere"
  | "batch_unasked"
  | "batch_broken"
  | "stranger_silent"
  | "stranger_long"
  | "stranger_crowd";

const wrongKey = "its key is not the agent's, or it is damaged";

/** What stands behind "Message from 'ADDRESS' refused: ". */
export const faultWords: Readonly<Record<AgentFault, string>> = {
  empty: "it is empty",
  bad_id: "it names no agent",
  no_token: "it is not a message of an agent",
  bad_length: wrongKey,
  bad_padding: wrongKey,
  not_marked: wrongKey,
  not_zlib: wrongKey,
  too_large: "it inflates to more than 64 KiB",
  too_short: wrongKey,
  bad_sum: wrongKey,
  bad_counter: wrongKey,
  frame_empty: "a message on TCP has at least one byte",
  frame_too_large: "a message on TCP has at most 65,536 bytes",
  unknown_id: "no agent of that id is registered",
  unknown_address: "it names no agent, and none is registered with that address",
  wrong_address: "the agent is registered with another address",
  other_agent: "the connection is another agent's",
  repeated: "it has been here before",
  older: "its counter is not greater than the last one, and <verify_msg_id> asks for that",
  older_elsewhere: "its counter is an old one, and the agent speaks from another address",
  batch_unasked: "it holds numbered events, and the connection's startup did not ask to send such",
  batch_broken: "its numbered events are not whole",
  stranger_silent: "nothing of an agent came in time",
  stranger_long: "the first message of a connection is too long for an agent's startup",
  stranger_crowd: "too many connections wait for the first message of an agent",
};

/** All at zero. */
export function noFaultsYet(): Record<AgentFault, number> {
  const counts: Partial<Record<AgentFault, number>> = {};
  for (const fault of Object.keys(faultWords) as AgentFault[]) counts[fault] = 0;
  return counts as Record<AgentFault, number>;
}
