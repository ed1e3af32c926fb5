import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { sampleAnswer } from "../../test/support/answer.ts";
import { LocalTime } from "../base/local-time.ts";
import { writeAlertJson } from "./alert-json.ts";
import { readAlertLine, RecentAlerts, type RecentAlert } from "./recent.ts";

const alert = (index: number, level = 5): RecentAlert => ({ id: `${index}.0`, level, json: `{"id":"${index}.0"}` });
const ids = (alerts: readonly RecentAlert[]): string => alerts.map(({ id }) => id).join(" ");

function filled(count: number, limits = { countMax: 100, bytesMax: 1_000_000 }): RecentAlerts {
  const recent = new RecentAlerts(limits);
  for (let index = 0; index < count; index += 1) recent.add(alert(index, index % 2 === 0 ? 3 : 12));
  return recent;
}

test("gives the newest of a level, oldest first", () => {
  equal(ids(filled(6).last(3, 0)), "3.0 4.0 5.0");
  equal(ids(filled(6).last(2, 12)), "3.0 5.0");
  equal(ids(filled(6).last(10, 16)), "");
});
test("holds no more than its count and its bytes, but always the newest", () => {
  equal(ids(filled(6, { countMax: 2, bytesMax: 1_000 }).last(10, 0)), "4.0 5.0");
  equal(ids(filled(6, { countMax: 10, bytesMax: 30 }).last(10, 0)), "4.0 5.0");
  equal(ids(filled(6, { countMax: 10, bytesMax: 1 }).last(10, 0)), "5.0");
});
test("finds an alert by its id while it is held", () => {
  const recent = filled(3, { countMax: 2, bytesMax: 1_000 });
  deepEqual(recent.find("1.0"), alert(1, 12));
  deepEqual([recent.find("0.0"), recent.find("9.0"), recent.find("")], [undefined, undefined, undefined]);
});
test("takes an alert once, and again only when it is not held any more", () => {
  const recent = filled(3, { countMax: 2, bytesMax: 1_000 });
  const heard: string[] = [];
  recent.subscribe(({ id }) => heard.push(id));
  recent.add(alert(2));
  recent.add(alert(0));
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
  const listener = ({ id }: RecentAlert): void => void heard.push(id);
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
