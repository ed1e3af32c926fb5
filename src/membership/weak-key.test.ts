import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { weaknessOf } from "./weak-key.ts";

test("a long key of many characters is not weak", () => {
  equal(weaknessOf("4f1c0f5e9a7b3d28e6c05b9d1a7f3e42"), undefined);
  equal(weaknessOf("correct horse battery staple, and some more"), undefined);
});

test("a key under 32 characters is weak, and one of 32 is not", () => {
  const key = "abcdefghijklmnopqrstuvwxyz012345";
  equal(weaknessOf(key), undefined);
  equal(weaknessOf(key.slice(1)), "has fewer than 32 characters");
  // Characters, not bytes: sixteen umlauts are no better than sixteen letters.
  equal(weaknessOf("äöüßéèàç".repeat(3)), "has fewer than 32 characters");
});

test("a sample of a manual is weak however long it is", () => {
  equal(weaknessOf("your-cluster-key"), "is a well-known sample");
  equal(weaknessOf("c98b62a9b6169ac5f67dae55ae4a9088"), "is a well-known sample");
});

test("a long key of few characters is weak", () =>
  equal(weaknessOf("abc".repeat(20)), "has fewer than 8 different characters"));

test("what is said of a key holds nothing of it", () => {
  for (const key of ["hunter2", "zq".repeat(30)]) ok(!(weaknessOf(key) ?? "").includes(key.slice(0, 2)));
});
