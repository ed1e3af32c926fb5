import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { AGENTS_MAX, agentOfBench, crowdAddress, percentile } from "./agent-of-bench.ts";

test("every agent of a run has an address of its own, all of them addresses", () => {
  const addresses = Array.from({ length: AGENTS_MAX }, (_, index) => crowdAddress(index + 1));
  equal(new Set(addresses).size, AGENTS_MAX);
  deepEqual(
    addresses.filter((address) => address.split(".").some((part) => Number(part) > 254)),
    [],
  );
});

test("an agent has the same key in every process", () => {
  deepEqual(agentOfBench(12), agentOfBench(12));
  equal(agentOfBench(12).id, "012");
});

test("a percentile is a value that was seen, and 0 where there was none", () => {
  const values = [30, 10, 20, 40];
  deepEqual(
    [0, 25, 50, 51, 99, 100].map((percent) => percentile(values, percent)),
    [10, 10, 20, 30, 40, 40],
  );
  equal(percentile([], 50), 0);
});
