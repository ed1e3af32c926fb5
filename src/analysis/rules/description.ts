/** Descriptions with `$(field)` in them (ruleset-spec 5.4). Byte strings. */
import type { StaticFieldName } from "../../model/alert.ts";
import { lowerAscii } from "../../syntax/subject.ts";
import type { DecodedEvent } from "../decoded-event.ts";

/** Only so much of the template is used, and a result that would reach it is given up for the template itself. */
const BYTES_MAX = 1_024;

type Part = string | ((event: DecodedEvent) => string | undefined);

const staticNames: Readonly<Record<string, StaticFieldName>> = {
  dstuser: "dstuser",
  srcuser: "srcuser",
  srcip: "srcip",
  srcport: "srcport",
  dstip: "dstip",
  dstport: "dstport",
  protocol: "protocol",
  action: "action",
  id: "id",
  url: "url",
  data: "data",
  status: "status",
  extra_data: "extra_data",
  system_name: "system_name",
};

function partFor(name: string): Part {
  const field = Object.hasOwn(staticNames, name) ? staticNames[name] : undefined;
  if (field !== undefined) return (event) => event.fields[field];
  if (name === "program_name") return (event) => event.programName;
  if (name === "hostname") return (event) => event.hostname;
  const lower = lowerAscii(name);
  return (event) => event.dynamic(lower);
}

/** A function that expands `template` for an event; a field that the event lacks becomes nothing. */
export function compileDescription(template: string, isExpanded: boolean): (event: DecodedEvent) => string {
  const used = template.slice(0, BYTES_MAX);
  if (!isExpanded || !used.includes("$(")) return () => template;
  const parts: Part[] = [];
  let at = 0;
  for (const match of used.matchAll(/\$\(([^)]*)\)/g)) {
    parts.push(used.slice(at, match.index), partFor(match[1] ?? ""));
    at = match.index + match[0].length;
  }
  parts.push(used.slice(at));
  return (event) => {
    let text = "";
    for (const part of parts) {
      text += typeof part === "string" ? part : (part(event) ?? "");
      if (text.length >= BYTES_MAX) return template;
    }
    return text;
  };
}
