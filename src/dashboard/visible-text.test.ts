import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PIECES_MAX, visibleLines, visibleString, visibleText } from "./visible-text.ts";

const cases: [what: string, text: string, shown: string][] = [
  ["plain text of any script", "Größe 日本語 العربية हिन्दी", "Größe 日本語 العربية हिन्दी"],
  ["emoji", "\u{1f642} \u2764\ufe0f \u2764\ufe0e", "\u{1f642} \u2764\ufe0f \u2764\ufe0e"],
  ["line ends and tabs", "a\r\nb\tc", "a\\x0d\\x0ab\\x09c"],
  ["a terminal's escape", "\u001b[31mred", "\\x1b[31mred"],
  ["DEL and C1", "\u007f\u0085\u009b", "\\x7f\\x85\\x9b"],
  ["NUL", "a\0b", "a\\x00b"],
  ["text turned round", "user\u202egpj.exe", "user\\u202egpj.exe"],
  [
    "isolates and marks",
    "\u2066\u2067\u2068\u2069\u200e\u200f\u061c",
    "\\u2066\\u2067\\u2068\\u2069\\u200e\\u200f\\u061c",
  ],
  ["zero width", "ad\u200bm\u200ci\u200dn\ufeff\u2060", "ad\\u200bm\\u200ci\\u200dn\\ufeff\\u2060"],
  ["a soft hyphen", "ad\u00admin", "ad\\xadmin"],
  ["line separators", "a\u2028b\u2029c", "a\\u2028b\\u2029c"],
  ["fillers and braille's blank", "\u3164\uffa0\u115f\u2800", "\\u3164\\uffa0\\u115f\\u2800"],
  ["tags", "\u{e0041}\u{e007f}", "\\u{e0041}\\u{e007f}"],
  ["variation selectors that are not of emoji", "a\ufe00b\u{e0100}", "a\\ufe00b\\u{e0100}"],
  ["halves of a pair", "a\ud83dz\ude42", "a\\ud83dz\\ude42"],
  ["annotations", "\ufff9a\ufffb", "\\ufff9a\\ufffb"],
  ["nothing", "", ""],
];

for (const [what, text, shown] of cases) {
  test(`shows ${what} as ${shown}`, () => equal(visibleString(text), shown));
}

test("an escape is told from the same letters in the text", () => {
  deepEqual(visibleText("\\x1b\u001b\u0007."), [
    { text: "\\x1b", isEscape: false },
    { text: "\\x1b\\x07", isEscape: true },
    { text: ".", isEscape: false },
  ]);
});

/** What stands for what: written anew, so that it is not the code that is tested. */
function unescape(text: string): string {
  return text.replace(/\\x(..)|\\u\{([^}]+)\}|\\u(....)/g, (_, ...groups: (string | undefined)[]) => {
    const [byte, long, short] = groups;
    const code = Number.parseInt(byte ?? long ?? short ?? "", 16);
    return code < 0x1_0000 ? String.fromCharCode(code) : String.fromCodePoint(code);
  });
}

function isBanned(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  const ranges: [number, number][] = [
    ...([
      [0, 0x1f],
      [0x7f, 0x9f],
      [0x61c, 0x61c],
      [0x200b, 0x200f],
      [0x2028, 0x202e],
    ] as [number, number][]),
    ...([
      [0x2060, 0x206f],
      [0xd800, 0xdfff],
      [0xfe00, 0xfe0d],
      [0xfeff, 0xfeff],
    ] as [number, number][]),
    ...([[0xe0000, 0xe01ef]] as [number, number][]),
  ];
  return ranges.some(([from, to]) => code >= from && code <= to);
}

const nasty = fc.constantFrom("\u001b", "\n", "\u202e", "\u200b", "\ud83d", "\ude42", "\u{e0041}", "\ufe0f", "\\x1b");
const hostileText = fc
  .array(fc.oneof(nasty, fc.string({ unit: "binary", maxLength: 4 })), { maxLength: 40 })
  .map((parts) => parts.join(""));

test("whatever comes in, no plain piece holds a banned character, and the pieces give back the text", () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      const pieces = visibleText(text);
      for (const piece of pieces) {
        if (piece.isEscape) equal(/^(?:\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|\\u\{[0-9a-f]{5,6}\})+$/.test(piece.text), true);
        else equal(Array.from(piece.text).find(isBanned), undefined);
      }
      equal(pieces.map((piece) => (piece.isEscape ? unescape(piece.text) : piece.text)).join(""), text);
    }),
  );
});

test("neighbours differ in kind and none is empty", () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      const pieces = visibleText(text);
      pieces.forEach((piece, index) => {
        equal(piece.text === "", false);
        equal(pieces[index - 1]?.isEscape === piece.isEscape, false);
      });
    }),
  );
});

test("leaves the lines of a text of several lines as lines, and nothing else", () => {
  deepEqual(visibleLines("a\nb\r\n\u2028c\n"), [
    { text: "a\nb", isEscape: false },
    { text: "\\x0d", isEscape: true },
    { text: "\n", isEscape: false },
    { text: "\\u2028", isEscape: true },
    { text: "c\n", isEscape: false },
  ]);
});

test("a text of nothing but changes is in few pieces, all of it there, its end marked", () => {
  for (const pieces of [visibleText("a\u001b".repeat(32_768)), visibleLines("\u202e\n".repeat(32_768))]) {
    ok(pieces.length <= PIECES_MAX, `${pieces.length}`);
    equal(pieces.at(-1)?.isEscape, true);
  }
  for (const count of [1, PIECES_MAX / 2 - 1, PIECES_MAX / 2, PIECES_MAX, 2 * PIECES_MAX]) {
    const text = visibleText("a\u001b".repeat(count)).map((piece) => piece.text);
    equal(text.join(""), "a\\x1b".repeat(count));
  }
});
