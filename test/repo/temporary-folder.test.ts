/** A test that makes a folder and leaves it fills the disk of whoever runs the tests every day. */
import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { isTest, isTypeScript, projectFiles, readText } from "../support/source.ts";

test("a test file that makes a temporary folder removes it", () => {
  const making = projectFiles().filter(
    (path) => isTypeScript(path) && isTest(path) && /\bmkdtemp(?:Sync)?\(|\btemporaryFolder\(/.test(readText(path)),
  );
  ok(making.length > 10, "the test reads the tests");
  deepEqual(
    making.filter((path) => !/\brm(?:Sync)?\(|\bremoveFolder\(/.test(readText(path))),
    [],
    "test/support/temporary-folder.ts makes folders that are removed",
  );
});
