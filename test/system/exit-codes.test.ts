/** What a script sees of a command: exit codes, and words instead of stacks. */
import { equal, match, ok } from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { commandFile, removeFolder, runArgus, temporaryFolder, type CommandResult } from "../support/argus-process.ts";

const noStack = ({ stdout, stderr }: CommandResult): void => ok(!/^\s+at /m.test(stdout + stderr), stdout + stderr);

/** The command with a reader of its output that has gone before it writes. */
function runUnread(...args: string[]): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, [commandFile, ...args], { stdio: ["pipe", "pipe", "pipe"] });
  child.stdout.destroy();
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.end("a line\n".repeat(1_000));
  child.stdin.on("error", () => undefined);
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, stderr })));
}

test("ruleset test: no cases are wrong use, a ruleset that complains is not well", async () => {
  const none = await runArgus(["ruleset", "test", "/nonexistent"]);
  equal(none.code, 2, none.stdout);
  match(none.stderr, /there are no cases in \/nonexistent\/cases/);
  const folder = temporaryFolder("ruleset");
  for (const name of ["decoders", "rules", "cases"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "cases", "broken.json"), "{");
  const broken = await runArgus(["ruleset", "test", folder]);
  equal(broken.code, 1, broken.stdout + broken.stderr);
  noStack(broken);
  removeFolder(folder);
});

test("journal check: a home that is not there is wrong use, in one line", async () => {
  const result = await runArgus(["journal", "check", "--home", "/nonexistent"]);
  equal(result.code, 2);
  equal(result.stderr, "argus: /nonexistent: no such home; name one with --home\n");
});

test("logtest: says whose ruleset answers where there is no home", async () => {
  const result = await runArgus(["logtest", "--home", "/nonexistent"], { input: "a line\n" });
  equal(result.code, 0);
  match(result.stderr, /\/nonexistent: no such home; the shipped ruleset answers/);
  match(result.stdout, /Phase 1/);
});

test("ends quietly when nobody reads its output", async () => {
  for (const args of [["config", "explain", "cluster"], ["logtest"], ["--help"]]) {
    const { stderr } = await runUnread(
      ...args,
      ...(args[0] === "logtest" ? ["--home", temporaryFolder("unread")] : []),
    );
    equal(stderr, "", args.join(" "));
  }
});
