/** `if_fts`: whether an event is the first of its kind, by the fields that its decoder lists (ruleset-spec 5.7). */
import { staticFieldOf, type DecodedEvent } from "./decoded-event.ts";
import { ownCopy } from "./own-copy.ts";
import type { EngineState } from "./state.ts";

/** The fixed fields of a key are cut here, as in the peers. */
const staticBytesMax = 256;
/** Listed dynamic fields come behind them; a whole key is bounded so that one log cannot fill the memory of keys. */
const keyBytesMax = 4_096;
/** `fts_list_size`: so many keys of events of type ids are compared with each new one. */
const idsKeysMax = 32;
/** `fts_min_size_for_str`: a common prefix must be longer than this to count. */
const prefixBytesMin = 14;
/** So many keys must share the prefix. */
const prefixesNeeded = 3;

/** Undefined: the event's decoder lists nothing, so `if_fts` cannot match. */
export function ftsKeyOf(event: DecodedEvent): string | undefined {
  const { decoder } = event;
  if (decoder === undefined || decoder.fts.length === 0) return undefined;
  let fixed = decoder.name;
  let dynamic = "";
  for (const name of decoder.fts) {
    if (name === "name") continue;
    const field = staticFieldOf(name);
    if (name === "location") fixed += ` ${event.location}`;
    else if (field !== undefined) fixed += ` ${event.fields[field] ?? ""}`;
    else dynamic += ` ${event.dynamic(name) ?? ""}`;
  }
  return (fixed.slice(0, staticBytesMax) + dynamic).slice(0, keyBytesMax);
}

/** Whether the key is new; it is known from then on. */
export function isFirstSeen(state: EngineState, event: DecodedEvent, bytesMax: number): boolean {
  if (event.isNews !== undefined) {
    const { isNews } = event;
    event.isNews = false;
    return isNews;
  }
  const key = ftsKeyOf(event);
  if (key === undefined || state.fts.has(key)) return false;
  if (event.type !== "ids") {
    state.rememberKey(key, bytesMax);
    return true;
  }
  // Many events of one scanner differ in their tail only: the part that they share stands for all of them.
  const shared = sharedPrefix(state.ftsIds, key);
  state.ftsIds.push(ownCopy(key));
  if (state.ftsIds.length > idsKeysMax) state.ftsIds.shift();
  if (state.fts.has(shared)) return false;
  state.rememberKey(shared, bytesMax);
  return true;
}

function sharedPrefix(keys: readonly string[], key: string): string {
  let found = 0;
  for (let index = keys.length - 1; index >= 0; index -= 1) {
    const other = keys[index] ?? "";
    let length = 0;
    while (length < key.length && key.charCodeAt(length) === other.charCodeAt(length)) length += 1;
    if (length > prefixBytesMin) found += 1;
    if (found === prefixesNeeded) return key.slice(0, length);
  }
  return key;
}
