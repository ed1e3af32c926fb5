import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { describeCounts, judge, planJobs, suiteOf } from "./run-tests.ts";
import { testLine, type TestLine } from "./test-events.ts";

const line = (outcome: TestLine["outcome"], name: string, detail = ""): TestLine => ({
  outcome,
  name,
  file: "",
  detail,
});
const well = { how: undefined, output: "" };

test("a file's name tells its suite", () => {
  equal(suiteOf("src/spool/segment.test.js"), "unit");
  equal(suiteOf("src/spool/damage.disk.test.js"), "disk");
  equal(suiteOf("src/link/peer.net.test.js"), "net");
  equal(suiteOf("test/system/up.test.js"), "system");
  equal(suiteOf("test/repo/layers.test.js"), "repo");
  equal(suiteOf("test/support/sim-disk.test.js"), "unit");
});

test("unit tests share one process, the others have one each", () => {
  const paths = ["src/a.disk.test.js", "src/a.test.js", "src/b.disk.test.js", "src/b.test.js"];
  deepEqual(
    planJobs(paths, ["unit", "disk"], "").map((job) => job.paths),
    [["src/a.test.js", "src/b.test.js"], ["src/a.disk.test.js"], ["src/b.disk.test.js"]],
  );
});

test("--only leaves out every file whose path lacks the text, and a suite that has none has no process", () => {
  const paths = ["src/a.disk.test.js", "src/b.test.js"];
  deepEqual(
    planJobs(paths, ["unit", "disk"], "a.disk").map((job) => job.paths),
    [["src/a.disk.test.js"]],
  );
});

test("passed, failed and skipped tests are counted, and a skipped one is named", () => {
  const lines = [
    line("started", "a"),
    line("passed", "a"),
    line("skipped", "b", "no server"),
    line("failed", "c", "why"),
  ];
  const { counts, words } = judge(lines, { how: "exit 1", output: "" });
  deepEqual(counts, { passed: 1, failed: 1, skipped: 1 });
  deepEqual(words, ["SKIPPED: b (no server)", "FAILED: c", "    why"]);
});

test("a process that dies after its tests passed is a failure", () => {
  const { counts, words } = judge([line("started", "a"), line("passed", "a")], { how: "SIGSEGV", output: "boom" });
  deepEqual(counts, { passed: 1, failed: 1, skipped: 0 });
  deepEqual(words, ["FAILED: SIGSEGV", "    boom"]);
});

test("a process that dies or hangs in a test is a failure that names the test", () => {
  const { counts, words } = judge([line("started", "a")], { how: "still running after 3 s", output: "" });
  equal(counts.failed, 1);
  deepEqual(words, ["FAILED: still running after 3 s", "  while running: a"]);
});

test("a process that ends well in the middle of a test is a failure", () => {
  equal(judge([line("passed", "a"), line("started", "b")], well).counts.failed, 1);
});

test("a file without a test is a failure", () => {
  deepEqual(judge([], well).counts, { passed: 0, failed: 1, skipped: 0 });
});

test("what a process printed is shown only when something failed", () => {
  deepEqual(judge([line("passed", "a")], { how: undefined, output: "noise" }).words, []);
});

test("the last line names skipped tests only where there are some", () => {
  equal(describeCounts({ passed: 3, failed: 0, skipped: 0 }), "3 passed, 0 failed");
  equal(describeCounts({ passed: 3, failed: 1, skipped: 2 }), "3 passed, 1 failed, 2 skipped");
});

test("only top-level tests are counted, and a part says why it failed", () => {
  const error = new Error("test failed", { cause: new Error("the reason") });
  const fail = (nesting: number) => testLine({ type: "test:fail", data: { name: "x", nesting, details: { error } } });
  equal(testLine({ type: "test:pass", data: { name: "x", nesting: 1 } }), undefined);
  equal(testLine({ type: "test:pass", data: { name: "x", nesting: 0 } })?.outcome, "passed");
  equal(testLine({ type: "test:pass", data: { name: "x", nesting: 0, skip: true } })?.outcome, "skipped");
  equal(testLine({ type: "test:plan", data: { nesting: 0, count: 3 } }), undefined);
  equal(fail(0)?.outcome, "failed");
  equal(fail(1)?.outcome, "part failed");
  equal(fail(1)?.detail.split("\n")[0], "Error: the reason");
});
