/**
 * One record of alerts.log, one line of archives.log, in OSSEC's form.
 *
 *   ** Alert SECONDS.OFFSET:[ mail ] - GROUPS
 *   YYYY Mon DD HH:MM:SS HOST->LOCATION
 *   Rule: ID (level L) -> 'DESCRIPTION'
 *   Src IP: …   Src Port: …   Dst IP: …   Dst Port: …   User: …      one line each, if set
 *   FULL LOG
 *   truncated: yes                                                 if the log was cut at the limit
 *   NAME: VALUE                                                    per dynamic field, or, of a changed file,
 *   Attributes:                                                    what it is now
 *   PREVIOUS LOG                                                   of check_diff, and per event that was counted
 *   (empty line)
 *
 * Readers of this file take it line by line, and a stranger writes some of the lines. So no part of a record holds a
 * line's end, none is empty, and a line that a stranger begins with one of the words above has its first character
 * written as `\xHH`: an event can forge neither a record nor a field of its own record.
 */
import { monthNames, pad2, type LocalTime } from "../base/local-time.ts";
import type { Answer, EngineEvent } from "../model/alert.ts";
import { managerName } from "./alert-json.ts";
import { lineText } from "./byte-text.ts";
import { syscheckAttributes } from "./syscheck-json.ts";

const reserved = /^(?:\*\* ?Alert|Rule: |Src IP: |Src Port: |Dst IP: |Dst Port: |User: |Attributes:|truncated: )/;

/** A whole line that a stranger wrote, with its end; an empty one is left out, since it would end the record. */
function strangersLine(bytes: string): string {
  const text = lineText(bytes);
  if (text === "") return "";
  return reserved.test(text) ? `\\x${text.charCodeAt(0).toString(16)}${text.slice(1)}\n` : `${text}\n`;
}

/** `2026 Nov 25 01:02:03`. */
function logStamp(time: LocalTime, ms: number): string {
  const at = time.parts(ms);
  const clock = `${pad2(at.hour)}:${pad2(at.minute)}:${pad2(at.second)}`;
  return `${String(at.year).padStart(4, "0")} ${monthNames[at.month] ?? ""} ${pad2(at.day)} ${clock}`;
}

/** `HOST->LOCATION`; of an agent `(NAME) IP->LOCATION`. */
function origin({ event, decoded }: Answer): string {
  const location = lineText(event.location);
  if (event.agentId !== "000") return `(${lineText(event.agentName)}) ${agentIp(event)}->${location}`;
  const [shortHost = ""] = managerName(event).split(".", 1);
  return `${lineText(decoded.predecoder.hostname ?? shortHost)}->${location}`;
}

function agentIp(event: EngineEvent): string {
  return event.agentIp === "" ? "any" : lineText(event.agentIp);
}

/** The record with the empty line that ends it, UTF-8 as a byte string. `id` is `SECONDS.OFFSET`. */
export function writeAlertLog(answer: Answer, id: string, time: LocalTime): string {
  const { event, decoded, rule } = answer;
  const groups = rule === undefined || rule.groups.length === 0 ? "" : `${lineText(rule.groups.join(","))},`;
  let text = `** Alert ${id}:${rule?.mail === true ? " mail " : ""} - ${groups}\n`;
  text += `${logStamp(time, event.eventMs)} ${origin(answer)}\n`;
  text += `Rule: ${lineText(rule?.id ?? "")} (level ${rule?.level ?? 0}) -> '${lineText(rule?.description ?? "")}'\n`;
  const { srcip, srcport, dstip, dstport, dstuser } = decoded.fields;
  text += labelled("Src IP", srcip) + labelled("Src Port", srcport) + labelled("Dst IP", dstip);
  text += labelled("Dst Port", dstport) + labelled("User", dstuser);
  const { syscheck } = decoded;
  // The log of a change of a file is ours, a line for each thing that changed.
  const lines = syscheck === undefined ? [event.log] : event.log.split("\n");
  if (!answer.hidesFullLog) text += lines.map(strangersLine).join("");
  if (event.isTruncated) text += "truncated: yes\n";
  if (syscheck !== undefined) {
    text += "Attributes:\n";
    for (const line of syscheckAttributes(syscheck, time)) text += strangersLine(line);
  } else {
    for (const field of decoded.dynamicFields) {
      if (field.value !== "") text += strangersLine(`${field.name}: ${field.value}`);
    }
  }
  if (answer.previousLog !== undefined) text += strangersLine(answer.previousLog);
  for (const log of answer.previousOutput) text += strangersLine(log);
  return `${text}\n`;
}

function labelled(label: string, value: string | undefined): string {
  return value === undefined || value === "" ? "" : `${label}: ${lineText(value)}\n`;
}

/** `YYYY Mon DD HH:MM:SS HOST->LOCATION LOG` with the line's end. */
export function writeArchiveLog(answer: Answer, time: LocalTime): string {
  return `${logStamp(time, answer.event.eventMs)} ${origin(answer)} ${lineText(answer.event.log)}\n`;
}
