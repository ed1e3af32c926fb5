/**
 * Sizes. Functions are measured by the linter (`max-lines-per-function`, 70 lines, comments and blank lines counted);
 * here is the list of files that it leaves out, each with its reason. The list may only shrink.
 */
import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { projectFiles, readText } from "../support/source.ts";

const hotFiles: Readonly<Record<string, string>> = {
  "src/analysis/decode/decoder-set.ts": "the decoder walk, per event: indexes that its loops bound",
  "src/syntax/os-regex-machine.ts": "the token machine: one loop over a program's opcodes, per byte of every log",
  "src/wire/blowfish.ts": "a block cipher, per eight bytes of every message: indexes of a byte into its boxes",
  "src/wire/inflate.ts": "zlib's decoder, per bit of every message: indexes that its masks and loops bound",
};

const LINES_MAX = 800;
const LINES_LONG = 500;
const COLUMNS_MAX = 120;

interface LintConfig {
  overrides: { files: string[]; rules: Record<string, unknown> }[];
  rules: Record<string, unknown>;
}

/** The linter's configuration takes comments on lines of their own. */
function lintConfig(): LintConfig {
  return JSON.parse(readText(".oxlintrc.json").replace(/^\s*\/\/.*$/gm, "")) as LintConfig;
}

test("functions have at most 70 lines, save in the hot files that are listed with a reason", () => {
  const { overrides, rules } = lintConfig();
  deepEqual(rules["max-lines-per-function"], ["error", { max: 70, skipComments: false, skipBlankLines: false }]);
  const exempt = overrides.filter((one) => "max-lines-per-function" in one.rules).flatMap((one) => one.files);
  deepEqual(exempt.sort(), Object.keys(hotFiles).sort());
});

test("every hot file exists", () => {
  const files = projectFiles("src");
  deepEqual(
    Object.keys(hotFiles).filter((path) => !files.includes(path)),
    [],
  );
});

test("all rules of the linter are errors, or switched off for a reason that is written there", () => {
  const { rules } = lintConfig();
  const text = readText(".oxlintrc.json");
  for (const [name, setting] of Object.entries(rules)) {
    const level = Array.isArray(setting) ? (setting[0] as unknown) : setting;
    ok(level === "error" || level === "off", name);
  }
  ok(/"denyWarnings": true/.test(text) && /"typeAware": true/.test(text));
});

test(`no source has more than ${LINES_MAX} lines`, (context) => {
  const lengths = projectFiles()
    .filter((path) => /\.(?:tsx?|js|mjs)$/.test(path))
    .map((path) => ({ path, lines: readText(path).split("\n").length - 1 }));
  const words = ({ path, lines }: { path: string; lines: number }): string => `${path} has ${lines} lines`;
  for (const long of lengths.filter(({ lines }) => lines > LINES_LONG)) context.diagnostic(`${words(long)}: split it`);
  deepEqual(lengths.filter(({ lines }) => lines > LINES_MAX).map(words), []);
});

/** A line that is long because of one literal: log lines and patterns are not cut in pieces to please a ruler. */
function isLongByLiteral(line: string): boolean {
  const literals =
    line.match(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`?|\/(?:\\.|[^/\\])+\/|.*`[,;)]*$/g) ?? [];
  return !/^\s*(?:\*|\/[/*])/.test(line) && literals.some((literal) => literal.length > COLUMNS_MAX / 2);
}

test(`no line of a source has more than ${COLUMNS_MAX} columns`, () => {
  const offences: string[] = [];
  for (const path of projectFiles().filter((name) => /\.(?:tsx?|js|mjs)$/.test(name))) {
    readText(path)
      .split("\n")
      .forEach((line, index) => {
        const columns = [...line].length;
        if (columns > COLUMNS_MAX && !isLongByLiteral(line))
          offences.push(`${path}:${index + 1} has ${columns} columns`);
      });
  }
  deepEqual(offences, []);
});
