/**
 * The plugin `JSON_Decoder` (ruleset-spec 3.7): every value of a JSON object becomes a field, the names of nested
 * objects joined by dots. Some names at the top fill static fields.
 *
 * What a log costs is bounded by its length: a few bytes can neither give many fields with long names, nor be printed
 * as megabytes of tabs. Fields beyond these bounds are left out and counted.
 */
import type { StaticFieldName } from "../../model/alert.ts";
import { lowerAscii } from "../../syntax/subject.ts";
import { type DecodedEvent, DYNAMIC_FIELDS_MAX } from "../decoded-event.ts";
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

/** No rule asks for a longer name. */
const nameBytesMax = 1_024;
/** A log of 64 KiB is printed in a quarter of it, unless it is all nesting. */
const printedBytesMax = 1_048_576;
/** The most that JavaScript prints: 82 noughts behind the one digit in question end a number. */
const digitsMax = 100;

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
    if (value.kind === "null" && decoder.nullField === "discard") continue;
    const field = prefix === "" ? staticNameOf(decoded, key) : undefined;
    const hasRoom = decoded.dynamicNames.length < DYNAMIC_FIELDS_MAX && name.length <= nameBytesMax;
    const text = field !== undefined || hasRoom ? textOf(value, decoder) : undefined;
    if (text === undefined) decoded.droppedFields += 1;
    else if (field === undefined) decoded.addDynamic(name, lowerAscii(name), text);
    else decoded.fields[field] = text;
  }
}

function staticNameOf({ fields }: DecodedEvent, key: string): StaticFieldName | undefined {
  return staticNames.get(key) ?? (key === "user" && fields.dstuser === undefined ? "dstuser" : undefined);
}

/** Undefined for what would be too long. */
function textOf(value: Exclude<JsonValue, { kind: "object" }>, decoder: Decoder): string | undefined {
  switch (value.kind) {
    case "text":
      return value.text;
    case "number":
      return numberText(value.number);
    case "array":
      return decoder.arrays === "csv" ? csv(value.items) : printed(value);
    default:
      return value.kind;
  }
}

/** An integer of 32 bits as one, everything else with six decimals. */
export function numberText(number: number): string {
  if (Number.isInteger(number) && number >= -2_147_483_648 && number <= 2_147_483_647) return String(number);
  if (!Number.isFinite(number)) return number > 0 ? "inf" : "-inf";
  if (Math.abs(number) >= 1e21) return `${BigInt(number)}.000000`;
  // x 10^6 = k + 1/2 is x 2^7 5^6 = 2k + 1, so x 2^7, which a double holds exactly, is an odd integer and nothing else.
  const isBetween = (Math.abs(number) * 128) % 2 === 1;
  return isBetween ? towardsEven(number.toFixed(6), number.toFixed(7)) : number.toFixed(6);
}

/** C rounds what lies half-way to the even digit, JavaScript away from zero. `exact` has one digit more. */
function towardsEven(rounded: string, exact: string): string {
  const cut = exact.replace(/5(?=e|$)/, "");
  return /^[^e]*[02468](?:e|$)/.test(cut) ? cut : rounded;
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

/**
 * As the peers print JSON: arrays on one line, objects over several with tabs. Rules match this text. Undefined when it
 * would be longer than any log that is meant to be read.
 */
export function printed(value: JsonValue): string | undefined {
  return new Printer().print(value);
}

class Printer {
  readonly #pieces: string[] = [];
  #bytes = 0;

  print(value: JsonValue): string | undefined {
    this.#value(value, 0);
    return this.#bytes > printedBytesMax ? undefined : this.#pieces.join("");
  }

  #add(piece: string): void {
    this.#bytes += piece.length;
    if (this.#bytes <= printedBytesMax) this.#pieces.push(piece);
  }

  #value(value: JsonValue, depth: number): void {
    if (value.kind === "array") this.#array(value.items, depth);
    else if (value.kind === "object") this.#object(value.entries, depth);
    else if (value.kind === "text") this.#add(quoted(value.text));
    else if (value.kind !== "number") this.#add(value.kind);
    else this.#add(Number.isFinite(value.number) ? shortNumber(value.number) : "null");
  }

  #array(items: readonly JsonValue[], depth: number): void {
    let before = "[";
    for (const item of items) {
      if (this.#bytes > printedBytesMax) return;
      this.#add(before);
      this.#value(item, depth + 1);
      before = ", ";
    }
    this.#add(items.length === 0 ? "[]" : "]");
  }

  #object(entries: readonly JsonEntry[], depth: number): void {
    const tabs = "\t".repeat(depth + 1);
    this.#add("{\n");
    let before = tabs;
    for (const { key, value } of entries) {
      if (this.#bytes > printedBytesMax) return;
      this.#add(`${before}${quoted(key)}:\t`);
      this.#value(value, depth + 1);
      before = `,\n${tabs}`;
    }
    this.#add(`${entries.length > 0 ? "\n" : ""}${"\t".repeat(depth)}}`);
  }
}

/** C's `%1.15g`, or 17 digits where 15 do not give the number back. */
function shortNumber(number: number): string {
  if (Number.isInteger(number) && Math.abs(number) < 1e15) return String(number);
  // JavaScript begins with exponents two places later.
  const inDigits = (count: number): string =>
    Math.abs(number) < 1e-4 ? number.toExponential(count - 1) : number.toPrecision(count);
  let short = inDigits(15);
  if (Number(short) !== number) short = isHalfWay(number) ? towardsEven(inDigits(17), inDigits(18)) : inDigits(17);
  const [mantissa = "", exponent] = short.split("e");
  const trimmed = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  return exponent === undefined ? trimmed : `${trimmed}e${exponent.replace(/^([+-])(\d)$/, "$10$2")}`;
}

/** Between two numbers of 17 digits. */
function isHalfWay(number: number): boolean {
  return /^\d{17}50*$/.test(number.toPrecision(digitsMax).replace(/^-?[0.]*|\.|e.*/g, ""));
}

/** The byte string as a JSON text: bytes stand for themselves, so what escapes text escapes it. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}
