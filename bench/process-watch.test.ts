import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { parseStat, ProcessWatch } from "./process-watch.ts";

test("a stat line is read from behind the name, whatever the name holds", () => {
  const rest = "S 41 7 7 0 -1 4194560 100 0 0 0 250 50 3 4 20 0 11 0 1000";
  for (const name of ["node", "a b", "x) S 9 9 (y"]) {
    const { parentPid, cpuSeconds } = parseStat(`123 (${name}) ${rest}`);
    equal(parentPid, 41);
    equal(cpuSeconds, 3);
  }
});

test("this process is seen with its words, its memory and its time", () => {
  const watch = new ProcessWatch(process.pid);
  watch.look();
  const [own] = watch.costs();
  equal(own?.pid, process.pid);
  ok(own.rssMiBMost > 10 && own.rssMiBMost < 4_000);
  ok(own.words.some((word) => word.includes("import-tests") || word.includes("process-watch")));
  ok(own.cpuSeconds > 0);
});

test("processes elsewhere are not counted", () => {
  const watch = new ProcessWatch(process.pid);
  watch.look();
  ok(!watch.costs().some(({ pid }) => pid === process.ppid));
});
