/**
 * Payloads that begin with `#!-`: what agent and manager say to each other, besides events and the contents of files
 * (agent-protocol 3). Both directions, reading and writing.
 *
 * An agent compares most of these letter by letter, the space at the end included, and takes a word that it does not
 * know for an error that ends a file transfer: `agent-version.ts` says who understands what.
 */
import type { AgentFacts } from "../model/agent.ts";
import { cutToBytes } from "./bounded-text.ts";
import { keepaliveText, readKeepalive } from "./keepalive.ts";
import { epochText, type NumberedBatch, readNumberedBatch, readStored, type StoredAnswer } from "./numbered-batch.ts";

/** What an agent says. */
export type AgentControl =
  /**
   * `version` of its JSON: undefined when it sent none; null when it sent JSON that names none. `keepsEvents`: it is an
   * agent of Argus, which keeps events until they are stored, and says so over TCP.
   */
  | { readonly kind: "startup"; readonly version: string | null | undefined; readonly keepsEvents?: true }
  /** Events of an agent of Argus; undefined: they are no whole batch. */
  | { readonly kind: "events"; readonly batch: NumberedBatch | undefined }
  /** `facts` are undefined of Wazuh 5, whose keepalive is JSON: it wants its ack, and is not looked into. */
  | { readonly kind: "keepalive"; readonly facts: AgentFacts | undefined }
  | { readonly kind: "shutdown" }
  /** The answer to a request; over UDP also `ack`, which says that the request has come. */
  | { readonly kind: "answer"; readonly counter: string; readonly text: string }
  | { readonly kind: "unknown" };

/** What a manager says. */
export type ManagerControl =
  | { readonly kind: "ack" }
  /** To an agent of Argus: its events are answered when they are stored. */
  | { readonly kind: "offer" }
  | ({ readonly kind: "stored" } & StoredAnswer)
  /** The startup is refused. */
  | { readonly kind: "refusal"; readonly message: string }
  | { readonly kind: "execd"; readonly text: string }
  | { readonly kind: "syscheck_restart" }
  | { readonly kind: "force_reconnect" }
  /** What follows without `#!-` is the file, until `file_end`. `md5` is that of all its bytes. */
  | { readonly kind: "file_begin"; readonly md5: string; readonly name: string }
  | { readonly kind: "file_end" }
  | { readonly kind: "request"; readonly counter: string; readonly target: string; readonly command: string }
  | { readonly kind: "answer_ack"; readonly counter: string }
  | { readonly kind: "inventory"; readonly component: string; readonly verdict: string; readonly data: string }
  | { readonly kind: "sca_dump"; readonly policy: string; readonly isFirst: boolean }
  | { readonly kind: "unknown" };

const prefix = "#!-";
const startup = "agent startup";
const versionBytesMax = 64;
/** A chosen token: theirs are eight hex digits. */
const counterForm = /^[\x21-\x7e]{1,64}$/;
const fileForm = /^up file ([0-9a-f]{32}) ([A-Za-z0-9_][A-Za-z0-9._-]{0,254})\n$/;
const inventoryForm = /^([a-z_]{1,64}) dbsync ([a-z_]{1,64}) (.*)$/s;
const scaForm = /^sca-dump:(.*):([01])$/s;
const unknown = { kind: "unknown" } as const;
const offer = 'argus {"stored":1}';

/** Three bytes decide what a payload is. */
export function isControl(payload: Uint8Array): boolean {
  return payload[0] === 0x23 && payload[1] === 0x21 && payload[2] === 0x2d;
}

/** Reads a payload for which `isControl` holds. */
export function readAgentControl(payload: Buffer): AgentControl {
  const words = payload.toString("latin1", prefix.length, prefix.length + startup.length + 3);
  if (words.startsWith("agent ")) {
    if (words.startsWith(`${startup} `)) return { kind: "startup", ...readStartup(payload) };
    return words === "agent shutdown " ? { kind: "shutdown" } : unknown;
  }
  if (words.startsWith("argus events ")) return { kind: "events", batch: readNumberedBatch(payload) };
  if (words.startsWith("req ")) return readAnswer(payload.toString("utf8", prefix.length + "req ".length));
  if (words.startsWith("{")) return { kind: "keepalive", facts: undefined };
  const facts = readKeepalive(payload.subarray(prefix.length));
  return facts === undefined ? unknown : { kind: "keepalive", facts };
}

function readStartup(payload: Buffer): Omit<AgentControl & { kind: "startup" }, "kind"> {
  const text = payload.toString("utf8", prefix.length + startup.length + 1).trim();
  if (!text.startsWith("{")) return { version: undefined };
  try {
    const { version: written, argus } = JSON.parse(text) as { version?: unknown; argus?: unknown };
    const version = typeof written === "string" ? cutToBytes(written, versionBytesMax) : null;
    return argus === 1 ? { version, keepsEvents: true } : { version };
  } catch {
    return { version: undefined };
  }
}

function readAnswer(text: string): AgentControl {
  const space = text.indexOf(" ");
  const counter = space < 0 ? text : text.slice(0, space);
  if (!counterForm.test(counter)) return unknown;
  return { kind: "answer", counter, text: space < 0 ? "" : text.slice(space + 1) };
}

/** The payload of what an agent says; `unknown` cannot be said. */
export function agentControl(
  message:
    | Exclude<AgentControl, { kind: "unknown" | "keepalive" | "events" }>
    | { kind: "keepalive"; facts: AgentFacts },
): Buffer {
  switch (message.kind) {
    case "startup":
      return said(`${startup} ${startupJson(message)}`);
    case "shutdown":
      return said("agent shutdown ");
    case "answer":
      return said(`req ${message.counter} ${message.text}`);
    case "keepalive":
      return said(keepaliveText(message.facts));
  }
}

function startupJson({ version, keepsEvents }: AgentControl & { kind: "startup" }): string {
  if (typeof version !== "string") return "";
  return JSON.stringify(keepsEvents === true ? { version, argus: 1 } : { version });
}

const said = (text: string): Buffer => Buffer.from(prefix + text, "utf8");

/** Reads a payload for which `isControl` holds, as an agent does. */
export function readManagerControl(payload: Buffer): ManagerControl {
  const text = payload.toString("utf8", prefix.length);
  // Wazuh 5 puts JSON behind the word.
  if (text.startsWith("agent ack ")) return { kind: "ack" };
  if (text === "syscheck restart") return { kind: "syscheck_restart" };
  if (text === "force_reconnect") return { kind: "force_reconnect" };
  if (text === "close file ") return { kind: "file_end" };
  if (text.startsWith("execd ")) return { kind: "execd", text: text.slice("execd ".length) };
  if (text.startsWith("err ")) return { kind: "refusal", message: refusalOf(text.slice("err ".length)) };
  if (text.startsWith("argus ")) return readArgus(text);
  if (text.startsWith("req ")) return readRequest(text.slice("req ".length));
  const [, md5, name] = fileForm.exec(text) ?? [];
  if (md5 !== undefined && name !== undefined) return { kind: "file_begin", md5, name };
  const [, policy, first] = scaForm.exec(text) ?? [];
  if (policy !== undefined) return { kind: "sca_dump", policy, isFirst: first === "1" };
  const [, component, verdict, data] = inventoryForm.exec(text) ?? [];
  if (component === undefined || verdict === undefined || data === undefined) return unknown;
  return { kind: "inventory", component, verdict, data };
}

function readArgus(text: string): ManagerControl {
  if (text === offer) return { kind: "offer" };
  const stored = readStored(text);
  return stored === undefined ? unknown : { kind: "stored", ...stored };
}

/** The manager's words, or all of its text where it is no JSON. */
function refusalOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === "string" ? message : text;
  } catch {
    return text;
  }
}

function readRequest(text: string): ManagerControl {
  const [, counter = "", target = "", command] = /^(\S*) (\S+)(?: (.*))?$/s.exec(text) ?? [];
  if (!counterForm.test(counter)) return unknown;
  if (command === undefined && target === "ack") return { kind: "answer_ack", counter };
  return { kind: "request", counter, target, command: command ?? "" };
}

/** The payload of what a manager says; `unknown` cannot be said. */
export function managerControl(message: Exclude<ManagerControl, { kind: "unknown" }>): Buffer {
  switch (message.kind) {
    case "ack":
      return said("agent ack ");
    case "offer":
      return said(offer);
    case "stored":
      return said(`argus stored ${epochText(message.epoch)} ${message.seq}`);
    case "refusal":
      return said(`err ${JSON.stringify({ message: message.message })}`);
    case "execd":
      return said(`execd ${message.text}`);
    case "syscheck_restart":
      return said("syscheck restart");
    case "force_reconnect":
      return said("force_reconnect");
    case "file_begin":
      return said(`up file ${message.md5} ${message.name}\n`);
    case "file_end":
      return said("close file ");
    case "request":
      return said(`req ${message.counter} ${message.target} ${message.command}`);
    case "answer_ack":
      return said(`req ${message.counter} ack`);
    case "inventory":
      return said(`${message.component} dbsync ${message.verdict} ${message.data}`);
    case "sca_dump":
      return said(`sca-dump:${message.policy}:${message.isFirst ? 1 : 0}`);
  }
}
