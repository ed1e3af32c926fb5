/** What other programs write at the start of a line: the time stamp alone (ruleset-spec 1.2, group B). */
import type { Flavour } from "../syntax/pattern.ts";
import type { DecodedEvent } from "./decoded-event.ts";
import {
  blank,
  closeBracket,
  colon,
  dot,
  hyphen,
  isDigit,
  letterT,
  one,
  openBracket,
  slash,
} from "./predecode-byte.ts";

interface OtherHeader {
  /** Minimum length, the ending byte counted: the log must be longer. */
  length: number;
  /** Columns and the byte in each. */
  columns: readonly (readonly [number, number])[];
  logFrom: number;
  stampFrom: number;
  stampTo: number;
  /** What OSSEC has in the place of the above. */
  ossec?: { length?: number; logFrom?: number };
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
    ossec: { logFrom: 24 },
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
    ossec: { length: 26 },
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

const headersOf: Readonly<Record<Flavour, readonly OtherHeader[]>> = {
  wazuh: otherHeaders,
  ossec: otherHeaders.map((header) => ({ ...header, ...header.ossec })),
};

/** Sets log and time stamp where the log begins as one of these programs writes; OSSEC keeps no time stamp. */
export function readOtherHeader(decoded: DecodedEvent, log: string, flavour: Flavour): boolean {
  for (const { length, columns, logFrom, stampFrom, stampTo } of headersOf[flavour]) {
    if (log.length + 1 <= length) continue;
    if (!columns.every(([column, code]) => log.charCodeAt(column) === code)) continue;
    if (flavour === "wazuh") decoded.timestamp = log.slice(stampFrom, stampTo);
    decoded.log.set(log.slice(logFrom));
    return true;
  }
  return readSquid(decoded, log, flavour);
}

/** squid: `1140804070.368  11623 …`: the log begins behind all blanks that follow the stamp. */
function readSquid(decoded: DecodedEvent, log: string, flavour: Flavour): boolean {
  const at = (column: number): number => log.charCodeAt(column);
  if (at(0) !== one || log.length + 1 <= 32 || at(10) !== dot || at(14) !== blank) return false;
  if (!isDigit(at(1)) || !isDigit(at(2)) || !isDigit(at(3)) || !isDigit(at(13))) return false;
  if (at(21) !== blank && at(22) !== blank) return false;
  let begin = 14;
  while (at(begin) === blank) begin += 1;
  if (flavour === "wazuh") decoded.timestamp = log.slice(0, begin - 1);
  decoded.log.set(log.slice(begin));
  return true;
}

/** macOS ASL: `[Time 2006.12.28 15:53:55 UTC] [Facility auth] [Sender sshd] … [Message text] … [Host web]`. */
export function readAsl(decoded: DecodedEvent, log: string): void {
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
