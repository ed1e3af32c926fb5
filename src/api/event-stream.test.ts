import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { EventStreamReader, eventText, type StreamEvent } from "./event-stream.ts";

const text =
  'retry: 1000\n\nid: 1.0\nevent: alert\ndata: {"a":1}\n\n: beat\n\n' +
  "event: gap\ndata: {}\n\ndata:no blank\r\ndata:  two\r\n\r\nid: 9";
const expected: StreamEvent[] = [
  { id: "1.0", name: "alert", data: '{"a":1}' },
  { id: "1.0", name: "gap", data: "{}" },
  { id: "1.0", name: "message", data: "no blank\n two" },
];

test("reads events from one piece", () => deepEqual(new EventStreamReader().read(text), expected));
test("reads the same events wherever the text is cut, down to single characters", () => {
  for (let size = 1; size < text.length; size += 1) {
    const reader = new EventStreamReader();
    const events: StreamEvent[] = [];
    for (let at = 0; at < text.length; at += size) events.push(...(reader.read(text.slice(at, at + size)) ?? []));
    deepEqual(events, expected, `pieces of ${size}`);
  }
});
test("gives up on an event beyond all bounds, in one line or in many", () => {
  equal(new EventStreamReader().read(`data: ${"x".repeat(5_000_000)}`), undefined);
  equal(new EventStreamReader().read(`data: ${"x".repeat(1_000)}\n`.repeat(5_000)), undefined);
});
test("writes an event that reads back as it was, an end of line in its JSON made a blank", () => {
  const written = eventText("alerts", '{"a":\r\n1}', "1.0~7") + eventText("gap", "{}");
  deepEqual(new EventStreamReader().read(written), [
    { id: "1.0~7", name: "alerts", data: '{"a":  1}' },
    { id: "1.0~7", name: "gap", data: "{}" },
  ]);
});
