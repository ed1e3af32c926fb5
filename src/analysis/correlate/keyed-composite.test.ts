/** The search alone; composite.test.ts has how whole rules count (ruleset-spec 5.5). */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { eventOf } from "../../../test/support/ruleset.ts";
import { DecodedEvent } from "../decoded-event.ts";
import { staticReader, type Seeker } from "./composite.ts";
import { KeyedComposite, type KeyedCompositeSpec } from "./keyed-composite.ts";
import { Window, type Bucket, type Remembered } from "./window.ts";

function composite(change: Partial<KeyedCompositeSpec> = {}): KeyedComposite {
  return new KeyedComposite({
    ...{ ruleId: 200, level: 10, frequency: 3, timeframeMs: 60_000, isGlobal: false, same: [], different: [] },
    ...{ comparesDynamicFields: false, comparesDecoderType: false, fingerprint: "f" },
    ...change,
  });
}

interface Older extends Partial<Remembered> {
  compared?: (string | undefined)[];
}

/** A bucket of events one second apart, called by their numbers from 1. */
function bucketOf(older: readonly Older[]): Bucket {
  const window = new Window("f", { bytes: 0, events: 0, dropped: 0 });
  for (const [index, { compared = [], ...change }] of older.entries()) {
    const atMs = (index + 1) * 1_000;
    const remembered = {
      ...{ seq: index + 1, agentId: "000", eventMs: atMs, receivedMs: atMs, log: String(index + 1) },
      ...{ hasDynamicFields: false, consumedLevel: -1, entryCount: 0 },
      ...change,
    };
    window.append("", remembered, compared);
  }
  const [bucket] = window.buckets.values();
  if (bucket === undefined) throw new Error("no bucket");
  return bucket;
}

const seeker: Seeker = {
  ...{ eventMs: 10_000, receivedMs: 10_000, latenessMs: 0, firstSeq: 1, hasDynamicFields: false, compared: [] },
};
const levels = (bucket: Bucket): (number | undefined)[] =>
  Array.from({ length: bucket.length }, (_, index) => bucket.at(index)?.remembered.consumedLevel);

test("gives the counted logs, newest first, and marks the newest of them", () => {
  const bucket = bucketOf([{}, {}, {}]);
  deepEqual(composite().search(bucket, seeker), ["3", "2"]);
  deepEqual(levels(bucket), [-1, -1, 10]);
});

test("frequency 2 marks nothing, and a search that finds too few changes nothing", () => {
  const bucket = bucketOf([{}, {}]);
  deepEqual(composite({ frequency: 2 }).search(bucket, seeker), ["2"]);
  equal(composite({ frequency: 4 }).search(bucket, seeker), undefined);
  deepEqual(levels(bucket), [-1, -1]);
});

test("what was consumed at the level or above is a barrier, below it is not", () => {
  equal(composite().search(bucketOf([{}, { consumedLevel: 10 }, {}]), seeker), undefined);
  deepEqual(composite().search(bucketOf([{}, { consumedLevel: 9 }, {}]), seeker), ["3", "2"]);
});

test("an event that a comparison leaves out is no barrier", () => {
  const spec = { different: [staticReader("url")] };
  const older = [{ compared: ["/a"] }, { compared: ["/b"] }, { compared: ["/x"], consumedLevel: 10 }];
  deepEqual(composite(spec).search(bucketOf(older), { ...seeker, compared: ["/x"] }), ["2", "1"]);
});

test("not_same_field leaves out events without a dynamic field, where the current one has none either", () => {
  const spec = { comparesDynamicFields: true };
  const bucket = (): Bucket => bucketOf([{ hasDynamicFields: true }, {}, { hasDynamicFields: true }]);
  deepEqual(composite(spec).search(bucket(), seeker), ["3", "1"]);
  deepEqual(composite(spec).search(bucket(), { ...seeker, hasDynamicFields: true }), ["3", "2"]);
});

test("eleven logs are kept, however many were counted", () => {
  const found = composite({ frequency: 15 }).search(bucketOf(Array<Older>(14).fill({})), {
    ...seeker,
    ...{ eventMs: 14_000, receivedMs: 14_000 },
  });
  deepEqual([found?.length, found?.[0], found?.[10]], [11, "14", "4"]);
});

test("the key holds the agent unless the rule is global, and is missing where a value is", () => {
  const decoded = new DecodedEvent().reset(eventOf("log", 0, { agentId: "007" }));
  const same = [staticReader("srcip"), staticReader("user")];
  equal(composite({ same }).keyOf(decoded), undefined);
  decoded.fields.srcip = "192.0.2.7";
  equal(composite({ same }).keyOf(decoded), undefined, "the user is missing");
  decoded.fields.dstuser = "anna";
  equal(composite({ same }).keyOf(decoded), "007\n9 192.0.2.7\n4 anna");
  equal(composite({ same, isGlobal: true, comparesDecoderType: true }).keyOf(decoded), "\nsyslog\n9 192.0.2.7\n4 anna");
});
