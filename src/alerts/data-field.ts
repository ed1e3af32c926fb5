/**
 * The `data` object of an alert: the static fields in their order, then the dynamic ones, whose dotted names become
 * nested objects. Names come from strangers (the keys of a JSON log), so:
 *   - the first field of a name counts, whatever its case; a later one is left out, as is one that would need an object
 *     where there is a value, or a value where there is an object (`full_log` still has it);
 *   - names are keys of maps, never of objects, so `__proto__` is a name like any other;
 *   - at most DEPTH_MAX parts are nested, the rest of a name stays one key with its dots.
 */
import type { Decoded, StaticFieldName } from "../model/alert.ts";
import { jsonString, jsonText } from "./byte-text.ts";

/** Deeper than any log that means well; bounds the recursion of the writer and of readers. */
export const DEPTH_MAX = 20;

/** In the order in which Wazuh writes them. */
const staticNames: readonly StaticFieldName[] = [
  ...(["protocol", "action", "srcip", "srcport", "srcuser", "dstip", "dstport", "dstuser"] as const),
  ...(["id", "status", "url", "data", "extra_data", "system_name"] as const),
];

interface Branch {
  /** As first written: two names that differ in case are one. */
  name: string;
  /** JSON text, or what is nested. */
  value: string | Tree;
}

type Tree = Map<string, Branch>;

/** `{…}` as JSON in UTF-8, or undefined when there is no field. */
export function writeData(decoded: Decoded): string | undefined {
  const tree: Tree = new Map();
  for (const name of staticNames) {
    const value = decoded.fields[name];
    if (value !== undefined) tree.set(name, { name, value: jsonString(value) });
  }
  for (const field of decoded.dynamicFields) {
    if (field.value !== "") place(tree, field.name, field.value);
  }
  return tree.size === 0 ? undefined : writeTree(tree);
}

/** The parts of a dotted name; empty parts do not count, and a name of dots alone is itself. */
function partsOf(name: string): string[] {
  if (!name.includes(".")) return [name];
  const parts: string[] = [];
  let from = 0;
  while (from < name.length && parts.length < DEPTH_MAX - 1) {
    const dot = name.indexOf(".", from);
    const end = dot < 0 ? name.length : dot;
    if (end > from) parts.push(name.slice(from, end));
    from = end + 1;
  }
  if (from < name.length) parts.push(name.slice(from));
  return parts.length === 0 ? [name] : parts;
}

function place(tree: Tree, name: string, value: string): void {
  const parts = partsOf(name);
  let at = tree;
  for (const part of parts.slice(0, -1)) {
    const key = part.toLowerCase();
    let branch = at.get(key);
    if (branch === undefined) {
      branch = { name: part, value: new Map() };
      at.set(key, branch);
    }
    if (typeof branch.value === "string") return;
    at = branch.value;
  }
  const last = parts.at(-1) ?? name;
  const key = last.toLowerCase();
  if (!at.has(key)) at.set(key, { name: last, value: writeValue(value) });
}

function writeTree(tree: Tree): string {
  let text = "";
  for (const { name, value } of tree.values()) {
    // A branch can be empty when all that it was made for was left out; such a branch says nothing.
    if (typeof value !== "string" && value.size === 0) continue;
    text += `${text === "" ? "" : ","}${jsonString(name)}:${typeof value === "string" ? value : writeTree(value)}`;
  }
  return `{${text}}`;
}

/** A value that is wholly a JSON array stands as one; everything else is a string. */
function writeValue(value: string): string {
  return value.startsWith("[") && isArray(value) ? jsonText(value) : jsonString(value);
}

function isArray(value: string): boolean {
  if (nesting(value) > DEPTH_MAX) return false;
  try {
    // Bytes above 127 stand inside strings only, so the text is valid whether or not it is decoded.
    return Array.isArray(JSON.parse(value));
  } catch {
    return false;
  }
}

/** How deep brackets go, those inside strings counted too: an upper bound is enough. */
function nesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit === 0x5b || unit === 0x7b) deepest = Math.max(deepest, (depth += 1));
    else if (unit === 0x5d || unit === 0x7d) depth -= 1;
  }
  return deepest;
}
