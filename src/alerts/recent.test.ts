import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { sampleAnswer } from "../../test/support/answer.ts";
import { LocalTime } from "../base/local-time.ts";
import { writeAlertJson } from "./alert-json.ts";
import type { HeldAlert } from "./held-alerts.ts";
import { readAlertLine, recentHighLimits, recentLimits, RecentAlerts } from "./recent.ts";

const alert = (index: number, level = 5): HeldAlert => ({ id: `${index}.0`, level, json: `{"id":"${index}.0"}` });
const ids = (alerts: readonly HeldAlert[]): string => alerts.map(({ id }) => id).join(" ");

/** Every second one is of level 12; each takes 12 bytes. */
function filled(count: number, limits = { countMax: 100, bytesMax: 1_000_000 }): RecentAlerts {
  const recent = new RecentAlerts(limits, limits);
  for (let index = 0; index < count; index += 1) recent.add(alert(index, index % 2 === 0 ? 3 : 12));
  return recent;
}

test("gives the newest of a level, oldest first", () => {
  equal(ids(filled(6).last(3, 0)), "3.0 4.0 5.0");
  equal(ids(filled(6).last(2, 12)), "3.0 5.0");
  equal(ids(filled(6).last(10, 16)), "");
});
test("holds no more of low and of high levels than their count and bytes each, but always the newest", () => {
  equal(ids(filled(8, { countMax: 2, bytesMax: 1_000 }).last(10, 0)), "4.0 5.0 6.0 7.0");
  equal(ids(filled(8, { countMax: 10, bytesMax: 30 }).last(10, 0)), "4.0 5.0 6.0 7.0");
  equal(ids(filled(8, { countMax: 10, bytesMax: 1 }).last(10, 0)), "6.0 7.0");
  const recent = new RecentAlerts({ countMax: 4, bytesMax: 1_000 }, { countMax: 1, bytesMax: 1_000 });
  for (let index = 0; index < 8; index += 1) recent.add(alert(index, index % 2 === 0 ? 3 : 12));
  equal(ids(recent.last(10, 0)), "0.0 2.0 4.0 6.0 7.0", "bounds of their own");
});
test("holds an alert of a high level in a flood of others, and finds it, as it came", () => {
  const recent = new RecentAlerts();
  recent.add(alert(0, 12));
  for (let index = 1; index <= 5_000; index += 1) recent.add(alert(index, index === 2_000 ? 15 : 11));
  equal(ids(recent.last(25, 12)), "0.0 2000.0");
  equal(recent.find("2000.0")?.level, 15);
  equal(ids(recent.last(2_000, 0).slice(0, 3)), "0.0 2000.0 4001.0");
  equal(recent.last(2_000, 0).length, recentLimits.countMax + 2);
  for (let index = 6_000; index < 9_000; index += 1) recent.add(alert(index, 12));
  equal(recent.last(9_000, 12).length, recentHighLimits.countMax);
  equal(
    recent.last(9_000, 0).length,
    recentLimits.countMax + recentHighLimits.countMax,
    "nor do these drive out others",
  );
});
test("says to who resumes from an alert of a high level that those below, which had to go, are missing", () => {
  const recent = new RecentAlerts({ countMax: 2, bytesMax: 1_000 }, { countMax: 2, bytesMax: 1_000 });
  recent.add(alert(0, 12));
  recent.add(alert(1));
  recent.add(alert(2));
  deepEqual([ids(recent.after("0.0").entries), recent.after("0.0").isWhole], ["1.0 2.0", true]);
  recent.add(alert(3));
  deepEqual([ids(recent.after("0.0").entries), recent.after("0.0").isWhole], ["2.0 3.0", false]);
  equal(recent.after("2.0").isWhole, true);
  for (const index of [4, 5, 6]) recent.add(alert(index, 12));
  equal(recent.after("0.0").isWhole, false, "it is not held any more");
  deepEqual([ids(recent.after("2.0").entries), recent.after("2.0").isWhole], ["3.0 5.0 6.0", false]);
  deepEqual([ids(recent.after("5.0").entries), recent.after("5.0").isWhole], ["6.0", true]);
});
test("finds an alert by its id while it is held", () => {
  const recent = filled(5, { countMax: 2, bytesMax: 1_000 });
  deepEqual(recent.find("1.0"), alert(1, 12));
  deepEqual([recent.find("0.0"), recent.find("9.0"), recent.find("")], [undefined, undefined, undefined]);
});
test("takes an alert once, and again only when it is not held any more", () => {
  const recent = filled(5, { countMax: 2, bytesMax: 1_000 });
  const heard: string[] = [];
  recent.subscribe(({ id }) => heard.push(id));
  recent.add(alert(2, 3));
  recent.add(alert(0, 3));
  deepEqual(heard, ["0.0"]);
});
test("gives what came after an alert, and says when some may be missing", () => {
  const recent = filled(4);
  const after = (id: string) => {
    const { entries, isWhole } = recent.after(id);
    return `${ids(entries)} ${isWhole}`;
  };
  equal(after("1.0"), "2.0 3.0 true");
  equal(after("3.0"), " true");
  equal(after("9.9"), "0.0 1.0 2.0 3.0 false");
});
test("tells subscribers of alerts that are not told, and who resumes over them that some are missing", () => {
  const recent = filled(2);
  const heard: string[] = [];
  const leave = recent.subscribe(
    ({ id }) => heard.push(id),
    (count) => heard.push(`${count} more`),
  );
  recent.skip(40);
  recent.add(alert(42));
  recent.add(alert(43));
  leave();
  recent.skip(3);
  deepEqual(heard, ["40 more", "42.0", "43.0"]);
  deepEqual(
    ["0.0", "1.0", "42.0", "43.0"].map((id) => recent.after(id).isWhole),
    [false, false, false, false],
  );
  recent.add(alert(50));
  deepEqual(
    ["1.0", "43.0", "50.0"].map((id) => recent.after(id).isWhole),
    [false, false, true],
  );
});
test("forgets a gap with the alert that it followed", () => {
  const recent = filled(2, { countMax: 2, bytesMax: 1_000 });
  recent.skip(5);
  for (let index = 7; index < 10; index += 1) recent.add(alert(index));
  equal(recent.after("8.0").isWhole, true);
});
test("tells each subscriber of each alert until it leaves, one that subscribed twice twice", () => {
  const recent = new RecentAlerts();
  const heard: string[] = [];
  const listener = ({ id }: HeldAlert): void => void heard.push(id);
  const leave = recent.subscribe(listener);
  recent.subscribe(listener);
  recent.add(alert(1));
  leave();
  leave();
  recent.add(alert(2));
  deepEqual(heard, ["1.0", "1.0", "2.0"]);
});
test("reads the id and level back from a line that was written", () => {
  const context = { id: "1795568523.17", time: new LocalTime("UTC"), cluster: "argus", showsFullLog: false };
  const json = writeAlertJson(sampleAnswer({ rule: { level: 12 } }), context);
  deepEqual(readAlertLine(json), { id: "1795568523.17", level: 12, json });
});
test("reads nothing from a line that is no alert", () => {
  for (const line of ["", "{", "[]", "7", "null", '{"id":7}', '{"rule":{"level":5}}'])
    equal(readAlertLine(line), undefined, line);
  deepEqual(readAlertLine('{"id":"1.0","rule":{"level":"x"}}')?.level, 0);
});
