import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { dayFileName, dayPlace, monthsBack } from "./day-path.ts";

test("places a day in the folder of its year and month", () =>
  deepEqual(dayPlace("2026-01-05"), { year: "2026", month: "Jan", day: "05" }));
test("names the file of a day, and the further parts of it", () => {
  equal(dayFileName("ossec-alerts", "2026-11-25", 0, "json"), "ossec-alerts-25.json");
  equal(dayFileName("cluster", "2026-11-25", 2, "log"), "cluster-25-002.log");
});
test("goes back over the turn of the year", () =>
  deepEqual(monthsBack("2026-01-05", 3), ["2026/Jan", "2025/Dec", "2025/Nov"]));
test("takes nothing that is no day", () => {
  for (const text of ["", "2026-13-01", "2026-1-1", "../../etc-01-01"]) throws(() => dayPlace(text), text);
});
