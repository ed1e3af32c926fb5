import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { sampleAlert, sampleLogLine } from "../../test/support/api-needs.ts";
import type { FeedEntry } from "./needs.ts";
import { AlertBatch, alertsJson, LineBatch, messageLimits, newestLines } from "./page-batch.ts";

const idsOf = (entries: readonly FeedEntry[]): string => entries.map(({ id }) => id).join(" ");

function longAlert(id: string, level: number, length: number): FeedEntry {
  const { json } = sampleAlert(id, level);
  return { id, level, json: json.replace('"d"', `"${"d".repeat(length)}"`) };
}

test("gives back what it was given, in order, once", () => {
  const batch = new AlertBatch();
  equal(batch.isEmpty, true);
  for (const [id, level] of [
    ["1.0", 3],
    ["2.0", 15],
    ["3.0", 7],
    ["4.0", 12],
  ] as const)
    batch.add(sampleAlert(id, level));
  equal(batch.isEmpty, false);
  const { entries, omitted } = batch.take();
  equal(idsOf(entries), "1.0 2.0 3.0 4.0");
  equal(omitted, 0);
  equal(batch.isEmpty, true);
  deepEqual(batch.take(), { entries: [], omitted: 0 });
});

test("leaves out the oldest of a low level first, and of a high level only when there are no others", () => {
  const batch = new AlertBatch({ countMax: 3, bytesMax: 1_000_000 });
  for (const [id, level] of [
    ["1.0", 12],
    ["2.0", 11],
    ["3.0", 3],
    ["4.0", 16],
    ["5.0", 5],
  ] as const)
    batch.add(sampleAlert(id, level));
  const first = batch.take();
  equal(idsOf(first.entries), "1.0 4.0 5.0");
  equal(first.omitted, 2);
  for (const id of ["1.0", "2.0", "3.0", "4.0"]) batch.add(sampleAlert(id, 12));
  batch.add(sampleAlert("5.0", 3));
  const second = batch.take();
  equal(idsOf(second.entries), "2.0 3.0 4.0", "a low one does not drive out a high one");
  equal(second.omitted, 2);
});

test("counts what it was told of and never had", () => {
  const batch = new AlertBatch();
  batch.omit(812);
  equal(batch.isEmpty, false);
  batch.add(sampleAlert("1.0", 3));
  deepEqual(batch.take().omitted, 812);
});

test("keeps a message within its bytes whatever the alerts are like, and says what each cost", () => {
  const batch = new AlertBatch();
  for (let index = 0; index < 5_000; index += 1)
    batch.add(longAlert(`${index}.0`, index % 17, (index * 7_919) % 90_000));
  const gathered = batch.take();
  equal(gathered.entries.length + gathered.omitted, 5_000);
  const text = alertsJson(gathered, false);
  ok(Buffer.byteLength(text) <= messageLimits.bytesMax + 100, `${Buffer.byteLength(text)} bytes`);
  ok(gathered.entries.length > 20);
});

test("has room for fewer of those that are just short enough not to be cut", () => {
  const batch = new AlertBatch();
  for (let index = 0; index < 60; index += 1) batch.add(longAlert(`${index}.0`, 3, 15_000));
  const gathered = batch.take();
  equal(gathered.omitted, 60 - gathered.entries.length);
  const bytes = Buffer.byteLength(alertsJson(gathered, false));
  ok(bytes <= messageLimits.bytesMax && bytes > messageLimits.bytesMax - 20_000, `${bytes} bytes`);
});

test("passes an alert on byte for byte, and says which one it has cut", () => {
  const [short, long] = [sampleAlert("1.0", 3), longAlert("2.0", 3, 20_000)];
  const strange = { ...short, json: short.json.replace(",", " ,  ").replace("d", "\\u00e9 \u2028") };
  const text = alertsJson({ entries: [strange, long], omitted: 4 }, true);
  ok(text.includes(strange.json));
  const message = JSON.parse(text) as { alerts: { isCut: boolean }[]; omitted: number; isReset: boolean };
  deepEqual(
    message.alerts.map(({ isCut }) => isCut),
    [false, true],
  );
  deepEqual([message.omitted, message.isReset], [4, true]);
});

test("keeps the newest lines, in number and in bytes", () => {
  const batch = new LineBatch();
  for (let index = 1; index <= 5_000; index += 1) batch.add(sampleLogLine(`${index}`));
  const lines = batch.take();
  deepEqual([lines.length, lines[0]?.id, lines.at(-1)?.id], [200, "4801", "5000"]);
  equal(batch.isEmpty, true);
  const long = Array.from({ length: 50 }, (_, index) => sampleLogLine(`${index}`, { message: "m".repeat(50_000) }));
  deepEqual(
    newestLines(long).map(({ id }) => id),
    ["45", "46", "47", "48", "49"],
  );
  deepEqual(newestLines([]), []);
});
