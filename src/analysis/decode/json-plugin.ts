/**
 * The plugin `JSON_Decoder` (ruleset-spec 3.7): every value of a JSON object becomes a field, the names of nested
 * objects joined by dots. Some names at the top fill static fields.
 */
import type { StaticFieldName } from "../../model/alert.ts";
import { lowerAscii } from "../../syntax/subject.ts";
import type { DecodedEvent } from "../decoded-event.ts";
import type { Decoder } from "./decoder.ts";
import { type JsonEntry, type JsonValue, readJson } from "./json-value.ts";

const staticNames: ReadonlyMap<string, StaticFieldName> = new Map([
  ["srcip", "srcip"],
  ["dstip", "dstip"],
  ["srcport", "srcport"],
  ["dstport", "dstport"],
  ["protocol", "protocol"],
  ["action", "action"],
  ["srcuser", "srcuser"],
  ["dstuser", "dstuser"],
  ["id", "id"],
  ["status", "status"],
  ["url", "url"],
  ["data", "data"],
  ["extra_data", "extra_data"],
  // Here without the underscore that `order` writes.
  ["systemname", "system_name"],
]);

/** Fills fields from the object that begins at `from` in the working log; anything else fills none. */
export function runJsonPlugin(decoded: DecodedEvent, from: number, decoder: Decoder): void {
  const value = readJson(decoded.log.raw, from);
  if (value?.kind === "object") fill(decoded, "", value.entries, decoder);
}

function fill(decoded: DecodedEvent, prefix: string, entries: readonly JsonEntry[], decoder: Decoder): void {
  for (const { key, value } of entries) {
    const name = prefix === "" ? key : `${prefix}.${key}`;
    if (value.kind === "object") {
      fill(decoded, name, value.entries, decoder);
      continue;
    }
    const text = textOf(value, decoder);
    if (text === undefined) continue;
    if (prefix !== "" || !fillStatic(decoded, key, text)) decoded.addDynamic(name, lowerAscii(name), text);
  }
}

function fillStatic(decoded: DecodedEvent, key: string, text: string): boolean {
  const name = staticNames.get(key) ?? (key === "user" && decoded.fields.dstuser === undefined ? "dstuser" : undefined);
  if (name === undefined) return false;
  decoded.fields[name] = text;
  return true;
}

/** Undefined for what gives no field. */
function textOf(value: JsonValue, decoder: Decoder): string | undefined {
  switch (value.kind) {
    case "text":
      return value.text;
    case "number":
      return numberText(value.number);
    case "true":
    case "false":
      return value.kind;
    case "null":
      return decoder.nullField === "discard" ? undefined : "null";
    case "array":
      return decoder.arrays === "csv" ? csv(value.items) : printed(value, 0);
    case "object":
      return undefined;
  }
}

/** An integer of 32 bits as one, everything else with six decimals. */
export function numberText(number: number): string {
  if (Number.isInteger(number) && number >= -2_147_483_648 && number <= 2_147_483_647) return String(number);
  if (!Number.isFinite(number)) return number > 0 ? "inf" : "-inf";
  return Math.abs(number) < 1e21 ? number.toFixed(6) : `${BigInt(number)}.000000`;
}

function csv(items: readonly JsonValue[]): string {
  const scalars: string[] = [];
  for (const item of items) {
    if (item.kind === "text") scalars.push(item.text);
    else if (item.kind === "number") scalars.push(numberText(item.number));
    else if (item.kind !== "array" && item.kind !== "object") scalars.push(item.kind);
  }
  return scalars.join(",");
}

/** As the peers print it: arrays on one line, objects over several with tabs. Rules match this text. */
export function printed(value: JsonValue, depth: number): string {
  switch (value.kind) {
    case "text":
      return quoted(value.text);
    case "number":
      return Number.isFinite(value.number) ? shortNumber(value.number) : "null";
    case "array":
      return `[${value.items.map((item) => printed(item, depth + 1)).join(", ")}]`;
    case "object": {
      const tabs = "\t".repeat(depth + 1);
      const lines = value.entries.map(
        ({ key, value: inner }) => `${tabs}${quoted(key)}:\t${printed(inner, depth + 1)}`,
      );
      return `{\n${lines.join(",\n")}${lines.length > 0 ? "\n" : ""}${"\t".repeat(depth)}}`;
    }
    default:
      return value.kind;
  }
}

/** C's `%1.15g`, or 17 digits where 15 do not give the number back. */
function shortNumber(number: number): string {
  if (Number.isInteger(number) && Math.abs(number) < 1e15) return String(number);
  const short = Number(number.toPrecision(15)) === number ? number.toPrecision(15) : number.toPrecision(17);
  const [mantissa = "", exponent] = short.split("e");
  const trimmed = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  return exponent === undefined ? trimmed : `${trimmed}e${exponent.replace(/^([+-])(\d)$/, "$10$2")}`;
}

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** The byte string as a JSON text. */
export function quoted(text: string): string {
  const escaped = text.replace(/["\\\u0000-\u001f]/g, (character) => {
    return escapes[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return `"${escaped}"`;
}
