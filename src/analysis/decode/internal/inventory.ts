/**
 * Inventories and reports that are not compared here, only shown to the rules (ruleset-spec 8).
 *
 *   syscollector, Wazuh from 4.2   {"type":"dbsync_ports","operation":"INSERTED","data":{…}}   port.local_port …
 *   syscollector, before           {"type":"port","port":{…}} or {"type":"OS","inventory":{…}}
 *   CIS-CAT                        {"type":"scan_result","scan_id":7,"cis":{…}}                cis.result …
 */
import { lowerAscii } from "../../../syntax/subject.ts";
import type { DecodedEvent } from "../../decoded-event.ts";
import type { InternalDecoder } from "./internal-decoder.ts";
import { readJson, type JsonEntry, type JsonValue } from "../json-value.ts";
import { scalarAt, shownText, textAt, valueAt } from "./json-field.ts";

/** What rules call the data of each part of the inventory. */
const prefixes: ReadonlyMap<string, string> = new Map([
  ["dbsync_osinfo", "os"],
  ["dbsync_hwinfo", "hardware"],
  ["dbsync_packages", "program"],
  ["dbsync_processes", "process"],
  ["dbsync_ports", "port"],
  ["dbsync_network_iface", "netinfo.iface"],
  ["dbsync_network_protocol", "netinfo.proto"],
  ["dbsync_network_address", "netinfo.addr"],
  ["dbsync_hotfixes", "hotfix"],
  ["dbsync_users", "user"],
  ["dbsync_groups", "group"],
  ["dbsync_browser_extensions", "browser_extension"],
  ["dbsync_services", "service"],
  ["OS", "os"],
  ["hardware", "hardware"],
  ["network", "netinfo"],
]);

/** Deeper than any inventory; and a bound of what names can grow to. */
const depthMax = 8;
const nameBytesMax = 256;

/** Adds all values below `entries` as fields whose names begin with `prefix`. */
export function addNested(decoded: DecodedEvent, prefix: string, entries: readonly JsonEntry[], depth = 1): void {
  for (const { key, value } of entries) {
    const name = prefix === "" ? key : `${prefix}.${key}`;
    if (name.length > nameBytesMax) continue;
    if (value.kind === "object" && depth < depthMax) {
      addNested(decoded, name, value.entries, depth + 1);
      continue;
    }
    const text = shownText(value);
    if (text !== undefined && text !== "") decoded.addDynamic(name, lowerAscii(name), text);
  }
}

export const decodeSyscollector: InternalDecoder = (decoded, needs) => {
  const value = readJson(decoded.log.raw, 0);
  const type = textAt(value, "type");
  if (value?.kind !== "object" || type === undefined) {
    decoded.isPassedOver = true;
    return;
  }
  decoded.decoder = needs.internal("syscollector");
  decoded.addDynamic("type", "type", type);
  const operation = scalarAt(value, "operation");
  if (operation !== undefined) decoded.addDynamic("operation_type", "operation_type", operation);
  const prefix = prefixes.get(type);
  const data = valueAt(value, "data") ?? valueAt(value, "inventory");
  if (data?.kind === "object") addNested(decoded, prefix ?? type, data.entries);
  else addNested(decoded, type === "network" ? "netinfo" : "", value.entries.filter(isData));
};

/** Of the older form: what it is about stands under its own name, beside when and how it was found. */
function isData({ value }: { key: string; value: JsonValue }): boolean {
  return value.kind === "object";
}

export const decodeCiscat: InternalDecoder = (decoded, needs) => {
  const value = readJson(decoded.log.raw, 0);
  if (value?.kind !== "object" || textAt(value, "type") === undefined) {
    decoded.isPassedOver = true;
    return;
  }
  decoded.decoder = needs.internal("ciscat");
  addNested(decoded, "", value.entries);
};
