/**
 * The one request and the one reply on port 1515 (agent-protocol 1.2 and 1.3), read and written.
 *
 *   request := [ "OSSEC PASS: " password " " ] "OSSEC A:'" name "'" field* LF
 *   field   := " V:'" version "'" | " G:'" groups "'" | " IP:'" address "'" | " K:'" SHA-1 in hex "'"
 *   reply   := "OSSEC K:'" id " " name " " address " " key "'" | "ERROR: " reason
 *
 * OSSEC 3 and 4 leave the line end of the password's file in the password, so a LF ends a request only behind the name;
 * requests of old agents may have none, and are complete when the agent falls silent. Fields are taken in any order,
 * the first of each counts, and what is unknown is passed over. What a request asks for is judged elsewhere.
 */
import { parseCidrs } from "../config/address.ts";
import { type AgentRegistration, type EnrolmentRequest, isAgentKey, isAgentName } from "../model/agent.ts";

export type WrittenRequest = Omit<EnrolmentRequest, "source">;

export type ReadRequest =
  | { readonly kind: "request"; readonly request: WrittenRequest }
  /** More must come. */
  | { readonly kind: "unfinished" }
  /** It is none, and cannot become one; the reason is for `refusedReply`. */
  | { readonly kind: "invalid"; readonly reason: string };

/** Genuine ones have at most 64 KiB of groups and 4 KiB besides. */
export const ENROLMENT_BYTES_MAX = 70 * 1_024;

const lf = 0x0a;
const passWord = "OSSEC PASS: ";
const nameWord = "OSSEC A:'";
const invalid = (reason: string): ReadRequest => ({ kind: "invalid", reason });
const notARequest = invalid("Invalid request for new agent");
const fieldForm = /(?:^|\s)(V|G|IP|K):'/g;
const fieldNames = { V: "version", G: "group", IP: "IP", K: "key" } as const;
type FieldLetter = keyof typeof fieldNames;
const isLetter = (text: string | undefined): text is FieldLetter => text !== undefined && text in fieldNames;
/** All but the groups. */
const fieldCharsMax = 256;

/**
 * Reads what has come so far, and may be asked again whenever more has come: what is unfinished is searched and not
 * decoded, so that a client that sends single bytes costs no more than its connection does. `isEnded`: nothing more
 * will come, or has come for long enough. The caller closes the connection when `ENROLMENT_BYTES_MAX` is exceeded;
 * beyond it every text is invalid.
 */
export function readRequest(bytes: Buffer, isEnded: boolean): ReadRequest {
  if (bytes.length > ENROLMENT_BYTES_MAX) return notARequest;
  const start = bytes.toString("latin1", 0, passWord.length);
  const hasPassword = start === passWord;
  const unfinished: ReadRequest = isEnded ? notARequest : { kind: "unfinished" };
  if (!hasPassword && !start.startsWith(nameWord)) {
    return passWord.startsWith(start) || nameWord.startsWith(start) ? unfinished : notARequest;
  }
  const nameWordAt = hasPassword ? bytes.indexOf(nameWord, passWord.length, "latin1") : 0;
  if (nameWordAt < 0) return unfinished;
  const nameAt = nameWordAt + nameWord.length;
  const lineEnd = bytes.indexOf(lf, nameAt);
  if (lineEnd < 0 && !isEnded) return unfinished;
  const line = bytes.toString("utf8", nameAt, lineEnd < 0 ? bytes.length : lineEnd);
  const nameLength = line.indexOf("'");
  if (nameLength < 0) return notARequest;
  const fields = readFields(line.slice(nameLength + 1));
  if (typeof fields === "string") return invalid(fields);
  const password = hasPassword ? { password: passwordOf(bytes.toString("utf8", passWord.length, nameWordAt)) } : {};
  return { kind: "request", request: { name: line.slice(0, nameLength), ...password, ...fields } };
}

/** One space ends the password; the line end before it is the file's. */
function passwordOf(text: string): string {
  return text.replace(/ $/, "").replace(/\r?\n$/, "");
}

/** The fields behind the name, or the reason why they are none. */
function readFields(text: string): Omit<WrittenRequest, "name" | "password"> | string {
  const found = new Map<FieldLetter, string>();
  fieldForm.lastIndex = 0;
  for (let match = fieldForm.exec(text); match !== null; match = fieldForm.exec(text)) {
    const letter = match[1];
    if (!isLetter(letter)) continue;
    const end = text.indexOf("'", fieldForm.lastIndex);
    if (end < 0) return `Unterminated ${fieldNames[letter]} field`;
    const value = text.slice(fieldForm.lastIndex, end);
    if (letter !== "G" && value.length > fieldCharsMax) return "Invalid request for new agent";
    if (!found.has(letter)) found.set(letter, value);
    fieldForm.lastIndex = end + 1;
  }
  const [version, groups, address, keyHash] = [found.get("V"), found.get("G"), found.get("IP"), found.get("K")];
  if (keyHash !== undefined && !/^[0-9a-f]{40}$/i.test(keyHash)) return "Invalid request for new agent";
  return {
    ...(version === undefined ? {} : { version }),
    ...(groups === undefined ? {} : { groups }),
    ...(address === undefined ? {} : { address }),
    ...(keyHash === undefined ? {} : { keyHash: keyHash.toLowerCase() }),
  };
}

/** As an agent asks; V, G, IP and K are always in this order. */
export function requestText({ password, name, version, groups, address, keyHash }: WrittenRequest): string {
  const fields = [
    ["V", version],
    ["G", groups],
    ["IP", address],
    ["K", keyHash],
  ] as const;
  const written = fields.map(([letter, value]) => (value === undefined ? "" : ` ${letter}:'${value}'`)).join("");
  return `${password === undefined ? "" : `${passWord}${password} `}${nameWord}${name}'${written}\n`;
}

/** To be written at once: clients parse what one read gives them. */
export function enrolledReply({ id, name, address, key }: AgentRegistration): string {
  return `OSSEC K:'${id} ${name} ${address} ${key}'`;
}

/** The reason may repeat a stranger's text: it stays one line. */
export function refusedReply(reason: string): string {
  return `ERROR: ${reason.replace(/[\x00-\x1f\x7f]/g, "?")}. Unable to add agent`;
}

export type ReadReply =
  | { readonly kind: "enrolled"; readonly registration: AgentRegistration }
  | { readonly kind: "refused"; readonly reason: string }
  /** A manager that is none, or that gives what no agent may store. */
  | { readonly kind: "invalid" };

/** What an agent makes of the reply, with the checks that agents make. Old managers put line ends behind it. */
export function readReply(text: string): ReadReply {
  const line = text.trimEnd();
  if (line.startsWith("ERROR: ")) return { kind: "refused", reason: line.slice("ERROR: ".length) };
  const [, id, name, address, key] = /^OSSEC K:'(\d{1,8}) (\S+) (\S+) (\S+)'$/.exec(line) ?? [];
  if (id === undefined || name === undefined || address === undefined || key === undefined) return { kind: "invalid" };
  const isSound = isAgentName(name) && isAgentKey(key) && (address === "any" || parseCidrs(address).length === 1);
  return isSound ? { kind: "enrolled", registration: { id, name, address, key } } : { kind: "invalid" };
}
