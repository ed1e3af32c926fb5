import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { decodeText, jsonString, jsonText, lineText, validUtf8 } from "./byte-text.ts";

const bytes = (text: string): string => Buffer.from(text, "utf8").toString("latin1");
const read = (written: string): string => decodeText(written);

test("passes ASCII and UTF-8 on as they are", () => {
  for (const text of ["", "plain", "Müller €5 𝄞 日本"]) {
    equal(read(validUtf8(bytes(text))), text);
    equal(read(lineText(bytes(text))), text);
    equal(JSON.parse(read(jsonString(bytes(text)))), text);
  }
});

test("writes a byte that is no UTF-8 as \\xHH and leaves the characters around it", () => {
  const cases: [string, string][] = [
    ["a\xffb", "a\\xffb"],
    ["\xc3", "\\xc3"], // A character that was cut.
    [`${bytes("ü")}\xbc`, "ü\\xbc"],
    ["\xc0\xaf", "\\xc0\\xaf"], // An overlong slash.
    ["\xed\xa0\x80", "\\xed\\xa0\\x80"], // A surrogate.
    ["\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"], // Beyond the last character.
    [`\xe2\x82${bytes("€")}`, "\\xe2\\x82€"],
  ];
  for (const [given, expected] of cases) equal(read(validUtf8(given)), expected);
});

test("gives UTF-8 for any bytes, and the same bytes for UTF-8 (2,000 seeded strings)", () => {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for (let seed = 1, random = 1; seed <= 2_000; seed += 1) {
    let given = "";
    for (let length = seed % 13; length > 0; length -= 1) {
      random = (random * 48_271) % 2_147_483_647;
      given += random % 3 === 0 ? bytes(String.fromCodePoint(random % 0xd800)) : String.fromCharCode(random % 256);
    }
    const written = Buffer.from(validUtf8(given), "latin1");
    strict.decode(written);
    equal(JSON.parse(strict.decode(Buffer.from(jsonString(given), "latin1"))), strict.decode(written), `seed ${seed}`);
    const line = strict.decode(Buffer.from(lineText(given), "latin1"));
    equal(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\ufeff]/.test(line), false, `seed ${seed}`);
  }
});

test("escapes in JSON what would end a line or change a terminal, and loses none of it", () => {
  const hostile = `\n\r\u0000\u001b[2J"\\\t${bytes("\u0085\u2028\u202e\ufeff\u061c\u200b\u2066")}\x7f`;
  const written = jsonString(hostile);
  equal(written, '"\\n\\r\\u0000\\u001b[2J\\"\\\\\\t\\u0085\\u2028\\u202e\\ufeff\\u061c\\u200b\\u2066\\u007f"');
  equal(bytes(JSON.parse(written) as string), hostile);
});

test("escapes in a line everything but the tab", () =>
  equal(lineText(`a\tb\nc\r\x1b[2J\x00${bytes("\u202e\u0085")}`), "a\tb\\x0ac\\x0d\\x1b[2J\\x00\\u202e\\x85"));

test("takes a unit that is no byte as its character", () => {
  equal(read(jsonString("日本")), '"日本"');
  equal(read(lineText("a\u{1d11e}\u202e")), "a\u{1d11e}\\u202e");
});

test("keeps found JSON as it is, on one line and harmless", () => {
  const given = `[\n\t"a\\"b",\r\n{"x":"${bytes("ü\u202e")}"}]`;
  const written = jsonText(given);
  equal(read(written), '[  "a\\"b",  {"x":"ü\\u202e"}]');
  deepEqual(JSON.parse(read(written)), ['a"b', { x: "ü\u202e" }]);
});
