import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { EngineEvent } from "../../model/alert.ts";
import { DecodedEvent } from "../decoded-event.ts";
import type { Decoder } from "./decoder.ts";
import { runJsonPlugin } from "./json-plugin.ts";
import { readJson } from "./json-value.ts";

const decoder: Decoder = {
  nameId: 0,
  name: "json",
  ownName: "json",
  parent: undefined,
  type: "syslog",
  programName: undefined,
  prematch: undefined,
  regex: undefined,
  plugin: runJsonPlugin,
  pluginOffset: "log",
  nullField: "string",
  arrays: "array",
  fts: [],
  ftscomment: undefined,
  accumulate: false,
  file: "json.xml",
  line: 1,
};

const event = (log: string): EngineEvent => ({
  queue: "1",
  agentId: "000",
  agentName: "",
  agentIp: "",
  location: "stdin",
  log,
  isTruncated: false,
  eventMs: 0,
  receivedMs: 0,
  node: "master",
  host: "master",
  isHidden: false,
});

/** All fields, static ones first, as `name=value`. */
function fields(log: string, over: Partial<Decoder> = {}, from = 0): string[] {
  const decoded = new DecodedEvent().reset(event(log));
  runJsonPlugin(decoded, from, { ...decoder, ...over });
  const { fields: statics, dynamicFields } = decoded.toDecoded();
  return [
    ...Object.entries(statics).map(([name, value]) => `${name}:${value}`),
    ...dynamicFields.map(({ name, value }) => `${name}=${value}`),
  ];
}

test("nested names are joined by dots", () => {
  deepEqual(fields('{"a":{"b":{"c":"x"},"d.e":"y"},"f":{}}'), ["a.b.c=x", "a.d.e=y"]);
});

test("values become text: words, integers of 32 bits, six decimals for all other numbers", () => {
  deepEqual(fields('{"t":true,"f":false,"n":null,"i":-7,"d":1.5,"big":5000000000,"e":1e3,"zero":-0}'), [
    "t=true",
    "f=false",
    "n=null",
    "i=-7",
    "d=1.500000",
    "big=5000000000.000000",
    "e=1000",
    "zero=0",
  ]);
  deepEqual(fields('{"a":2147483647,"b":2147483648,"c":1e400,"d":1e22}'), [
    "a=2147483647",
    "b=2147483648.000000",
    "c=inf",
    "d=10000000000000000000000.000000",
  ]);
  deepEqual(fields('{"n":null,"x":"y"}', { nullField: "discard" }), ["x=y"]);
});

test("the names at the top that fill static fields, and user only while dstuser is empty", () => {
  deepEqual(fields('{"srcip":"192.0.2.7","srcport":22,"systemname":"s","system_name":"t","in":{"srcip":"x"}}'), [
    "srcip:192.0.2.7",
    "srcport:22",
    "system_name:s",
    "system_name=t",
    "in.srcip=x",
  ]);
  deepEqual(fields('{"user":"anna"}'), ["dstuser:anna"]);
  deepEqual(fields('{"dstuser":"berta","user":"anna"}'), ["dstuser:berta", "user=anna"]);
});

test("arrays are printed on one line, objects in them over several; or joined by commas", () => {
  deepEqual(fields('{"a":["x",1,2.5,true,null,"q\\"\\n"],"e":[]}'), ['a=["x", 1, 2.5, true, null, "q\\"\\n"]', "e=[]"]);
  deepEqual(fields('{"a":[{"b":1,"c":["d"]}]}'), ['a=[{\n\t\t"b":\t1,\n\t\t"c":\t["d"]\n\t}]']);
  deepEqual(fields('{"a":["x",1,[2],{"b":3},true,null]}', { arrays: "csv" }), ["a=x,1,true,null"]);
});

test("text behind the value is ignored, and the value may begin at an offset", () => {
  deepEqual(fields('{"a":"b"} and more'), ["a=b"]);
  deepEqual(fields('audit: {"a":"b"}', {}, 6), ["a=b"]);
});

test("what is no JSON object gives no field at all", () => {
  for (const log of [
    '{"a":1,',
    '{"a":1,}',
    '{"a" 1}',
    "{a:1}",
    '{"a":01x}',
    '["a"]',
    '"a"',
    "1",
    "",
    '{"a":"\\q"}',
    '{"a":"',
  ]) {
    deepEqual(fields(log), [], log);
  }
});

test("escapes become the bytes of their UTF-8, and raw bytes stay", () => {
  deepEqual(fields('{"a":"\\u00e9\\u20ac\\ud83d\\ude00\\/\\t","b":"\xc3\xa9"}'), [
    "a=\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80/\t",
    "b=\xc3\xa9",
  ]);
  for (const half of ["\\ud83d", "\\ude00", "\\ud83d\\u0041", "\\u00g0", "\\u12"])
    deepEqual(fields(`{"a":"${half}"}`), []);
});

test("keys keep their order, double ones stay, and none is special", () => {
  deepEqual(fields('{"10":"a","9":"b","x":"1","x":"2","__proto__":"p","constructor":"c"}'), [
    "10=a",
    "9=b",
    "x=1",
    "x=2",
    "__proto__=p",
    "constructor=c",
  ]);
  equal(Object.getPrototypeOf({}), Object.prototype);
});

test("nesting beyond the limit is no JSON, and costs no stack", () => {
  const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
  equal(readJson(nested(1_000), 0)?.kind, "object");
  equal(readJson(nested(1_001), 0), undefined);
  equal(readJson("[".repeat(60_000), 0), undefined);
});

test("a reader of cut and changed JSON never throws, and agrees with JSON.parse on what is whole (20 seeds)", () => {
  const whole = '{"a":[1,-2.5e3,"x\\n\\u0041",{"b":null,"c":[true,false]}],"d":{"e":""}}';
  let accepted = 0;
  for (let seed = 1; seed <= 20; seed += 1) {
    let state = seed;
    const below = (limit: number): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state % limit;
    };
    for (let round = 0; round < 200; round += 1) {
      const at = below(whole.length);
      const changed = whole.slice(0, at) + '{}[]",:\\0e-x'.charAt(below(12)) + whole.slice(at + 1);
      const value = readJson(changed, 0);
      let strict = true;
      try {
        JSON.parse(changed);
      } catch {
        strict = false;
      }
      if (value !== undefined) accepted += 1;
      if (strict) equal(value !== undefined, true, `seed ${seed}: ${changed}`);
    }
  }
  equal(accepted > 100, true, `${accepted} accepted`);
});

/** What the fields of a value are, by JSON.parse: keys that are no numbers, values whose text is plain. */
function flatten(value: unknown, prefix: string): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [`${prefix}=${String(value)}`];
  return Object.entries(value).flatMap(([key, inner]) => flatten(inner, prefix === "" ? key : `${prefix}.${key}`));
}

test("gives the fields of random objects, however they are spaced (20 seeds)", () => {
  let count = 0;
  for (let seed = 1; seed <= 20; seed += 1) {
    let state = seed;
    const below = (limit: number): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state % limit;
    };
    const object = (depth: number): Record<string, unknown> =>
      Object.fromEntries(
        Array.from({ length: below(5) }, (_, index) => [`k${index}${"xyz".charAt(below(4))}`, any(depth)]),
      );
    const any = (depth: number): unknown =>
      depth > 0 && below(3) === 0
        ? object(depth - 1)
        : [true, null, below(1_000) - 500, 'a "q" \\ \n\t{[', ""][below(5)];
    for (let round = 0; round < 50; round += 1) {
      const value = object(4);
      const expected = flatten(value, "");
      count += expected.length;
      deepEqual(fields(JSON.stringify(value)), expected, `seed ${seed}`);
      deepEqual(fields(JSON.stringify(value, undefined, below(4))), expected, `seed ${seed}, spaced`);
    }
  }
  equal(count > 1_000, true, `${count} fields`);
});
