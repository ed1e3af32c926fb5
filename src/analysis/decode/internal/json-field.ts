/** Reading the JSON that agents' modules send: values by their names, whatever else there is beside them. */
import { numberText, printed, quoted } from "../json-plugin.ts";
import type { JsonValue } from "../json-value.ts";

/** The first value of that name in an object; undefined where there is none, or no object. */
export function valueAt(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return value?.kind === "object" ? value.entries.find(({ key }) => key === name)?.value : undefined;
}

/** A text only; a number or what else there is counts as missing. */
export function textAt(value: JsonValue | undefined, name: string): string | undefined {
  const found = valueAt(value, name);
  return found?.kind === "text" ? found.text : undefined;
}

export function numberAt(value: JsonValue | undefined, name: string): number | undefined {
  const found = valueAt(value, name);
  return found?.kind === "number" ? found.number : undefined;
}

/** A text, or a number or truth value as the JSON plugin writes it; empty texts count as missing. */
export function scalarAt(value: JsonValue | undefined, name: string): string | undefined {
  const text = scalarText(valueAt(value, name));
  return text === "" ? undefined : text;
}

function scalarText(value: JsonValue | undefined): string | undefined {
  switch (value?.kind) {
    case "text":
      return value.text;
    case "number":
      return numberText(value.number);
    case "true":
    case "false":
      return value.kind;
    default:
      return undefined;
  }
}

/** The texts of an array of such; anything else in it is left out. */
export function textsAt(value: JsonValue | undefined, name: string): readonly string[] {
  const found = valueAt(value, name);
  if (found?.kind !== "array") return [];
  return found.items.flatMap((item) => (item.kind === "text" ? [item.text] : []));
}

/** As the JSON plugin shows the value in one field; undefined for null. */
export function shownText(value: JsonValue): string | undefined {
  if (value.kind === "array" || value.kind === "object") return printed(value);
  return scalarText(value);
}

/** JSON text without blanks. */
export function compactJson(value: JsonValue): string {
  switch (value.kind) {
    case "array":
      return `[${value.items.map(compactJson).join(",")}]`;
    case "object":
      return `{${value.entries.map(({ key, value: inner }) => `${quoted(key)}:${compactJson(inner)}`).join(",")}}`;
    default:
      return printed(value) ?? "";
  }
}
