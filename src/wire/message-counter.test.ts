import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../test/support/seeded-random.ts";
import {
  counterText,
  LOCAL_MAX,
  type MessageCounter,
  nextCounter,
  parseCounter,
  ReplayWindow,
} from "./message-counter.ts";

const at = (global: number, local: number): MessageCounter => ({ global, local });

const steps: [name: string, last: MessageCounter | undefined, now: number, floor: number, next: MessageCounter][] = [
  ["the first is the time in seconds", undefined, 1_790_000_000.9, 0, at(1_790_000_000, 1)],
  ["L grows within a second", at(1_790_000_000, 1), 1_790_000_000, 0, at(1_790_000_000, 2)],
  ["a new second begins again at 1", at(1_790_000_000, 77), 1_790_000_001, 0, at(1_790_000_001, 1)],
  ["a clock that went back does not take G back", at(1_790_000_000, 77), 1_700_000_000, 0, at(1_790_000_000, 78)],
  ["after 9,997 in one second G goes ahead", at(1_790_000_000, LOCAL_MAX), 1_790_000_000, 0, at(1_790_000_001, 1)],
  ["G that is ahead waits for the time", at(1_790_000_001, 1), 1_790_000_000, 0, at(1_790_000_001, 2)],
  ["another node's floor lifts the first", undefined, 1_700_000_000, 1_790_000_000, at(1_790_000_000, 1)],
  ["a floor that is reached changes nothing", at(1_790_000_000, 5), 0, 1_790_000_000, at(1_790_000_000, 6)],
  ["a genuine counter of 9,998 is gone beyond", at(5, 9_998), 0, 0, at(6, 1)],
];

for (const [name, last, now, floor, next] of steps) {
  test(`counters: ${name}`, () => deepEqual(nextCounter(last, now, floor), next));
}

test("counters only grow, whatever the clock does (50 seeds)", () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const random = seededRandom(seed);
    let last: MessageCounter | undefined;
    for (let count = 0; count < 2_000; count += 1) {
      const next = nextCounter(last, 1_000 + random.below(3), random.oneIn(100) ? 1_000 + random.below(9) : 0);
      ok(next.local >= 1 && next.local <= LOCAL_MAX);
      if (last !== undefined) {
        ok(next.global > last.global || (next.global === last.global && next.local > last.local), `seed ${seed}`);
      }
      last = next;
    }
  }
});

const texts: [text: string, counter: MessageCounter | undefined][] = [
  ["5:10:", at(5, 10)],
  ["5:10", at(5, 10)],
  ["1790000000:9997:\n", at(1_790_000_000, 9_997)],
  ["4294967295:1:", at(4_294_967_295, 1)],
  ["4294967296:1:", undefined],
  ["", undefined],
  ["5:", undefined],
  ["-5:1:", undefined],
  ["5:10:3", undefined],
  ["5:10000:", undefined],
];

for (const [text, counter] of texts) {
  test(`the kept form ${JSON.stringify(text)} is read`, () => deepEqual(parseCounter(text), counter));
}

test("a counter is kept as it is read", () => deepEqual(parseCounter(counterText(at(12, 34))), at(12, 34)));

test("attack case 18: a repeat within the last 4,096 is refused, lower counters pass", () => {
  const window = new ReplayWindow();
  for (let local = 1; local <= 9_000; local += 1) equal(window.accept(at(3, local)), "accepted");
  for (let local = 9_000 - 4_095; local <= 9_000; local += 1) equal(window.accept(at(3, local)), "repeated");
  equal(window.accept(at(3, 9_000 - 4_096)), "accepted", "one that is longer ago is not known any more");
  equal(window.accept(at(2, 1)), "accepted");
  equal(window.accept(at(2, 1)), "repeated");
  equal(window.accept(at(0, 0)), "accepted");
});

test("a reinstalled agent that begins again at 0:1 is heard, and its repeats are not", () => {
  const window = new ReplayWindow();
  for (let local = 1; local <= 100; local += 1) window.accept(at(77, local));
  for (let local = 1; local <= 100; local += 1) {
    equal(window.accept(at(0, local)), "accepted");
    equal(window.accept(at(0, local)), "repeated");
    equal(window.accept(at(77, local)), "repeated");
  }
  equal(window.runCount, 2);
});

test("an agent that counts upwards costs one run, whatever it says", () => {
  const window = new ReplayWindow();
  for (let local = 0; local < 9_999; local += 1) window.accept(at(1, local));
  equal(window.runCount, 1);
});

test("strict: only what is greater than ever, also after a restart", () => {
  const window = new ReplayWindow(at(5, 10));
  equal(window.accept(at(5, 10), true), "older");
  equal(window.accept(at(4, 9_999), true), "older");
  equal(window.accept(at(5, 11), true), "accepted");
  equal(window.accept(at(5, 11), true), "repeated");
  deepEqual(window.greatest, at(5, 11));
  equal(new ReplayWindow().greatest, undefined);
});

test("the last counters are refused and no others, against a list of them (40 seeds)", () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const random = seededRandom(seed);
    const window = new ReplayWindow(undefined, 16);
    let known: string[] = [];
    for (let count = 0; count < 600; count += 1) {
      const counter = at(random.below(3), random.below(30));
      const isKnown = known.includes(counterText(counter));
      equal(window.accept(counter), isKnown ? "repeated" : "accepted", `seed ${seed}`);
      if (!isKnown) known = [...known, counterText(counter)].slice(-16);
      ok(window.runCount <= 16);
    }
  }
});

test("an agent set back in time is heard though its counters were used; what it repeats is refused (20 seeds)", () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const random = seededRandom(seed);
    const window = new ReplayWindow();
    const draw = (count: number): { local: number; mark: number }[] =>
      Array.from({ length: count }, (_, local) => ({ local, mark: random.below(65_536) }));
    const accept = (one: { local: number; mark: number }): string => window.accept(at(9, one.local), false, one.mark);
    const before = draw(100 + random.below(3_000));
    for (const one of before) equal(accept(one), "accepted");
    for (const one of before) equal(accept(one), "repeated");
    const taken = draw(100).filter((one) => accept(one) === "accepted");
    ok(taken.length > 90, `seed ${seed}: ${taken.length} of 100`);
    for (const one of taken) equal(accept(one), "repeated", `seed ${seed}`);
  }
});

test("marks stay those of their messages, whatever comes in between (40 seeds)", () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const random = seededRandom(seed);
    const window = new ReplayWindow(undefined, 100);
    let known: string[] = [];
    for (let count = 0; count < 1_000; count += 1) {
      const [counter, mark] = [at(random.below(3), random.below(60)), random.below(4)];
      const message = `${counterText(counter)}${mark}`;
      const isKnown = known.includes(message);
      equal(window.accept(counter, false, mark), isKnown ? "repeated" : "accepted", `seed ${seed}`);
      if (!isKnown) known = [...known, message].slice(-100);
    }
  }
});
