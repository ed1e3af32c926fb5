/**
 * A message as the programs of OSSEC and Wazuh put it into the queue of the analysis (ruleset-spec 1.1), a byte string:
 *
 *   message   := type ":" location ":" log             type is one byte; from 4 to 65,536 bytes in all
 *   location  := place                                 of the node itself: a path, an address, a module's name
 *              | "[" id "] (" name ") " ip "->" place  of an agent (Wazuh; what follows the id may be absent)
 *              | "(" name ") " ip "->" place           of an agent (OSSEC, which has no id in it)
 *
 * In Wazuh's form `|` escapes a colon and itself within the location. A message that is not of the form is refused and
 * never throws, since what it holds comes from agents.
 */
import { LOG_BYTES_MAX, type Source, SOURCE_TEXT_BYTES_MAX } from "./event.ts";

export interface QueueMessage {
  /** Byte strings. OSSEC does not say an agent's id: it is empty. */
  source: Source;
  log: string;
}

export type QueueForm = "wazuh" | "ossec";

const messageBytesMin = 4;
/** All but the tab, which decoders look for. */
const controls = /[\x00-\x08\x0a-\x1f\x7f]+/g;
const parentFolder = /(?:^|[/\\>])\.\.(?:[/\\]|$)/;
const agentForm = /^\(([^)]*)\) ([^]*?)->([^]*)$/;

/** Undefined: the message is refused. */
export function readQueueMessage(message: string, form: QueueForm): QueueMessage | undefined {
  if (message.length < messageBytesMin || message.length > LOG_BYTES_MAX || message[1] !== ":") return undefined;
  const end = form === "wazuh" ? unescapedColon(message) : message.indexOf(":", ossecColonFrom(message));
  if (end < 0 || end > 2 + SOURCE_TEXT_BYTES_MAX) return undefined;
  const written = message.slice(2, end);
  const queue = message.charAt(0);
  const log = message.slice(end + 1);
  if (form === "wazuh") {
    const source = readLocation(queue, written.replace(/\|([|:])/g, "$1"));
    return source && { source, log };
  }
  if (parentFolder.test(written)) return undefined;
  const source = agentSource(queue, "", written) ?? ownSource(queue, written);
  return { source, log: log.replace(controls, "") };
}

/** The first colon of a message's location that is not escaped, or -1. */
function unescapedColon(message: string): number {
  for (let at = 2; at < message.length; at += 1) {
    const character = message[at];
    if (character === ":") return at;
    if (character === "|") at += 1;
  }
  return -1;
}

/** An agent's address may hold colons, so for its location they count behind the arrow. */
function ossecColonFrom(message: string): number {
  const arrow = message[2] === "(" ? message.indexOf("->", 2) : -1;
  return arrow < 0 ? 2 : arrow;
}

/** Whose a location of Wazuh's form is, its escapes already taken out; undefined: it is refused. */
export function readLocation(queue: string, location: string): Source | undefined {
  if (!location.startsWith("[")) return ownSource(queue, location);
  const close = location.indexOf("]");
  if (close < 0) return undefined;
  const agentId = location.slice(1, close);
  const rest = location.slice(location[close + 1] === " " ? close + 2 : close + 1);
  return agentSource(queue, agentId, rest) ?? { queue, agentId, agentName: "", agentIp: "", location: rest };
}

function agentSource(queue: string, agentId: string, location: string): Source | undefined {
  const [, agentName, agentIp, place] = agentForm.exec(location) ?? [];
  if (agentName === undefined || agentIp === undefined || place === undefined) return undefined;
  return { queue, agentId, agentName, agentIp, location: place };
}

const ownSource = (queue: string, location: string): Source => ({
  ...{ queue, agentId: "000", agentName: "", agentIp: "", location },
});
