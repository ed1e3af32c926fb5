import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { isInList, lookups, parseList, type Lookup } from "./lookup-list.ts";

test("lines are key:value; what is no such line is passed over, and the first of a key wins", () => {
  const text = 'a:1\r\na:2\nb:\n\nnothing\n"c:d":"e f"\n"open:1\n"x"y:1\nk:"open\n sp :v \n';
  deepEqual(
    [...parseList(text, "wazuh")],
    [
      ["a", "1"],
      ["b", ""],
      ["c:d", "e f"],
      [" sp ", "v "],
    ],
  );
});

test("OSSEC's lists know comments and no quotes", () => {
  deepEqual(
    [...parseList('a:1  ### one\n### two\n"b":2\n', "ossec")],
    [
      ["a", "1"],
      ['"b"', "2"],
    ],
  );
});

test("each lookup answers as the peers do, the inverted one too", () => {
  const list = parseList("10.1.2.3:exact\n10.1.:net\nname:v\n", "wazuh");
  const table: [Lookup, string, boolean][] = [
    ...([
      ["match_key", "name", true],
      ["match_key", "other", false],
      ["match_key", "10.1.9.9", false],
    ] satisfies [Lookup, string, boolean][]),
    ...([
      ["not_match_key", "name", false],
      ["not_match_key", "other", true],
    ] satisfies [Lookup, string, boolean][]),
    ...([
      ["match_key_value", "name", true],
      ["match_key_value", "10.1.2.3", false],
    ] satisfies [Lookup, string, boolean][]),
    ...([
      ["address_match_key", "10.1.9.9", true],
      ["address_match_key", "10.2.0.0", false],
    ] satisfies [Lookup, string, boolean][]),
    ...([
      ["not_address_match_key", "10.1.9.9", false],
      ["not_address_match_key", "10.2.0.0", true],
    ] satisfies [Lookup, string, boolean][]),
    ...([
      ["address_match_key_value", "name", false],
      ["address_match_key_value", "10.1.9.9", true],
    ] satisfies [Lookup, string, boolean][]),
    ["address_match_key_value", "absent", true],
  ];
  for (const [lookup, key, expected] of table) {
    equal(
      isInList(lookup, list, key, (value) => value === "v"),
      expected,
      `${lookup} ${key}`,
    );
  }
  deepEqual(new Set(table.map(([lookup]) => lookup)), new Set(lookups));
});

test("the longest prefix that ends in a dot is found first, and a text of dots alone ends", () => {
  const list = parseList("10.1.2.:inner\n10.:outer\n.:dot\n", "wazuh");
  const found: string[] = [];
  for (const key of ["10.1.2.3", "10.9.9.9", ".x", "..."]) {
    isInList("address_match_key_value", list, key, (value) => found.push(value) > 0);
  }
  deepEqual(found, ["inner", "outer", "dot", "dot"]);
});
