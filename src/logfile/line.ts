/**
 * The lines of cluster.log and ossec.log. Messages quote strangers, so control characters are escaped and the length is
 * bounded: one message is one line, whatever is in it.
 */
import { escapeControl } from "../base/escape.ts";
import { pad2, type LocalTime } from "../base/local-time.ts";
import type { LogLevel, LogLine } from "../base/log.ts";

/** Longest message in characters; a log line of an agent (64 KiB) must not be quoted whole. */
export const MESSAGE_LENGTH_MAX = 8_192;

/** `2026/11/25 01:02:03`. */
function lineStamp(time: LocalTime, ms: number): string {
  const at = time.parts(ms);
  const day = `${String(at.year).padStart(4, "0")}/${pad2(at.month + 1)}/${pad2(at.day)}`;
  return `${day} ${pad2(at.hour)}:${pad2(at.minute)}:${pad2(at.second)}`;
}

/** A message as it stands in a line. */
export function bounded(message: string): string {
  const cut = message.length > MESSAGE_LENGTH_MAX ? `${message.slice(0, MESSAGE_LENGTH_MAX)}…` : message;
  return escapeControl(cut);
}

/** A line of cluster.log: `YYYY/MM/DD HH:MM:SS LEVEL: [Tag] [Subtag] message`. */
export function clusterLine(time: LocalTime, ms: number, line: LogLine): string {
  const tags = `[${bounded(line.tag)}] [${bounded(line.subtag)}]`;
  return `${lineStamp(time, ms)} ${line.level}: ${tags} ${bounded(line.message)}`;
}

/** A line of ossec.log, as OSSEC writes it: `YYYY/MM/DD HH:MM:SS argus: LEVEL: message`. */
export function ossecLine(time: LocalTime, ms: number, line: LogLine): string {
  return `${lineStamp(time, ms)} argus: ${line.level}: ${bounded(line.message)}`;
}

const clusterForm =
  /^(\d{4})\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d) (DEBUG|INFO|WARNING|ERROR): \[([^\]]*)\] \[([^\]]*)\] (.*)$/;

/**
 * A line of cluster.log taken apart, its message as it stands there; undefined for a line that is none. `ms` is the
 * begin of its second; in the hour that a clock shows twice in autumn, of one of the two.
 */
export function readClusterLine(time: LocalTime, text: string): { ms: number; line: LogLine } | undefined {
  const found = clusterForm.exec(text);
  if (found === null) return undefined;
  const [, year, month, day, hour, minute, second, level, tag = "", subtag = "", message = ""] = found;
  const asIfUtc = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  // The offset is that of the moment which is looked for, so a first guess finds it unless it changes in between.
  const guess = asIfUtc - time.offsetMinutes(asIfUtc) * 60_000;
  const ms = asIfUtc - time.offsetMinutes(guess) * 60_000;
  return { ms, line: { level: level as LogLevel, tag, subtag, message } };
}
