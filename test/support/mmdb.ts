/**
 * Writes little databases in MaxMind's form `.mmdb` (MaxMind DB file format specification 2.0), to be read in tests:
 *
 *   search tree   nodes of two 24-bit records: a node, the number of nodes (nothing), or beyond it a place in the data
 *   16 zeros
 *   data          the records
 *   marker        "\xab\xcd\xefMaxMind.com"
 *   metadata      a map
 */
import { must } from "../../src/base/assert.ts";
import { parseCidrs } from "../../src/config/address.ts";

export type MmdbValue = string | number | readonly MmdbValue[] | { readonly [name: string]: MmdbValue };

const marker = Buffer.from("\xab\xcd\xefMaxMind.com", "latin1");
const typeOf = { string: 2, uint16: 5, uint32: 6, map: 7, uint64: 9, array: 11 } as const;

function head(type: number, size: number): Buffer {
  const lower = size < 29 ? size : 29;
  const first = type < 8 ? [(type << 5) | lower] : [lower, type - 7];
  return Buffer.from(size < 29 ? first : [...first, size - 29]);
}

function number(type: number, value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256);
  return Buffer.concat([head(type, bytes.length), Buffer.from(bytes)]);
}

function encode(value: MmdbValue): Buffer {
  if (typeof value === "number") return number(typeOf.uint32, value);
  if (typeof value === "string") {
    const bytes = Buffer.from(value, "utf8");
    return Buffer.concat([head(typeOf.string, bytes.length), bytes]);
  }
  if (Array.isArray(value)) {
    const items = value as readonly MmdbValue[];
    return Buffer.concat([head(typeOf.array, items.length), ...items.map(encode)]);
  }
  return map(Object.entries(value).map(([name, inner]) => [name, encode(inner)]));
}

function map(entries: readonly (readonly [string, Buffer])[]): Buffer {
  return Buffer.concat([
    head(typeOf.map, entries.length),
    ...entries.flatMap(([name, bytes]) => [encode(name), bytes]),
  ]);
}

type Child = { node: number } | { data: number } | undefined;

function treeOf(places: readonly { bits: readonly number[]; data: number }[]): [Child, Child][] {
  const nodes: [Child, Child][] = [[undefined, undefined]];
  for (const { bits, data } of places) {
    let at = 0;
    for (const [index, bit] of bits.entries()) {
      const node = must(nodes[at], "a node that was made");
      if (index === bits.length - 1) node[bit] = { data };
      else {
        const child = (node[bit] ??= { node: nodes.push([undefined, undefined]) - 1 });
        if ("data" in child) throw new RangeError("blocks may not lie in one another");
        at = child.node;
      }
    }
  }
  return nodes;
}

/** `blocks`: from a CIDR block to its record; none lies in another. Of version 4 those of IPv6 are left out. */
export function mmdbOf(blocks: Readonly<Record<string, MmdbValue>>, ipVersion: 4 | 6 = 6): Buffer {
  const data: Buffer[] = [];
  let dataBytes = 0;
  const places: { bits: number[]; data: number }[] = [];
  for (const [text, record] of Object.entries(blocks)) {
    const cidr = must(parseCidrs(text)[0], `${text} is a block`);
    if (ipVersion === 4 && cidr.address.family === 6) continue;
    const all = cidr.address.bytes.flatMap((byte) => Array.from({ length: 8 }, (_, at) => (byte >> (7 - at)) & 1));
    const prefix = ipVersion === 6 && cidr.address.family === 4 ? Array<number>(96).fill(0) : [];
    places.push({ bits: [...prefix, ...all.slice(0, cidr.prefixBits)], data: dataBytes });
    const bytes = encode(record);
    data.push(bytes);
    dataBytes += bytes.length;
  }
  const nodes = treeOf(places);
  const tree = Buffer.alloc(nodes.length * 6);
  const numberOf = (child: Child): number =>
    child === undefined ? nodes.length : "node" in child ? child.node : nodes.length + 16 + child.data;
  for (const [index, [left, right]] of nodes.entries()) {
    tree.writeUIntBE(numberOf(left), index * 6, 3);
    tree.writeUIntBE(numberOf(right), index * 6 + 3, 3);
  }
  const metadata = map([
    ["binary_format_major_version", number(typeOf.uint16, 2)],
    ["binary_format_minor_version", number(typeOf.uint16, 0)],
    ["build_epoch", number(typeOf.uint64, 1_700_000_000)],
    ["database_type", encode("Test-City")],
    ["description", encode({ en: "of a test" })],
    ["ip_version", number(typeOf.uint16, ipVersion)],
    ["languages", encode(["en"])],
    ["node_count", encode(nodes.length)],
    ["record_size", number(typeOf.uint16, 24)],
  ]);
  return Buffer.concat([tree, Buffer.alloc(16), ...data, marker, metadata]);
}
