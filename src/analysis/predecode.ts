/**
 * Predecoding (ruleset-spec 1.2): takes the time stamp, the host and the program name off the front of a log.
 *
 *   A  syslog headers      stamp, host, program: "Dec 29 10:00:01 web sshd[411]: text"
 *   B  headers of programs stamp alone: xferlog, snort, suricata, apache, macOS ASL, squid
 *
 * OSSEC's headers differ in a few columns, and it keeps no time stamp; what differs beyond them stands in `Form`.
 *
 * The tests look at separators in fixed columns, first shape first; digits and names of months are hardly ever checked,
 * because decoders were written against exactly that. Columns count bytes from 0. Lengths in the specification include
 * the byte that ends a C string, so `length` here is one more than the text's. A NUL is a byte like any other: what
 * stands behind it is matched too, so that nobody hides a line's end from the rules.
 */
import type { Flavour } from "../syntax/pattern.ts";
import type { DecodedEvent } from "./decoded-event.ts";
import { bar, blank, closeBracket, colon, isAlphanumeric, isDigit, isLower, openBracket } from "./predecode-byte.ts";
import { readAsl, readOtherHeader } from "./program-header.ts";
import { syslogHeader } from "./syslog-header.ts";

/** Letters, digits and `( ) - . / @ _`. */
const nameBytes = Uint8Array.from({ length: 256 }, (_, code) =>
  isAlphanumeric(code) || "()-./@_".includes(String.fromCharCode(code)) ? 1 : 0,
);

interface Form {
  /** Whether `prog:text` and `prog[1]:text` name no program. */
  needsBlank: boolean;
  /** What ends a Solaris message id; it goes with it, and so does a byte behind the bracket. */
  messageIdEnd: string;
}

const forms: Readonly<Record<Flavour, Form>> = {
  wazuh: { needsBlank: false, messageIdEnd: "]" },
  ossec: { needsBlank: true, messageIdEnd: "] " },
};

/** Fills program name, time stamp, host and working log of an event that was just reset. */
export function predecode(decoded: DecodedEvent, flavour: Flavour = "wazuh"): void {
  const log = decoded.log.raw;
  const skip = syslogHeader(log, flavour);
  if (skip > 0) {
    if (flavour === "wazuh") decoded.timestamp = log.slice(0, skip - 1);
    readHostAndProgram(decoded, log, log.charCodeAt(skip) === blank ? skip + 1 : skip, forms[flavour]);
  } else if (!readOtherHeader(decoded, log, flavour)) {
    readAsl(decoded, log);
  }
}

/** The offset behind the run of name characters that begins at `from`. */
function nameEnd(log: string, from: number): number {
  let at = from;
  while (at < log.length && nameBytes[log.charCodeAt(at)] === 1) at += 1;
  return at;
}

function readHostAndProgram(decoded: DecodedEvent, log: string, from: number, form: Form): void {
  const hostEnd = nameEnd(log, from);
  if (log.charCodeAt(hostEnd) === colon && log.charCodeAt(hostEnd + 1) === blank) {
    // Solaris writes no host here.
    return setProgram(decoded, log, log.slice(from, hostEnd), hostEnd + 2, form);
  }
  if (log.charCodeAt(hostEnd) !== blank) {
    decoded.log.set(log.slice(from));
    return;
  }
  decoded.headerHost = log.slice(from, hostEnd);
  readProgram(decoded, log, hostEnd + 1, form);
}

function readProgram(decoded: DecodedEvent, log: string, from: number, form: Form): void {
  const end = nameEnd(log, from);
  const next = log.charCodeAt(end);
  if (next === bar && isLower(log.charCodeAt(end + 1))) return readAixProgram(decoded, log, from, end + 1, form);
  const begin = programEnd(log, end, form.needsBlank);
  if (begin < 0) decoded.log.set(log.slice(from));
  else setProgram(decoded, log, log.slice(from, end), begin, form);
}

/** Where the text begins behind `:`, `[digits]:` or `[digits] ` at `end`; -1 where no program ends there. */
function programEnd(log: string, end: number, needsBlank: boolean): number {
  let at = end;
  if (log.charCodeAt(at) === openBracket) {
    const digitsEnd = skipDigits(log, at + 1);
    if (log.charCodeAt(digitsEnd) !== closeBracket) return -1;
    at = digitsEnd + 1;
    if (log.charCodeAt(at) === blank) return at + 1;
  }
  if (log.charCodeAt(at) !== colon) return -1;
  if (log.charCodeAt(at + 1) === blank) return at + 2;
  return needsBlank ? -1 : at + 1;
}

function skipDigits(log: string, from: number): number {
  let at = from;
  while (isDigit(log.charCodeAt(at))) at += 1;
  return at;
}

function skipAlphanumerics(log: string, from: number): number {
  let at = from;
  while (isAlphanumeric(log.charCodeAt(at))) at += 1;
  return at;
}

/** AIX: `auth|security:info sshd[12]: `; `restart` is where the log begins when it is not that. */
function readAixProgram(decoded: DecodedEvent, log: string, restart: number, from: number, form: Form): void {
  const facilityEnd = skipAlphanumerics(log, from);
  const levelEnd = log.charCodeAt(facilityEnd) === colon ? skipAlphanumerics(log, facilityEnd + 1) : facilityEnd;
  if (levelEnd === facilityEnd || log.charCodeAt(levelEnd) !== blank) {
    decoded.log.set(log.slice(restart));
    return;
  }
  const begin = levelEnd + 1;
  const end = nameEnd(log, begin);
  if (log.charCodeAt(end) === colon && log.charCodeAt(end + 1) === blank) {
    return setProgram(decoded, log, log.slice(begin, end), end + 2, form);
  }
  if (log.charCodeAt(end) !== openBracket) {
    // The name then is the rest of the line, and the log what stands behind the name's own characters.
    return setProgram(decoded, log, log.slice(begin), end, form);
  }
  const digitsEnd = skipDigits(log, end + 1);
  const name = log.slice(begin, end);
  if (log.startsWith("]: ", digitsEnd)) return setProgram(decoded, log, name, digitsEnd + 3, form);
  decoded.programName = name;
  decoded.log.set(log.slice(restart, end));
}

/** Takes the name, and a Solaris message id off what is left: `[ID 800047 auth.info] text`. */
function setProgram(decoded: DecodedEvent, log: string, name: string, from: number, form: Form): void {
  decoded.programName = name;
  let begin = from;
  if (log.startsWith("[ID ", begin)) {
    const close = log.indexOf(form.messageIdEnd, begin);
    if (close >= 0) begin = Math.min(close + 2, log.length);
  }
  decoded.log.set(log.slice(begin));
}
