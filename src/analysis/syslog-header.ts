/** The time stamp at the start of a line of syslog, in all its shapes (ruleset-spec 1.2, group A). */
import type { Flavour } from "../syntax/pattern.ts";
import { blank, colon, comma, dot, hyphen, isDigit, letterT } from "./predecode-byte.ts";

/** The length of a header that begins with a year, 0 where there is none; `length` counts a byte behind the log. */
type YearHeader = (log: string, length: number) => number;

/** The length of the header of group A, its last separator included; 0 where there is none. */
export function syslogHeader(log: string, flavour: Flavour): number {
  const yearHeader = flavour === "ossec" ? ossecYearHeader : wazuhYearHeader;
  if (log.charCodeAt(1) === 0xc3 && log.charCodeAt(2) === 0xa4) return umlautHeader(log, yearHeader);
  return plainHeader(log, yearHeader);
}

/** "Mär": the letter takes one column, and the cut lands one byte earlier in the log as it is. */
function umlautHeader(log: string, yearHeader: YearHeader): number {
  return plainHeader(`${log.charAt(0)}a${log.slice(3)}`, yearHeader);
}

function plainHeader(log: string, yearHeader: YearHeader): number {
  const length = log.length + 1;
  const at = (column: number): number => log.charCodeAt(column);
  if (length > 17 && at(3) === blank && at(6) === blank && at(9) === colon && at(12) === colon && at(15) === blank) {
    return 16;
  }
  return length > 20 ? yearHeader(log, length) : 0;
}

function wazuhYearHeader(log: string, length: number): number {
  if (length <= 21) return 0;
  const written = writtenYearHeader(log);
  if (written > 0) return written;
  return log.charCodeAt(4) === hyphen && log.charCodeAt(7) === hyphen ? isoHeader(log, length) : 0;
}

/** `2015 Dec 29 10:00:01 `; the log has more than these 21 bytes, the ending one counted. */
function writtenYearHeader(log: string): number {
  const at = (column: number): number => log.charCodeAt(column);
  if (!isDigit(at(0)) || at(4) !== blank || at(8) !== blank || at(11) !== blank) return 0;
  return at(14) === colon && at(17) === colon && at(20) === blank ? 21 : 0;
}

function ossecYearHeader(log: string, length: number): number {
  const at = (column: number): number => log.charCodeAt(column);
  if (at(4) === hyphen && at(7) === hyphen) return ossecIsoHeader(log, length);
  const written = length > 21 ? writtenYearHeader(log) : 0;
  if (written > 0) return written;
  // 2019:11:06-00:08:03
  const isDate = isDigit(at(0)) && at(4) === colon && at(7) === colon && at(10) === hyphen;
  return isDate && at(13) === colon && at(16) === colon ? 20 : 0;
}

/** A fraction has one to six digits: the colon of the zone says how many. */
function ossecIsoHeader(log: string, length: number): number {
  const at = (column: number): number => log.charCodeAt(column);
  if (at(13) !== colon || at(16) !== colon) return 0;
  if (at(10) === blank) return length > 24 && at(19) === comma ? 23 : 0;
  if (at(10) !== letterT || length <= 33) return 0;
  if (at(22) === colon && at(25) === blank) return 26;
  if (at(19) !== dot && at(19) !== comma) return 0;
  for (let column = 24; column <= 29; column += 1) if (at(column) === colon) return column + 3;
  return 0;
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
