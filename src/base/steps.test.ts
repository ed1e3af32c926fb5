import { equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { runSteps, type Steps } from "./steps.ts";

function* counted(done: number[]): Steps<string> {
  for (let step = 0; step < 3; step += 1) {
    done.push(step);
    yield undefined;
  }
  return "whole";
}

test("steps that are run at once give what they come to", () => {
  const done: number[] = [];
  equal(runSteps(counted(done)), "whole");
  equal(done.join(), "0,1,2");
});

test("what a step throws comes out", () => {
  function* failing(): Steps<string> {
    yield undefined;
    throw new Error("broken");
  }
  throws(() => runSteps(failing()), /broken/);
});
