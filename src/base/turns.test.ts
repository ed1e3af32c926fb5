import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { Turns } from "./turns.ts";

test("begins a work when the one before has ended, whatever became of it", async () => {
  const turns = new Turns();
  const told: string[] = [];
  let endFirst: (error: Error) => void = () => undefined;
  const first = turns.take(() => {
    told.push("first");
    return new Promise<void>((_resolve, reject) => {
      endFirst = reject;
    });
  });
  const second = turns.take(() => {
    told.push("second");
    return Promise.resolve(2);
  });
  await Promise.resolve();
  await Promise.resolve();
  deepEqual(told, ["first"]);
  endFirst(new Error("broken"));
  await rejects(first, /broken/);
  equal(await second, 2);
  deepEqual(told, ["first", "second"]);
});
