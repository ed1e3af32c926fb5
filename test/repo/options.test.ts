/** docs/operating/options.md is what the stages' tables say. */
import { equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { sections } from "../../src/node/sections.ts";
import { optionsDocument } from "../../src/node/options-document.ts";

test("docs/operating/options.md is up to date (npm run build && node dist/scripts/options-doc.js)", () =>
  equal(readFileSync("docs/operating/options.md", "utf8"), optionsDocument()));

test("every option of every section says what it means", () => {
  for (const section of sections) {
    for (const [name, option] of Object.entries(section.options)) {
      ok(/.{10}[.)]$/s.test(option.help), `<${section.name}><${name}>: ${option.help}`);
    }
  }
});

test("no two sections have one name", () =>
  equal(new Set(sections.map((section) => section.name)).size, sections.length));
