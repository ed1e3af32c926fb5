import { deepEqual, equal } from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { notBuilt } from "../api/page-file.ts";
import { readPageFiles } from "./package-disk.ts";

test("reads the page's files once, below their paths", (context) => {
  const folder = mkdtempSync(join(tmpdir(), "argus-page-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "assets"));
  equal(readPageFiles(folder), notBuilt, "a bundle without a page is none");
  writeFileSync(join(folder, "assets", "index-1.js"), "1");
  writeFileSync(join(folder, "index.html"), "<!doctype html>");
  const files = readPageFiles(folder);
  rmSync(join(folder, "index.html"));
  deepEqual([...files.keys()].sort(), ["/", "/assets/index-1.js"]);
  equal(files.get("/")?.bytes.toString(), "<!doctype html>");
});

test("has a page that says so where none was built", () => {
  equal(readPageFiles(join(tmpdir(), "argus-no-such-folder")), notBuilt);
});
