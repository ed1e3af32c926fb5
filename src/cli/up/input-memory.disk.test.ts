import { doesNotThrow, throws } from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { rememberInput } from "./input-memory.ts";

const folder = mkdtempSync(join(tmpdir(), "argus-input-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const feed = join(folder, "feed.log");
const other = join(folder, "other.log");
beforeEach(() => {
  rmSync(join(folder, "input.id"), { force: true });
  for (const file of [feed, other]) writeFileSync(file, "one\ntwo\n");
});

test("takes the same input again and again", () => {
  for (let run = 0; run < 3; run += 1) doesNotThrow(() => rememberInput(folder, feed));
});
test("refuses another feed, and one that has changed in length", () => {
  rememberInput(folder, feed);
  throws(() => rememberInput(folder, other), /holds the feed of another file/);
  appendFileSync(feed, "three\n");
  throws(() => rememberInput(folder, feed), /or of this one before it changed/);
});
test("refuses to mix demo lines into a feed and a feed into demo lines", () => {
  rememberInput(folder, feed);
  throws(() => rememberInput(folder, undefined), { code: "ARGUS_CLI_USAGE" });
  rmSync(join(folder, "input.id"));
  rememberInput(folder, undefined);
  doesNotThrow(() => rememberInput(folder, undefined));
  throws(() => rememberInput(folder, feed), /holds demo lines/);
});
