/** Where the files of a day stand: `logs/KIND/YEAR/Mon/…`, as OSSEC has them. */
import { assert } from "../base/assert.ts";
import { monthNames } from "../base/local-time.ts";

const dayPattern = /^(\d{4})-(\d{2})-(\d{2})$/;

/** Folder and two digits of an ISO day (`2026-11-25`): `2026/Nov` and `25`. */
export function dayPlace(isoDay: string): { year: string; month: string; day: string } {
  const [, year = "", number = "", day = ""] = dayPattern.exec(isoDay) ?? [];
  const month = monthNames[Number(number) - 1];
  assert(month !== undefined, `${isoDay} is no day`);
  return { year, month, day };
}

/** The months before (and with) that of an ISO day, the newest first, as `2026/Nov`. */
export function monthsBack(isoDay: string, count: number): string[] {
  const { year, month } = dayPlace(isoDay);
  const months: string[] = [];
  let index = Number(year) * 12 + monthNames.findIndex((name) => name === month);
  for (; months.length < count && index >= 0; index -= 1) {
    months.push(`${String(Math.floor(index / 12)).padStart(4, "0")}/${monthNames[index % 12] ?? ""}`);
  }
  return months;
}

/** `PREFIX-DD.EXT`, or `PREFIX-DD-001.EXT` for the further parts of a day. */
export function dayFileName(prefix: string, isoDay: string, part: number, extension: string): string {
  const { day } = dayPlace(isoDay);
  return `${prefix}-${day}${part === 0 ? "" : `-${String(part).padStart(3, "0")}`}.${extension}`;
}
