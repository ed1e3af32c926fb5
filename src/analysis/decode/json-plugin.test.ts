import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { must } from "../../base/assert.ts";
import type { EngineEvent } from "../../model/alert.ts";
import { DecodedEvent, DYNAMIC_FIELDS_MAX } from "../decoded-event.ts";
import type { Decoder } from "./decoder.ts";
import { loadDecoders } from "./decoder-set.ts";
import { runJsonPlugin } from "./json-plugin.ts";
import { readJson } from "./json-value.ts";

/** As it is loaded; the tests set options of their own over it. */
const decoder = must(
  loadDecoders([{ path: "0010.xml", text: '<decoder name="json"><prematch>^{</prematch></decoder>' }], ({ message }) =>
    equal(message, ""),
  ).decoders[0],
  "the decoder loads",
);

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

test("what lies half-way between two numbers that can be printed is printed as the even one, as by C", () => {
  const halves = '"a":0.0078125,"b":0.0234375,"c":-0.0078125,"d":-0.0234375,"e":1.5078125,"f":5000000000.0078125';
  deepEqual(fields(`{${halves}}`), [
    "a=0.007812",
    "b=0.023438",
    "c=-0.007812",
    "d=-0.023438",
    "e=1.507812",
    "f=5000000000.007812",
  ]);
  // One bit beside half-way, the nearer one.
  deepEqual(fields('{"a":0.007812500000000002,"b":0.023437499999999997}'), ["a=0.007813", "b=0.023437"]);
  deepEqual(fields('{"a":[0.0001,0.00001,0.0000025,1e15]}'), ["a=[0.0001, 1e-05, 2.5e-06, 1e+15]"]);
  // 17 digits within an array: 2^-25 and three times as much.
  deepEqual(fields('{"a":[2.98023223876953125e-08,562949953421312.125,562949953421312.375,8.94069671630859375e-08]}'), [
    "a=[2.9802322387695312e-08, 562949953421312.12, 562949953421312.38, 8.9406967163085938e-08]",
  ]);
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

// ── Attack case 31: what a JSON log may cost ──────────────────────────────────────────────────────────────────────

/** The record itself, for what is counted; and what reading it cost, in ms of CPU. */
function decodedFrom(log: string, over: Partial<Decoder> = {}): { decoded: DecodedEvent; cpuMs: number } {
  const decoded = new DecodedEvent().reset(event(log));
  const before = process.cpuUsage();
  runJsonPlugin(decoded, 0, { ...decoder, ...over });
  const { user, system } = process.cpuUsage(before);
  return { decoded, cpuMs: (user + system) / 1_000 };
}

/** Generous by a factor of ten or more, so that a busy machine passes; what is quadratic needs minutes. */
const cpuMsMax = 20_000;

test("a million keys give as many fields as an event may have, and the others are counted", () => {
  const keys = Array.from({ length: 1_000_000 }, (_, index) => `"k${index}":${index}`);
  const { decoded, cpuMs } = decodedFrom(`{${keys.join(",")},"srcip":"192.0.2.7"}`);
  equal(decoded.dynamicNames.length, DYNAMIC_FIELDS_MAX);
  equal(decoded.dynamic("k1023"), "1023");
  equal(decoded.droppedFields, 1_000_000 - DYNAMIC_FIELDS_MAX);
  equal(decoded.fields.srcip, "192.0.2.7");
  equal(cpuMs < cpuMsMax, true, `${cpuMs} ms`);
});

test("a hundred thousand levels give nothing", () => {
  deepEqual(fields(`${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`), []);
  deepEqual(fields(`{"a":${"[".repeat(100_000)}`), []);
});

test("a text of ten megabytes is one field, with escapes or without", () => {
  const plain = "x".repeat(10_000_000);
  deepEqual(fields(`{"a":"${plain}"}`), [`a=${plain}`]);
  deepEqual(fields(`{"a":"${"\\n".repeat(5_000_000)}"}`), [`a=${"\n".repeat(5_000_000)}`]);
});

test("a number that no machine has is infinite, and one of a megabyte of digits too", () => {
  deepEqual(fields(`{"a":1e400,"b":-1e400,"c":${"9".repeat(1_000_000)},"d":[1e400]}`), [
    "a=inf",
    "b=-inf",
    "c=inf",
    "d=[null]",
  ]);
});

test("no key changes what objects are, at any depth", () => {
  const log = '{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}},"a":{"__proto__":"x"}}';
  deepEqual(fields(log), ["__proto__.polluted=yes", "constructor.prototype.polluted=yes", "a.__proto__=x"]);
  equal(({} as Record<string, unknown>)["polluted"], undefined);
});

test("of double keys a static field has the last value, and a dynamic one is found by its first", () => {
  const { decoded } = decodedFrom('{"srcip":"192.0.2.1","x":"1","srcip":"192.0.2.2","X":"2"}');
  equal(decoded.fields.srcip, "192.0.2.2");
  equal(decoded.dynamic("x"), "1");
});

test("a long name above many short ones is no field, however many there are", () => {
  const inner = Array.from({ length: 2_000 }, (_, index) => `"${index}":1`).join(",");
  const { decoded } = decodedFrom(`{"${"n".repeat(1_021)}":{${inner}}}`);
  deepEqual([decoded.dynamicNames.length, decoded.droppedFields], [100, 1_900]); // n….0 to n….99 have 1,024 bytes.
});

test("an array that is all nesting is not printed as megabytes of tabs", () => {
  const depth = 900;
  const items = Array.from({ length: 5_000 }, () => '{"a":1}').join(",");
  const log = `{"before":"1","deep":${"[".repeat(depth)}${items}${"]".repeat(depth)},"after":"2"}`;
  const { decoded } = decodedFrom(log);
  deepEqual(decoded.dynamicNames, ["before", "after"]);
  equal(decoded.droppedFields, 1);
  deepEqual(decodedFrom(log, { arrays: "csv" }).decoded.dynamicValues, ["1", "", "2"]);
});

test("many short texts without one escape are read in one pass", () => {
  const { decoded, cpuMs } = decodedFrom(`{"a":[${'"x",'.repeat(1_000_000)}"x"],"b":"\\n"}`, { arrays: "csv" });
  equal(decoded.dynamic("a")?.length, 2_000_001);
  equal(cpuMs < cpuMsMax, true, `${cpuMs} ms`);
});
