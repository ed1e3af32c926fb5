import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { sampleDecoded } from "../../test/support/answer.ts";
import type { StaticFields } from "../model/alert.ts";
import { DEPTH_MAX, writeData } from "./data-field.ts";

function data(pairs: [string, string][], fields: StaticFields = {}): string | undefined {
  return writeData(sampleDecoded({ fields, dynamicFields: pairs.map(([name, value]) => ({ name, value })) }));
}

test("is left out when there is no field", () => {
  equal(data([]), undefined);
  equal(data([["a", ""]]), undefined);
});

test("shows the static fields in their order, an empty one too, then the dynamic ones", () =>
  equal(
    data(
      [
        ["zebra", "1"],
        ["ant", "2"],
      ],
      { system_name: "h", srcip: "10.0.0.7", protocol: "", id: "7" },
    ),
    '{"protocol":"","srcip":"10.0.0.7","id":"7","system_name":"h","zebra":"1","ant":"2"}',
  ));

test("nests dotted names, in the order in which a branch is first named", () =>
  equal(
    data([
      ["win.system.id", "1"],
      ["x", "2"],
      ["win.data.a", "3"],
      ["win.system.level", "4"],
    ]),
    '{"win":{"system":{"id":"1","level":"4"},"data":{"a":"3"}},"x":"2"}',
  ));

test("takes the first field of a name, whatever its case, and of two that clash", () => {
  equal(
    data([
      ["A", "1"],
      ["a", "2"],
    ]),
    '{"A":"1"}',
  );
  equal(data([["SrcIP", "x"]], { srcip: "10.0.0.7" }), '{"srcip":"10.0.0.7"}');
  equal(
    data([
      ["a", "1"],
      ["a.b", "2"],
      ["c", "3"],
    ]),
    '{"a":"1","c":"3"}',
  );
  equal(
    data([
      ["a.b", "1"],
      ["A", "2"],
      ["A.C", "3"],
    ]),
    '{"a":{"b":"1","C":"3"}}',
  );
  equal(data([["srcip.x", "1"]], { srcip: "10.0.0.7" }), '{"srcip":"10.0.0.7"}');
});

test("says nothing of a branch of which everything was left out", () =>
  equal(
    data([
      ["a.b", "1"],
      ["a.b.c.d", "2"],
    ]),
    '{"a":{"b":"1"}}',
  ));

test("takes odd names as they are", () => {
  equal(
    data([
      ["a..b", "1"],
      [".c.", "2"],
      ["...", "3"],
    ]),
    '{"a":{"b":"1"},"c":"2","...":"3"}',
  );
  equal(
    data([
      ["", "1"],
      ['a\n"', "2"],
    ]),
    '{"":"1","a\\n\\"":"2"}',
  );
});

test("lets no name reach an object's prototype", () => {
  const written =
    data([
      ["__proto__.polluted", "1"],
      ["constructor.prototype.x", "2"],
      ["__proto__", "3"],
    ]) ?? "";
  equal(written, '{"__proto__":{"polluted":"1"},"constructor":{"prototype":{"x":"2"}}}');
  equal(({} as Record<string, unknown>)["polluted"], undefined);
});

test("nests no deeper than its limit, however many dots a stranger writes", () => {
  const written = data([["a.".repeat(30_000), "1"]]) ?? "";
  equal((written.match(/\{/g) ?? []).length, DEPTH_MAX);
  equal(written.endsWith(`"1"${"}".repeat(DEPTH_MAX)}`), true);
});

test("shows a value that is wholly a JSON array as one, everything else as a string", () => {
  deepEqual(
    JSON.parse(
      data([
        ["a", '[1, {"b": "\xc3\xbc"}, 1e400]'],
        ["b", "[1"],
        ["c", "[1] x"],
        ["d", '{"e":1}'],
      ]) ?? "",
    ),
    {
      ...{ a: [1, { b: "\u00c3\u00bc" }, Number.POSITIVE_INFINITY], b: "[1", c: "[1] x", d: '{"e":1}' },
    },
  );
  equal(data([["a", "[1,\n 2]"]]), '{"a":[1,  2]}');
  equal(data([["a", "[12345678901234567890]"]]), '{"a":[12345678901234567890]}');
});

test("keeps an array as a string where its nesting would hurt its readers", () => {
  const deep = "[".repeat(20_000) + "]".repeat(20_000);
  equal(data([["a", deep]]), `{"a":"${deep}"}`);
});

test("keeps an array's bytes that are no UTF-8 readable", () => equal(data([["a", '["\xff"]']]), '{"a":["\\\\xff"]}'));
