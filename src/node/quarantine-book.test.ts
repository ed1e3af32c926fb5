import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { QuarantineBook, type QuarantineRecord } from "./quarantine-book.ts";

const rule = (id: string, position: number, event = 0): QuarantineRecord => {
  return { kind: "quarantine", part: "rule", id, fingerprint: `f${id}`, position, event };
};

test("actions come in the order of their events, not of their records", () => {
  const book = new QuarantineBook();
  book.add(900, rule("2", 500, 3));
  book.add(950, { kind: "poison", position: 500, event: 1 });
  book.add(1_000, rule("1", 100));
  deepEqual(
    book.actions().map(({ position, event }) => [position, event]),
    [
      [100, 0],
      [500, 1],
      [500, 3],
    ],
  );
  equal(book.failuresAt({ position: 500, event: 1 }), 1);
  equal(book.failuresAt({ position: 500, event: 2 }), 0);
});

test("a release lifts what was before it, and a later quarantine stands again", () => {
  const book = new QuarantineBook();
  book.add(900, rule("1", 100));
  book.add(950, { kind: "release", id: "1" });
  equal(book.quarantineOf("1"), undefined);
  deepEqual(book.quarantines(), []);
  book.add(1_200, rule("1", 1_000));
  equal(book.quarantineOf("1")?.position, 1_000);
  deepEqual(
    book.actions().map(({ position }) => position),
    [100, 1_000],
  );
});

test("at an event those quarantines are in force that were decided of it or before, and not released before", () => {
  const book = new QuarantineBook();
  book.add(900, rule("1", 100, 4));
  book.add(950, rule("2", 500));
  book.add(960, { kind: "poison", position: 500, event: 1 });
  book.add(1_000, { kind: "release", id: "1" });
  const at = (position: number, event: number): string =>
    book
      .inForceAt({ position, event })
      .map(({ id }) => id)
      .join(" ");
  equal(at(100, 3), "");
  equal(at(100, 4), "1");
  equal(at(500, 0), "1 2");
  equal(at(1_100, 0), "2");
  book.add(1_300, rule("1", 1_100, 1));
  equal(at(1_100, 0), "2");
  equal(at(1_100, 1), "2 1");
});

test("what an analysis from the oldest record on still needs is kept, and nothing else", () => {
  const book = new QuarantineBook();
  book.add(900, rule("1", 100));
  book.add(910, { kind: "poison", position: 100, event: 2 });
  book.add(920, rule("2", 110));
  book.add(950, { kind: "release", id: "1" });
  book.forget(915);
  equal(book.actions().length, 2, "a poisoned event that is gone needs no action");
  book.forget(1_000);
  deepEqual(
    book.actions().map((action) => action.kind === "quarantine" && action.id),
    ["2"],
  );
});

test("its text gives it back, and another text gives none", () => {
  const book = new QuarantineBook(1_000);
  book.add(900, rule("1", 100));
  const copy = QuarantineBook.parse(book.text());
  equal(copy?.text(), book.text());
  equal(copy?.scannedTo, 1_000);
  for (const text of ["", "{", "null", "[]", '{"version":2,"scannedTo":1,"entries":[]}', '{"version":1}']) {
    equal(QuarantineBook.parse(text), undefined, text);
  }
});
