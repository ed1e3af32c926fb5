import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { agentControl, managerControl, readAgentControl, readManagerControl } from "./control-message.ts";
import {
  NUMBERED_BODY_BYTES_MAX,
  numberedBatchPayload,
  numberedEvent,
  numberedEvents,
  piecesOf,
  readNumberedBatch,
} from "./numbered-batch.ts";

const epoch = { number: 7, bits: "0123456789abcdef" };
const bodyOf = (...payloads: string[]): Buffer =>
  Buffer.concat(payloads.map((payload) => numberedEvent(Buffer.from(payload), payload.includes("cut"))));

test("reads back what an agent sends: epoch, numbers, and each payload with its mark", () => {
  const payload = numberedBatchPayload({ epoch, first: 41, count: 2, body: bodyOf("1:/a:one", "1:/a:cut") });
  const batch = readNumberedBatch(payload);
  deepEqual({ ...batch, body: undefined }, { epoch, first: 41, count: 2, body: undefined });
  deepEqual(
    [...numberedEvents(batch?.body ?? Buffer.alloc(0), 41)].map((one) => ({ ...one, payload: String(one.payload) })),
    [
      { seq: 41, isTruncated: false, payload: "1:/a:one" },
      { seq: 42, isTruncated: true, payload: "1:/a:cut" },
    ],
  );
  deepEqual(readAgentControl(payload), { kind: "events", batch });
});

test("refuses a batch that is not whole, whatever is wrong with it", () => {
  const whole = bodyOf("1:/a:one");
  const of = (head: string, body = whole): unknown =>
    readNumberedBatch(Buffer.concat([Buffer.from(`#!-argus events ${head}\n`), body]));
  const bits = epoch.bits;
  equal(of(`7.${bits} 1 1`) === undefined, false);
  equal(of(`7.${bits} 1 2`), undefined, "fewer events than it says");
  equal(of(`7.${bits} 1 1`, Buffer.concat([whole, whole])), undefined, "more than it says");
  equal(of(`7.${bits} 0 1`), undefined, "seqs begin at 1");
  equal(of(`7.${bits} 1 0`, Buffer.alloc(0)), undefined, "no event");
  equal(of(`7.${bits} 9007199254740991 1`), undefined, "a seq beyond all numbers");
  equal(of(`7.${bits.toUpperCase()} 1 1`), undefined, "bits are lower-case");
  equal(of(`7.${bits.slice(1)} 1 1`), undefined, "16 digits");
  equal(of(`-7.${bits} 1 1`), undefined);
  equal(of(`7.${bits} 1`), undefined);
  for (let end = 0; end < whole.length; end += 1) equal(of(`7.${bits} 1 1`, whole.subarray(0, end)), undefined);
  const long = Buffer.from(whole);
  long.writeUInt32LE(0xffff_ffff, 0);
  equal(of(`7.${bits} 1 1`, long), undefined, "a length beyond the end");
  long.writeUInt32LE(0, 0);
  equal(of(`7.${bits} 1 1`, long), undefined, "an event of no bytes");
  deepEqual(readAgentControl(Buffer.from("#!-argus events x")), { kind: "events", batch: undefined });
});

test("cuts a body between events into pieces that fit a message each, with their numbers", () => {
  const event = numberedEvent(Buffer.alloc(20_000, "x"), false);
  const pieces = piecesOf({ epoch, first: 5, count: 7, body: Buffer.concat(Array.from({ length: 7 }, () => event)) });
  deepEqual(
    pieces.map(({ first, count }) => [first, count]),
    [
      [5, 3],
      [8, 3],
      [11, 1],
    ],
  );
  for (const piece of pieces) {
    equal(piece.body.length <= NUMBERED_BODY_BYTES_MAX, true);
    equal(readNumberedBatch(numberedBatchPayload(piece))?.count, piece.count);
  }
});

test("the words of both sides are read as they are written, and are nothing to who does not know them", () => {
  const startup = agentControl({ kind: "startup", version: "v4.14.0", keepsEvents: true });
  equal(String(startup), '#!-agent startup {"version":"v4.14.0","argus":1}');
  deepEqual(readAgentControl(startup), { kind: "startup", version: "v4.14.0", keepsEvents: true });
  const other = Buffer.from('#!-agent startup {"version":"v4.14.0","argus":2}');
  deepEqual(readAgentControl(other), { kind: "startup", version: "v4.14.0" });
  const offer = managerControl({ kind: "offer" });
  equal(String(offer), '#!-argus {"stored":1}');
  deepEqual(readManagerControl(offer), { kind: "offer" });
  const stored = managerControl({ kind: "stored", epoch, seq: 9 });
  equal(String(stored), "#!-argus stored 7.0123456789abcdef 9");
  deepEqual(readManagerControl(stored), { kind: "stored", epoch, seq: 9 });
  deepEqual(readManagerControl(Buffer.from("#!-argus stored 7.0123456789abcdef")), { kind: "unknown" });
});
