import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { SimClock } from "../../test/support/sim-clock.ts";
import { logTo } from "./log.ts";
import { OccasionalLog } from "./occasional-log.ts";

function begin() {
  const said: string[] = [];
  const clock = new SimClock();
  return {
    said,
    clock,
    log: new OccasionalLog(
      logTo(({ level, message }) => said.push(`${level} ${message}`)),
      clock,
    ),
  };
}

test("says the first of a kind at once, and the next of it a minute later, with how many were kept back", () => {
  const { said, clock, log } = begin();
  for (let count = 0; count < 1_000; count += 1) log.warning("refused", `refused ${count}`);
  clock.advance(59_999);
  log.warning("refused", "refused again");
  deepEqual(said, ["WARNING refused 0"]);
  clock.advance(1);
  log.warning("refused", "refused later");
  deepEqual(said[1], "WARNING refused later (and 1000 more of this kind since the last line)");
});

test("says what is no trouble as INFO, and as seldom", () => {
  const { said, log } = begin();
  log.info("left", "left 1");
  log.info("left", "left 2");
  deepEqual(said, ["INFO left 1"]);
});

test("counts each kind by itself", () => {
  const { said, log } = begin();
  log.warning("a", "first a");
  log.warning("b", "first b");
  log.warning("a", "second a");
  deepEqual(said, ["WARNING first a", "WARNING first b"]);
});

test("says nothing of what was kept back when nothing was", () => {
  const { said, clock, log } = begin();
  log.warning("a", "one");
  clock.advance(60_000);
  log.warning("a", "two");
  deepEqual(said, ["WARNING one", "WARNING two"]);
});
