import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { RaisedQueue } from "./raised-queue.ts";

const alert = (id: number, length = 10) => ({ id: `${id}.0`, level: 5, json: "x".repeat(length) });
const grave = (id: number, length = 10) => ({ ...alert(id, length), level: 12 });
const alerts = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => alert(from + index));

/** `|` stands where the last that was left out would be. */
function taken(queue: RaisedQueue): string {
  const next = queue.next();
  if (next === undefined) return "nothing yet";
  queue.answered();
  const { raised, droppedCount, droppedAfter } = next;
  const ids = raised.map(({ id }) => id);
  if (droppedCount > 0) ids.splice(droppedAfter, 0, "|");
  return `${droppedCount} dropped, ${ids.join(" ")}`;
}

test("gives what waits in order, once", () => {
  const queue = new RaisedQueue({ countMax: 10, bytesMax: 1_000 });
  queue.add(alerts(0, 2));
  queue.add(alerts(2, 3));
  equal(taken(queue), "0 dropped, 0.0 1.0 2.0");
  equal(taken(queue), "0 dropped, ");
});
test("keeps the newest within its number and its bytes, and counts the others until they are told", () => {
  const byCount = new RaisedQueue({ countMax: 3, bytesMax: 1_000 });
  byCount.add(alerts(0, 5));
  byCount.add(alerts(5, 6));
  equal(taken(byCount), "3 dropped, | 3.0 4.0 5.0");
  equal(taken(byCount), "0 dropped, ");
  const byBytes = new RaisedQueue({ countMax: 100, bytesMax: 25 });
  byBytes.add(alerts(0, 5));
  equal(taken(byBytes), "3 dropped, | 3.0 4.0");
});
test("keeps those of a high level in a flood of others, in order, and says where others are missing", () => {
  const queue = new RaisedQueue({ countMax: 3, bytesMax: 1_000 });
  queue.add([alert(0), grave(1), alert(2), grave(3), ...alerts(4, 7), grave(7)]);
  equal(taken(queue), "2 dropped, 1.0 | 3.0 4.0 5.0 6.0 7.0");
  queue.add([grave(10), ...alerts(11, 5_000)]);
  equal(taken(queue), "4986 dropped, 10.0 | 4997.0 4998.0 4999.0");
});
test("bounds those of a high level by themselves, in number and bytes, and never by the others", () => {
  const graves = (from: number, to: number) => alerts(from, to).map((one) => ({ ...one, level: 16 }));
  const byCount = new RaisedQueue({ countMax: 3, bytesMax: 1_000 }, { countMax: 2, bytesMax: 1_000 });
  byCount.add([...alerts(0, 3), ...graves(3, 8)]);
  equal(taken(byCount), "3 dropped, 0.0 1.0 2.0 | 6.0 7.0");
  const byBytes = new RaisedQueue({ countMax: 3, bytesMax: 1_000 }, { countMax: 100, bytesMax: 25 });
  byBytes.add([alert(0), ...graves(1, 5)]);
  equal(taken(byBytes), "2 dropped, 0.0 | 3.0 4.0");
});
test("keeps one alert that is beyond all bounds by itself", () => {
  const queue = new RaisedQueue({ countMax: 3, bytesMax: 5 });
  queue.add([alert(0), alert(1, 100)]);
  equal(taken(queue), "1 dropped, | 1.0");
});
test("gives out nothing while the last message is not answered, and says then that more was asked for", () => {
  const queue = new RaisedQueue({ countMax: 2, bytesMax: 1_000 });
  queue.add(alerts(0, 1));
  equal(queue.next()?.raised.length, 1);
  equal(queue.answered(), false, "nobody has asked for more");
  equal(queue.next()?.raised.length, 0);
  queue.add(alerts(1, 5));
  equal(queue.next(), undefined);
  equal(queue.next(), undefined);
  equal(queue.answered(), true);
  equal(taken(queue), "2 dropped, | 3.0 4.0");
  equal(queue.answered(), false, "what was asked for has been told");
});
test("neither loses nor doubles any in its counts, whatever is added and taken (100 seeds)", () => {
  for (let seed = 1; seed <= 100; seed += 1) {
    const queue = new RaisedQueue({ countMax: 7, bytesMax: 120 });
    let random = seed;
    let added = 0;
    let seen = 0;
    for (let step = 0; step < 60; step += 1) {
      random = (random * 48_271) % 2_147_483_647;
      const count = random % 9;
      queue.add(alerts(added, added + count));
      added += count;
      if (random % 3 !== 0) continue;
      queue.answered();
      const { raised = [], droppedCount = 0 } = queue.next() ?? {};
      deepEqual(
        raised.map(({ id }) => id),
        raised.map((_, index) => `${seen + droppedCount + index}.0`),
        `seed ${seed}`,
      );
      seen += droppedCount + raised.length;
      equal(seen, added, `seed ${seed}`);
    }
  }
});
