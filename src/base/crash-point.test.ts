import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { armedCrash, crashPointNames, noCrash } from "./crash-point.ts";

/** How often the process is killed when these points are passed in order. */
function killsOf(setting: string, passed: (typeof crashPointNames)[number][]): number[] {
  const kills: number[] = [];
  let step = 0;
  const crash = armedCrash(setting, () => kills.push(step));
  for (const name of passed) {
    step += 1;
    crash(name);
  }
  return kills;
}

test("kills at the first passing of the named point, and at no other point", () => {
  deepEqual(killsOf("spool.batch.synced", ["spool.batch.written", "spool.batch.synced", "link.batch.shipped"]), [2]);
});

test("kills at the passing that the setting counts, once", () => {
  const written = "spool.batch.written";
  deepEqual(killsOf(`${written}:3`, [written, written, "spool.batch.synced", written, written]), [4]);
});

test("kills nobody for a name that does not exist, or for a count that is none", () => {
  deepEqual(killsOf("no.such.point", [...crashPointNames]), []);
  deepEqual(killsOf("spool.batch.written:x", [...crashPointNames]), []);
});

test("names each point once", () => equal(new Set(crashPointNames).size, crashPointNames.length));

test("does nothing when it is not armed", () => {
  for (const name of crashPointNames) noCrash(name);
});
