import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { codeOf, importsOf, nodeModulesOf, packagesOf, productFiles, projectFiles, valueImportsOf } from "./source.ts";

test("comments, strings, templates and regular expressions are no code", () => {
  const source = [
    "call(1); // Date.now()",
    "/* Date.now() */ const a = \"Date.now()\" + 'Date.now()';",
    "const b = `Date.now()`;",
    'const c = /Date.now"()/g, d = "x";',
    "Date.now();",
  ].join("\n");
  const code = codeOf(source);
  equal(code.match(/Date/g)?.length, 1);
  equal(code.split("\n")[4], "Date.now();");
  ok(code.startsWith("call(1);"));
  equal(code.length, source.length);
});

test("a division is no regular expression", () => equal(codeOf("a / b; Date.now() / 2"), "a / b; Date.now() / 2"));

test("a quote in a regular expression opens no string", () =>
  ok(codeOf('x.replace(/"/g, y); Date.now();').includes("Date.now")));

test("imports are found as paths from the root", () => {
  deepEqual(importsOf("test/support/source.test.ts"), ["test/support/source.ts"]);
  deepEqual(nodeModulesOf("test/support/source.test.ts"), ["assert/strict", "test"]);
});

test("what is imported as a type only is told from the rest", () => {
  const path = "src/dashboard/store.ts";
  ok(importsOf(path).includes("src/api/contract/reply.ts"));
  ok(!valueImportsOf(path).includes("src/api/contract/reply.ts"));
  ok(valueImportsOf(path).includes("src/dashboard/message.ts"));
});

test("packages are found by their names", () => {
  deepEqual(packagesOf("src/dashboard/store.ts"), ["@preact/signals"]);
  deepEqual(packagesOf("src/api/contract/reply.ts"), ["typebox"]);
  deepEqual(packagesOf("test/support/source.test.ts"), []);
});

test("components are sources of the product, and tests are not", () => {
  const files = productFiles();
  ok(files.includes("src/dashboard/main.tsx") && files.includes("src/dashboard/store.ts"));
  ok(!files.includes("src/dashboard/store.test.ts"));
});

test("the files of the project hold its sources and nothing that tools make", () => {
  const files = projectFiles();
  ok(files.includes("test/support/source.ts") && files.includes(".ci/run") && files.includes("package.json"));
  deepEqual(
    files.filter((path) => /node_modules|^dist|^\.git\//.test(path)),
    [],
  );
  ok(productFiles().length > 50);
});
