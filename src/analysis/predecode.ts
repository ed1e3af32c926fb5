/**
 * Predecoding (ruleset-spec 1.2): takes the time stamp, the host and the program name off the front of a log.
 *
 *   A  syslog headers      stamp, host, program: "Dec 29 10:00:01 web sshd[411]: text"
 *   B  headers of programs stamp alone: xferlog, snort, suricata, apache, macOS ASL, squid
 *
 * The tests look at separators in fixed columns, first shape first; digits and names of months are hardly ever checked,
 * because decoders were written against exactly that. Columns count bytes from 0. Lengths in the specification include
 * the byte that ends a C string, so `length` here is one more than the text's. A NUL is a byte like any other: what
 * stands behind it is matched too, so that nobody hides a line's end from the rules.
 */
import type { DecodedEvent } from "./decoded-event.ts";

const blank = 0x20;
const colon = 0x3a;
const hyphen = 0x2d;
const dot = 0x2e;
const slash = 0x2f;
const comma = 0x2c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const bar = 0x7c;
const letterT = 0x54;
const one = 0x31;

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
const isLower = (code: number): boolean => code >= 0x61 && code <= 0x7a;
const isAlphanumeric = (code: number): boolean => isDigit(code) || isLower(code) || (code >= 0x41 && code <= 0x5a);

/** Letters, digits and `( ) - . / @ _`. */
const nameBytes = Uint8Array.from({ length: 256 }, (_, code) =>
  isAlphanumeric(code) || "()-./@_".includes(String.fromCharCode(code)) ? 1 : 0,
);

/** Fills program name, time stamp, host and working log of an event that was just reset. */
export function predecode(decoded: DecodedEvent): void {
  const log = decoded.log.raw;
  const skip = syslogHeader(log);
  if (skip > 0) {
    decoded.timestamp = log.slice(0, skip - 1);
    readHostAndProgram(decoded, log, log.charCodeAt(skip) === blank ? skip + 1 : skip);
  } else if (!readOtherHeader(decoded, log)) {
    readAsl(decoded, log);
  }
}

/** The length of the header of group A, its last separator included; 0 where there is none. */
function syslogHeader(log: string): number {
  if (log.charCodeAt(1) === 0xc3 && log.charCodeAt(2) === 0xa4) return umlautHeader(log);
  return plainHeader(log);
}

/** "Mär": the letter takes one column, and the cut lands one byte earlier in the log as it is. */
function umlautHeader(log: string): number {
  return plainHeader(`${log.charAt(0)}a${log.slice(3)}`);
}

function plainHeader(log: string): number {
  const length = log.length + 1;
  const at = (column: number): number => log.charCodeAt(column);
  if (length > 17 && at(3) === blank && at(6) === blank && at(9) === colon && at(12) === colon && at(15) === blank) {
    return 16;
  }
  if (length <= 21) return 0;
  if (isDigit(at(0)) && at(4) === blank && at(8) === blank && at(11) === blank) {
    return at(14) === colon && at(17) === colon && at(20) === blank ? 21 : 0;
  }
  return at(4) === hyphen && at(7) === hyphen ? isoHeader(log, length) : 0;
}

/** The shapes that begin `2015-04-16`: 7 and 4 are known to be hyphens. */
function isoHeader(log: string, length: number): number {
  const at = (column: number): number => log.charCodeAt(column);
  if (at(13) !== colon || at(16) !== colon) return 0;
  if (at(10) === blank) {
    if (length > 24 && at(19) === comma) return 24;
    const isZone = at(26) === 0x2b || at(26) === hyphen;
    return length > 33 && isDigit(at(0)) && at(19) === dot && isZone && at(31) === blank ? 32 : 0;
  }
  if (at(10) !== letterT || length <= 33) return 0;
  if (at(22) === colon && at(25) === blank) return 26;
  if (at(19) !== dot) return 0;
  if (at(26) === colon) return 30;
  return at(29) === colon ? 33 : 32;
}

/** The offset behind the run of name characters that begins at `from`. */
function nameEnd(log: string, from: number): number {
  let at = from;
  while (at < log.length && nameBytes[log.charCodeAt(at)] === 1) at += 1;
  return at;
}

function readHostAndProgram(decoded: DecodedEvent, log: string, from: number): void {
  const hostEnd = nameEnd(log, from);
  if (log.charCodeAt(hostEnd) === colon && log.charCodeAt(hostEnd + 1) === blank) {
    // Solaris writes no host here.
    return setProgram(decoded, log, log.slice(from, hostEnd), hostEnd + 2);
  }
  if (log.charCodeAt(hostEnd) !== blank) {
    decoded.log.set(log.slice(from));
    return;
  }
  decoded.headerHost = log.slice(from, hostEnd);
  readProgram(decoded, log, hostEnd + 1);
}

function readProgram(decoded: DecodedEvent, log: string, from: number): void {
  const end = nameEnd(log, from);
  const next = log.charCodeAt(end);
  if (next === colon) return setProgram(decoded, log, log.slice(from, end), afterBlank(log, end + 1));
  if (next === openBracket) {
    const digitsEnd = skipDigits(log, end + 1);
    if (log.charCodeAt(digitsEnd) === closeBracket) {
      const follows = log.charCodeAt(digitsEnd + 1);
      const name = log.slice(from, end);
      if (follows === colon) return setProgram(decoded, log, name, afterBlank(log, digitsEnd + 2));
      if (follows === blank) return setProgram(decoded, log, name, digitsEnd + 2);
    }
  } else if (next === bar && isLower(log.charCodeAt(end + 1))) {
    return readAixProgram(decoded, log, from, end + 1);
  }
  decoded.log.set(log.slice(from));
}

function afterBlank(log: string, at: number): number {
  return log.charCodeAt(at) === blank ? at + 1 : at;
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
function readAixProgram(decoded: DecodedEvent, log: string, restart: number, from: number): void {
  const facilityEnd = skipAlphanumerics(log, from);
  const levelEnd = log.charCodeAt(facilityEnd) === colon ? skipAlphanumerics(log, facilityEnd + 1) : facilityEnd;
  if (levelEnd === facilityEnd || log.charCodeAt(levelEnd) !== blank) {
    decoded.log.set(log.slice(restart));
    return;
  }
  const begin = levelEnd + 1;
  const end = nameEnd(log, begin);
  if (log.charCodeAt(end) === colon && log.charCodeAt(end + 1) === blank) {
    return setProgram(decoded, log, log.slice(begin, end), end + 2);
  }
  if (log.charCodeAt(end) !== openBracket) {
    // The name then is the rest of the line, and the log what stands behind the name's own characters.
    return setProgram(decoded, log, log.slice(begin), end);
  }
  const digitsEnd = skipDigits(log, end + 1);
  const name = log.slice(begin, end);
  if (log.startsWith("]: ", digitsEnd)) return setProgram(decoded, log, name, digitsEnd + 3);
  decoded.programName = name;
  decoded.log.set(log.slice(restart, end));
}

/** Takes the name, and a Solaris message id off what is left: `[ID 800047 auth.info] text`. */
function setProgram(decoded: DecodedEvent, log: string, name: string, from: number): void {
  decoded.programName = name;
  let begin = from;
  if (log.startsWith("[ID ", begin)) {
    const close = log.indexOf("]", begin);
    if (close >= 0) begin = Math.min(close + 2, log.length);
  }
  decoded.log.set(log.slice(begin));
}

interface OtherHeader {
  /** Minimum length, the ending byte counted: the log must be longer. */
  length: number;
  /** Columns and the byte in each. */
  columns: readonly (readonly [number, number])[];
  logFrom: number;
  stampFrom: number;
  stampTo: number;
}

const otherHeaders: readonly OtherHeader[] = [
  // xferlog: Mon Apr 17 18:27:14 2006 1 …
  {
    length: 28,
    columns: [
      [3, blank],
      [7, blank],
      [10, blank],
      [13, colon],
      [16, colon],
      [19, blank],
      [24, blank],
      [26, blank],
    ],
    logFrom: 25,
    stampFrom: 0,
    stampTo: 24,
  },
  // snort: 01/28-09:13:16.240702  [**]
  {
    length: 24,
    columns: [
      [2, slash],
      [5, hyphen],
      [8, colon],
      [11, colon],
      [14, dot],
      [21, blank],
    ],
    logFrom: 23,
    stampFrom: 0,
    stampTo: 21,
  },
  // suricata: 01/28/1979-09:13:16.240702  …
  {
    length: 28,
    columns: [
      [2, slash],
      [5, slash],
      [10, hyphen],
      [13, colon],
      [16, colon],
      [19, dot],
      [26, blank],
    ],
    logFrom: 28,
    stampFrom: 0,
    stampTo: 26,
  },
  // apache: [Fri Feb 11 18:06:35 2004] …
  {
    length: 27,
    columns: [
      [0, openBracket],
      [4, blank],
      [8, blank],
      [11, blank],
      [14, colon],
      [17, colon],
      [20, blank],
      [25, closeBracket],
    ],
    logFrom: 27,
    stampFrom: 1,
    stampTo: 25,
  },
];

function readOtherHeader(decoded: DecodedEvent, log: string): boolean {
  for (const { length, columns, logFrom, stampFrom, stampTo } of otherHeaders) {
    if (log.length + 1 <= length) continue;
    if (!columns.every(([column, code]) => log.charCodeAt(column) === code)) continue;
    decoded.timestamp = log.slice(stampFrom, stampTo);
    decoded.log.set(log.slice(logFrom));
    return true;
  }
  return readSquid(decoded, log);
}

/** squid: `1140804070.368  11623 …`: the log begins behind all blanks that follow the stamp. */
function readSquid(decoded: DecodedEvent, log: string): boolean {
  const at = (column: number): number => log.charCodeAt(column);
  if (at(0) !== one || log.length + 1 <= 32 || at(10) !== dot || at(14) !== blank) return false;
  if (!isDigit(at(1)) || !isDigit(at(2)) || !isDigit(at(3)) || !isDigit(at(13))) return false;
  if (at(21) !== blank && at(22) !== blank) return false;
  let begin = 14;
  while (at(begin) === blank) begin += 1;
  decoded.timestamp = log.slice(0, begin - 1);
  decoded.log.set(log.slice(begin));
  return true;
}

/** macOS ASL: `[Time 2006.12.28 15:53:55 UTC] [Facility auth] [Sender sshd] … [Message text] … [Host web]`. */
function readAsl(decoded: DecodedEvent, log: string): void {
  const at = (column: number): number => log.charCodeAt(column);
  if (at(0) !== openBracket || at(1) !== letterT || log.length + 1 <= 26 || at(5) !== blank) return;
  if (at(10) !== dot || at(13) !== dot || at(16) !== blank || at(19) !== colon) return;
  let from = 25;
  let hasMessage = false;
  for (;;) {
    const open = log.indexOf("[", from);
    if (open < 0) return;
    const close = log.indexOf("]", open);
    if (log.startsWith("Sender ", open + 1)) {
      if (close < 0) return;
      decoded.programName ??= log.slice(open + 8, close);
    } else if (log.startsWith("Message ", open + 1) && !hasMessage) {
      hasMessage = true;
      decoded.log.set(log.slice(open + 9, close < 0 ? undefined : close));
    } else if (log.startsWith("Host ", open + 1)) {
      decoded.headerHost = log.slice(open + 6, close < 0 ? undefined : close);
      return;
    }
    if (close < 0) return;
    from = close + 1;
  }
}
