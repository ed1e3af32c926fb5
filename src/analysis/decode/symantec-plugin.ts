/**
 * The plugin `SymantecWS_Decoder` (ruleset-spec 3.7): logs of Symantec's web security, numbers as names.
 *
 *   20070717,73556,1=5,11=192.0.2.7,10=user,3=1,2=1
 *
 * The event and its outcome (`3=` and `2=`) stand side by side and are one id, which rules compare as it is written:
 * `3=1,2=1`. Of values that stand twice the first counts.
 */
import type { StaticFieldName } from "../../model/alert.ts";
import type { DecodedEvent } from "../decoded-event.ts";

/** Its key and the entry behind it included. */
const idBytes = 9;
const names: ReadonlyMap<string, StaticFieldName> = new Map([
  ["10", "dstuser"],
  ["11", "srcip"],
  ["60", "url"],
]);

export function runSymantecPlugin({ log: { raw }, fields }: DecodedEvent, from: number): void {
  let comma = raw.indexOf(",", from);
  while (comma >= 0) {
    const begin = comma + 1;
    comma = raw.indexOf(",", begin);
    const end = comma < 0 ? raw.length : comma;
    if (raw.startsWith("3=", begin) || raw.startsWith("2=", begin)) {
      fields.id ??= raw.slice(begin, begin + idBytes);
      continue;
    }
    // All names that are asked for have two digits.
    const name = raw[begin + 2] === "=" ? names.get(raw.slice(begin, begin + 2)) : undefined;
    if (name !== undefined) fields[name] ??= raw.slice(begin + 3, end);
  }
}
