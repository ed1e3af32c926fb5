/** The lists that rules look things up in: `key:value` lines, and the lookups of `<list>` (ruleset-spec 6). */
import type { Flavour } from "../../syntax/pattern.ts";

/** A list of this many bytes takes some 10 times as many in memory. */
export const LIST_BYTES_MAX = 64 * 1_024 * 1_024;

export type LookupList = ReadonlyMap<string, string>;

/** Byte strings in and out. The first occurrence of a key wins; lines that say nothing are passed over. */
export function parseList(text: string, flavour: Flavour): LookupList {
  const list = new Map<string, string>();
  for (const written of text.split("\n")) {
    const line = written.endsWith("\r") ? written.slice(0, -1) : written;
    const pair = flavour === "ossec" ? splitOssec(line) : splitWazuh(line);
    if (pair !== undefined && !list.has(pair[0])) list.set(pair[0], pair[1]);
  }
  return list;
}

function splitOssec(line: string): [string, string] | undefined {
  const comment = line.indexOf("###");
  const text = comment < 0 ? line : line.slice(0, comment).replace(/ +$/, "");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : [text.slice(0, colon), text.slice(colon + 1)];
}

function splitWazuh(line: string): [string, string] | undefined {
  let colon = line.indexOf(":");
  let key = line.slice(0, Math.max(0, colon));
  if (line.startsWith('"')) {
    const close = line.indexOf('"', 1);
    if (close < 0 || line[close + 1] !== ":") return undefined;
    [key, colon] = [line.slice(1, close), close + 1];
  }
  if (colon < 0) return undefined;
  const value = line.slice(colon + 1);
  if (!value.startsWith('"')) return [key, value];
  const end = value.indexOf('"', 1);
  return end < 0 ? undefined : [key, value.slice(1, end)];
}

export const lookups = [
  "match_key",
  "not_match_key",
  "match_key_value",
  "address_match_key",
  "not_address_match_key",
  "address_match_key_value",
] as const;
export type Lookup = (typeof lookups)[number];

/** The value of an address: of itself, else of its longest prefix that ends in a dot. */
function addressValue(list: LookupList, address: string): string | undefined {
  const exact = list.get(address);
  if (exact !== undefined) return exact;
  for (let dot = address.lastIndexOf("."); dot >= 0; dot = dot === 0 ? -1 : address.lastIndexOf(".", dot - 1)) {
    const value = list.get(address.slice(0, dot + 1));
    if (value !== undefined) return value;
  }
  return undefined;
}

/** `matches` tests a found value (`check_value`). `address_match_key_value` is inverted, as it is in both peers. */
export function isInList(lookup: Lookup, list: LookupList, key: string, matches: (value: string) => boolean): boolean {
  switch (lookup) {
    case "match_key":
      return list.has(key);
    case "not_match_key":
      return !list.has(key);
    case "match_key_value": {
      const value = list.get(key);
      return value !== undefined && matches(value);
    }
    case "address_match_key":
      return addressValue(list, key) !== undefined;
    case "not_address_match_key":
      return addressValue(list, key) === undefined;
    case "address_match_key_value": {
      const value = addressValue(list, key);
      return value === undefined || !matches(value);
    }
  }
}
