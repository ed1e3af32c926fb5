import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import {
  describeForLog,
  describeProblem,
  hasErrors,
  problemAt,
  problemInFile,
  sortProblems,
  type Problem,
} from "./problem.ts";

const at = (file: string, line: number, column: number): Problem => ({
  file,
  line,
  column,
  severity: "error",
  message: "m",
});
const short = (problem: Problem): string => `${problem.file}${problem.line}.${problem.column}`;

test("shows as much of a place as there is", () => {
  equal(describeProblem(at("a.conf", 2, 3)), "a.conf:2:3: error: m");
  equal(describeProblem(at("a.conf", 2, 0)), "a.conf:2: error: m");
  equal(describeProblem(problemInFile("a.conf", "warning", "m")), "a.conf: warning: m");
  equal(describeProblem(at("", 0, 0)), "error: m");
  equal(describeProblem(problemAt({ file: "a", line: 1, column: 2, offset: 3 }, "error", "m")), "a:1:2: error: m");
});

test("sorts by file as first met, then line and column, and keeps the order of equals", () => {
  const problems = [at("b", 9, 1), at("a", 10, 1), at("b", 2, 7), at("b", 2, 3), at("a", 9, 1)];
  deepEqual(sortProblems(problems).map(short), ["b2.3", "b2.7", "b9.1", "a9.1", "a10.1"]);
  const first = { ...at("a", 1, 1), message: "first" };
  deepEqual(
    sortProblems([first, at("a", 1, 1)]).map((problem) => problem.message),
    ["first", "m"],
  );
});

test("puts the files that are named first in front", () =>
  deepEqual(sortProblems([at("b", 1, 1), at("a", 1, 1), at("c", 1, 1)], ["c", "a"]).map(short), [
    "c1.1",
    "a1.1",
    "b1.1",
  ]));

test("does not change the list that it is given", () => {
  const problems = [at("a", 2, 1), at("a", 1, 1)];
  sortProblems(problems);
  deepEqual(problems.map(short), ["a2.1", "a1.1"]);
});

test("only an error is one", () => {
  equal(hasErrors([problemInFile("a", "warning", "m")]), false);
  equal(hasErrors([problemInFile("a", "warning", "m"), at("a", 1, 1)]), true);
});

test("a log is told the place and the message, for its lines say the severity", () => {
  equal(describeForLog(problemAt({ file: "a", line: 2, column: 3, offset: 9 }, "warning", "is odd")), "a:2:3: is odd");
  equal(describeForLog(problemInFile("", "error", "is odd")), "is odd");
});
