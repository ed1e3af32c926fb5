/** The lists of field names in a decoder: `<order>` and `<fts>` (ruleset-spec 3.1). */
import type { Flavour } from "../../syntax/pattern.ts";
import { lowerAscii } from "../../syntax/subject.ts";
import type { XmlElement } from "../../syntax/xml.ts";
import { staticFieldOf } from "../decoded-event.ts";
import { OSSEC_GROUPS_MAX, type FieldTarget } from "./decoder.ts";
import { Refusal } from "./refusal.ts";

/** Wazuh: the default of `analysisd.decoder_order_size`. */
const orderNamesMax: Readonly<Record<Flavour, number>> = { wazuh: 256, ossec: OSSEC_GROUPS_MAX };
/** Not \s: that would also take the byte A0, which is half of many a UTF-8 character. */
const firstWord = /[^ \t\r\n\v\f]*/y;
const blanks = /^[ \t\r\n\v\f]*/;

/** A name ends at its first inner blank. */
function namesOf(element: XmlElement): string[] {
  const names = element.content.split(",").map((written) => {
    firstWord.lastIndex = blanks.exec(written)?.[0].length ?? 0;
    return firstWord.exec(written)?.[0] ?? "";
  });
  if (names.includes("")) throw new Refusal(element.place, `<${element.name}> holds an empty name`);
  return names;
}

/** What the groups of a regex fill, one after another. */
export function readOrder(element: XmlElement, flavour: Flavour): FieldTarget[] {
  const names = namesOf(element);
  const namesMax = orderNamesMax[flavour];
  if (names.length > namesMax) throw new Refusal(element.place, `an order may have ${namesMax} names`);
  return names.map((written) => {
    const name = flavour === "ossec" ? ossecFieldName(written) : written;
    const known = staticFieldOf(name);
    return known === undefined ? { kind: "dynamic", name, lower: lowerAscii(name) } : { kind: "static", name: known };
  });
}

/** OSSEC has one slot for `data` and `extra_data`, and one for whatever names a file (ruleset-spec 3.1). */
function ossecFieldName(name: string): string {
  const lower = lowerAscii(name);
  if (lower === "extra_data") return "data";
  return lower.includes("filename") ? "filename" : name;
}

/** `user` is another word for dstuser, `extra_data` for data. */
export function readFts(element: XmlElement): string[] {
  return namesOf(element).map((name) => {
    const lower = lowerAscii(name);
    if (lower === "user") return "dstuser";
    return lower === "extra_data" ? "data" : lower;
  });
}
