/**
 * The file client.keys (agent-protocol 1.6), a byte string in latin1: one agent a line, and whatever else people wrote.
 *
 *   line := id " " name " " address " " key LF      name with "!" or "#" in front: removed, its id stays taken
 *         | "#" … | " " … | ""                      nobody's, and kept
 *
 * The lines are a tool of administrators, who edit them. So a file is rewritten with all that it held: comments, empty
 * lines and lines that cannot be read stay where they are, and agents keep their order. What is wrong with a line is
 * said without repeating it, since it may hold a key.
 */
import { parseCidrs } from "../config/address.ts";
import {
  AGENT_FIELD_BYTES_MAX,
  AGENT_ID_DIGITS_MAX,
  type AgentRegistration,
  isAgentId,
  isAgentKey,
  isAgentName,
} from "../model/agent.ts";

export interface ClientKeysLine extends AgentRegistration {
  readonly isRemoved: boolean;
}

export interface ClientKeysProblem {
  /** From 1. */
  readonly line: number;
  /** Without the file's name and the line. */
  readonly message: string;
}

/** A line of the file: an agent's, or text that is kept. */
type Entry = { readonly agent: ClientKeysLine } | { readonly text: string };

export interface ClientKeys {
  readonly entries: readonly Entry[];
  readonly problems: readonly ClientKeysProblem[];
  /** The greatest number that stands where an id does, in whatever line; no agent may have it again. */
  readonly greatestId: number;
}

const lineBytesMax = 2_048;

export const noClientKeys: ClientKeys = { entries: [], problems: [], greatestId: 0 };

export function agentsOf({ entries }: ClientKeys): ClientKeysLine[] {
  return entries.flatMap((entry) => ("agent" in entry ? [entry.agent] : []));
}

/** Of several lines with one id the first is the agent's; the others are a problem, and kept as text. */
export function readClientKeys(text: string): ClientKeys {
  const entries: Entry[] = [];
  const problems: ClientKeysProblem[] = [];
  const lineOfId = new Map<string, number>();
  let greatestId = 0;
  const lines = text.split("\n");
  // The last line's end is no line.
  if (lines.at(-1) === "") lines.pop();
  for (const [index, written] of lines.entries()) {
    greatestId = Math.max(greatestId, numberOf(written));
    const read = readLine(written);
    if (typeof read === "string") problems.push({ line: index + 1, message: read });
    if (typeof read !== "object") {
      entries.push({ text: written });
      continue;
    }
    const first = lineOfId.get(read.id);
    if (first === undefined) {
      lineOfId.set(read.id, index + 1);
      entries.push({ agent: read });
    } else {
      problems.push({ line: index + 1, message: `agent ${read.id} stands on line ${first} already` });
      entries.push({ text: written });
    }
  }
  return { entries, problems, greatestId };
}

function numberOf(line: string): number {
  const digits = /^\d+(?= )/.exec(line)?.[0] ?? "";
  return digits.length > 0 && digits.length <= AGENT_ID_DIGITS_MAX ? Number(digits) : 0;
}

/** An agent, a problem, or undefined for a line that is nobody's. */
function readLine(written: string): ClientKeysLine | string | undefined {
  if (written.length > lineBytesMax) return `a line has at most ${lineBytesMax} bytes`;
  if (/^[# ]/.test(written)) return undefined;
  const line = written.trimEnd();
  if (line === "") return undefined;
  const [id = "", marked = "", address = "", key = "", ...rest] = line.split(" ");
  if (key === "" || rest.length > 0) return "a line is: id, name, address, key, with one space between them";
  if (!isAgentId(id)) return "an id has three to eight digits and is not 000";
  const isRemoved = /^[!#]/.test(marked);
  const name = isRemoved ? marked.slice(1) : marked;
  if (isRemoved) return { id, name, address, key, isRemoved };
  if (!isAgentName(name)) return "a name has 2 to 128 letters, digits, dots, dashes and underscores";
  if (!isRegisteredAddress(address)) return "the third field is `any`, an address, or a block of addresses";
  if (!isAgentKey(key) || key.length >= AGENT_FIELD_BYTES_MAX) return "the key is cut off or has other characters";
  return { id, name, address, key, isRemoved };
}

/** Old managers wrote `ANY`, and `!10.0.0.1` for everything else (agent-protocol 1.6). */
const isRegisteredAddress = (text: string): boolean =>
  text.toLowerCase() === "any" || parseCidrs(text.replace(/^!/, "")).length === 1;

const lineText = ({ id, name, address, key, isRemoved }: ClientKeysLine): string =>
  `${id} ${isRemoved ? "!" : ""}${name} ${address} ${key}`;

/**
 * The file with exactly these agents: those that it has stay on their lines, others follow at its end, in the order
 * given. What was no agent's line stays.
 */
export function writeClientKeys(known: ClientKeys, agents: readonly ClientKeysLine[]): string {
  const left = new Map(agents.map((agent) => [agent.id, agent]));
  const lines: string[] = [];
  for (const entry of known.entries) {
    if ("text" in entry) {
      lines.push(entry.text);
      continue;
    }
    const agent = left.get(entry.agent.id);
    if (agent === undefined) continue;
    left.delete(agent.id);
    lines.push(lineText(agent));
  }
  for (const agent of left.values()) lines.push(lineText(agent));
  return lines.map((line) => `${line}\n`).join("");
}
