import { equal } from "node:assert/strict";
import { test } from "node:test";
import { Bucket } from "./bucket.ts";

test("so much is there ahead, and so much comes back in a second", () => {
  const bucket = new Bucket(10, 30);
  bucket.take(30, 0);
  equal(bucket.isOver(0), false);
  bucket.take(1, 0);
  equal(bucket.isOver(0), true);
  equal(bucket.isOver(99), true);
  equal(bucket.isOver(100), false);
});

test("what was not taken for long is not saved up beyond what is ahead", () => {
  const bucket = new Bucket(10, 30);
  bucket.take(1, 0);
  bucket.take(31, 1_000_000);
  equal(bucket.isOver(1_000_000), true);
});
