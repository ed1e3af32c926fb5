import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { documentSection, explainSection, wrapWords } from "./describe.ts";
import { block, entries, needless, oneOf, port, section, text, textList, unsupported } from "./schema.ts";

const example = section("example", {
  help: "Shows a|b of <x>.",
  repeat: true,
  options: {
    kind: oneOf(["a", "b"], { initial: "a", help: "Which." }),
    inner: block({ help: "A block.", options: { port: port({ help: "The port." }) } }),
    many: textList({ help: "Some." }),
    dir: entries({ help: "A folder.", attributes: { pattern: "P." } }),
    later: unsupported("Not yet."),
    old: needless("No need."),
    plain: text({ help: "Any." }),
  },
});

test("explains each option: form, default, whether it may be repeated, meaning, and what is inside a block", () =>
  deepEqual(explainSection(example), [
    "<example>  (each one is a section of its own)",
    "  Shows a|b of <x>.",
    "",
    "  <kind>  `a` or `b`; default a",
    "      Which.",
    "  <inner>  block",
    "      A block.",
    "      <port>  1 to 65535",
    "          The port.",
    "  <many>  text; may be repeated",
    "      Some.",
    '  <dir>  text; may be repeated; attribute pattern="…"',
    "      A folder.",
    "  <later>  not supported yet",
    "      Not yet.",
    "  <old>  accepted, without effect",
    "      No need.",
    "  <plain>  text",
    "      Any.",
  ]));

test("documents the same as a table, with what Markdown would misread escaped", () =>
  deepEqual(documentSection(example).split("\n"), [
    "## `<example>`",
    "",
    "Shows a\\|b of &lt;x>.",
    "",
    "Each such section is one of its own.",
    "",
    "| option | form | default | meaning |",
    "|---|---|---|---|",
    "| `kind` | `a` or `b` | `a` | Which. |",
    "| `inner` | block |  | A block. |",
    "| `inner/port` | 1 to 65535 |  | The port. |",
    "| `many` | text; may be repeated |  | Some. |",
    '| `dir` | text; may be repeated; attribute pattern="…" |  | A folder. |',
    "| `later` | not supported yet |  | Not yet. |",
    "| `old` | accepted, without effect |  | No need. |",
    "| `plain` | text |  | Any. |",
  ]));

test("names a chapter as it is told to", () => ok(documentSection(example, "x.conf").startsWith("## `x.conf`\n")));

test("wraps words at the width, and gives a longer word a line of its own", () => {
  deepEqual(wrapWords("aa bb cc", "  ", 7), ["  aa bb", "  cc"]);
  deepEqual(wrapWords("a bbbbbbbbbb c", " ", 5), [" a", " bbbbbbbbbb", " c"]);
  equal(wrapWords("", " ").length, 1);
});
