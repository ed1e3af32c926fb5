import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { ByteWriter } from "../base/bytes.ts";
import { EPOCHS_MAX, INTERVALS_MAX, RepeatedEvents } from "./repeated-events.ts";
import { StateReader } from "./state-part.ts";

const epoch = (number: number, bits = "00000000000000aa") => ({ number, bits });

function copyOf(events: RepeatedEvents): RepeatedEvents {
  const writer = new ByteWriter();
  events.write(writer);
  const copy = new RepeatedEvents();
  if (writer.length > 0) copy.read(new StateReader(writer.copy()));
  return copy;
}

test("an event is new once, in whatever order the copies come, across a checkpoint (200 seeds)", () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    let random = seed;
    const next = (below: number): number => {
      random = (random * 48_271) % 2_147_483_647;
      return random % below;
    };
    let events = new RepeatedEvents();
    const seen = new Set<number>();
    // Two nodes take turns over the same stretch, each in order.
    const at = [1, 1];
    for (let turn = 0; turn < 60; turn += 1) {
      const node = next(2);
      for (let left = next(9); left > 0; left -= 1) {
        const seq = at[node] ?? 1;
        at[node] = seq + 1;
        equal(events.isNew("001", { epoch: epoch(3), seq }), !seen.has(seq), `seed ${seed}, seq ${seq}`);
        seen.add(seq);
      }
      if (next(4) === 0) at[node] = Math.max(1, (at[node] ?? 1) - next(12));
      if (next(5) === 0) events = copyOf(events);
    }
  }
});

test("another agent, another number and other bits are other events", () => {
  const events = new RepeatedEvents();
  const tries = [
    events.isNew("001", { epoch: epoch(1), seq: 1 }),
    events.isNew("002", { epoch: epoch(1), seq: 1 }),
    events.isNew("001", { epoch: epoch(2), seq: 1 }),
    events.isNew("001", { epoch: epoch(1, "00000000000000bb"), seq: 1 }),
  ];
  deepEqual(tries, [true, true, true, true]);
  equal(events.isNew("001", { epoch: epoch(1), seq: 1 }), false, "an epoch that is over is still known");
});

test("what is forgotten is the oldest epoch and the lowest stretch, and then an event is doubled and not lost", () => {
  const events = new RepeatedEvents();
  for (let number = 1; number <= EPOCHS_MAX + 1; number += 1) events.isNew("001", { epoch: epoch(number), seq: 1 });
  equal(events.isNew("001", { epoch: epoch(2), seq: 1 }), false);
  equal(events.isNew("001", { epoch: epoch(1), seq: 1 }), true);
  for (let index = 0; index <= INTERVALS_MAX; index += 1) events.isNew("002", { epoch: epoch(1), seq: index * 2 + 1 });
  equal(events.isNew("002", { epoch: epoch(1), seq: 3 }), false);
  equal(events.isNew("002", { epoch: epoch(1), seq: 1 }), true);
});

test("of an agent that was removed nothing is kept, and of nobody nothing is written", () => {
  const events = new RepeatedEvents();
  events.isNew("001", { epoch: epoch(1), seq: 1 });
  events.forget("001");
  const writer = new ByteWriter();
  events.write(writer);
  equal(writer.length, 0);
});
