import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { SyslogFrames, type FrameLimits } from "./syslog-frames.ts";

const limits: FrameLimits = { logBytesMax: 40, frameBytesMax: 200 };

/**
 * What a stream gives when it comes in these chunks: messages, cut ones with `…`, and `FAULT` where it must be closed.
 */
function read(chunks: Iterable<Buffer | string>, own: FrameLimits = limits): string[] {
  const said: string[] = [];
  const frames = new SyslogFrames(
    { onMessage: (bytes, isTruncated) => said.push(bytes.toString("latin1") + (isTruncated ? "…" : "")) },
    own,
  );
  for (const chunk of chunks) {
    const fault = frames.push(typeof chunk === "string" ? Buffer.from(chunk, "latin1") : chunk);
    ok(frames.heldBytes <= own.logBytesMax, `holds ${frames.heldBytes} bytes`);
    if (fault !== undefined) return [...said, "FAULT"];
  }
  frames.end();
  return said;
}

const twentyA = "a".repeat(20);
const fortyB = "b".repeat(40);

/** Streams and their messages: RFC 6587 §3.4.1 and §3.4.2, and what real senders make of it. */
const streams: [name: string, stream: string, messages: string[]][] = [
  ["lines", "<13>one\n<13>two\n", ["<13>one", "<13>two"]],
  ["a last line without its end", "<13>one\n<13>tw", ["<13>one", "<13>tw"]],
  ["counted messages", "7 <13>one8 <13>four", ["<13>one", "<13>four"]],
  ["a counted message with a line end inside", "9 <13>a\nb\n\n7 <13>one", ["<13>a\nb\n\n", "<13>one"]],
  ["a line end behind a counted message", "7 <13>one\n7 <13>two\n", ["<13>one", "", "<13>two", ""]],
  ["both framings mixed", "<13>one\n7 <13>two<13>three\n", ["<13>one", "<13>two", "<13>three"]],
  ["lines that begin with a date", "2015-04-16 21:51:02,805 x\n", ["2015-04-16 21:51:02,805 x"]],
  ["lines that begin with a number", "12 monkeys\n1140804070.368 x\n", ["12 monkeys", "1140804070.368 x"]],
  ["RFC 5424 without PRI", "1 2003-10-11T22:14:15Z h\n", ["1 2003-10-11T22:14:15Z h"]],
  ["empty lines", "\n\n<13>a\n", ["", "", "<13>a"]],
  ["CR before LF", "<13>one\r\n", ["<13>one\r"]],
  ["a digit at the very end", "12", ["12"]],
  ["a count at the very end", "12 ", ["12 "]],
  ["a counted message that is cut off", "30 <13>one", ["<13>one…"]],
  ["a line at the limit", `${fortyB}\n<13>x\n`, [fortyB, "<13>x"]],
  ["a line beyond the limit: cut, its rest skipped", `${fortyB}${twentyA}\n<13>x\n`, [`${fortyB}…`, "<13>x"]],
  ["a counted message at the limit", `40 <${"c".repeat(39)}<13>x\n`, [`<${"c".repeat(39)}`, "<13>x"]],
  [
    "a counted message beyond it: cut, its rest skipped",
    `60 <${"c".repeat(59)}<13>x\n`,
    [`<${"c".repeat(39)}…`, "<13>x"],
  ],
  // Attack case 25: octet counts that are none, or impossible.
  ["an impossible count", "999999999 <13>x\n<13>y\n", ["FAULT"]],
  ["a count just beyond the frame limit", `201 <${"d".repeat(200)}`, ["FAULT"]],
  ["an impossible count without PRI is text", "999999999 x\n<13>y\n", ["999999999 x", "<13>y"]],
  ["a negative count is text", "-1 <13>x\n<13>y\n", ["-1 <13>x", "<13>y"]],
  ["a count with leading zeros is text", "00000000012 <13>x\n<13>y\n", ["00000000012 <13>x", "<13>y"]],
  ["a count without space is text", "12<13>x\n<13>y\n", ["12<13>x", "<13>y"]],
  ["a count of eleven digits is text", "99999999999 <13>x\n<13>y\n", ["99999999999 <13>x", "<13>y"]],
  ["two spaces behind a count are text", "12  <13>x\n<13>y\n", ["12  <13>x", "<13>y"]],
];

for (const [name, stream, messages] of streams) {
  test(`frames ${name}, whole, byte by byte, and cut in two anywhere`, () => {
    deepEqual(read([stream]), messages);
    deepEqual(read([...stream]), messages);
    for (let cut = 1; cut < stream.length; cut += 1) {
      deepEqual(read([stream.slice(0, cut), stream.slice(cut)]), messages, `cut at ${cut}`);
    }
  });
}

test("frames any mix of messages in any chunks (300 seeds)", () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    let state = seed * 7_919;
    const random = (below: number): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state % below;
    };
    const expected: string[] = [];
    let stream = "";
    for (let left = 1 + random(30); left > 0; left -= 1) {
      const text = `<${random(192)}>${"xyz 123"[random(7)]?.repeat(random(60))}`;
      expected.push(text.length > limits.logBytesMax ? `${text.slice(0, limits.logBytesMax)}…` : text);
      stream += random(2) === 0 ? `${text}\n` : `${text.length} ${text}`;
    }
    const chunks: string[] = [];
    for (let at = 0; at < stream.length;) {
      const next = at + 1 + random(random(2) === 0 ? 4 : 90);
      chunks.push(stream.slice(at, next));
      at = next;
    }
    deepEqual(read(chunks), expected, `seed ${seed}`);
  }
});

// Attack case 26.
test("cuts a line of 100 MB and holds no more than the limit meanwhile", () => {
  const own = { logBytesMax: 65_536, frameBytesMax: 1_048_576 };
  const chunk = Buffer.alloc(64 * 1_024, "z");
  function* endless(): Iterable<Buffer | string> {
    for (let sent = 0; sent < 100 * 1_024 * 1_024; sent += chunk.length) yield chunk;
    yield "\n<13>after\n";
  }
  const messages = read(endless(), own);
  equal(messages.length, 2);
  equal(messages[0], `${"z".repeat(65_536)}…`);
  equal(messages[1], "<13>after");
});

test("takes one byte at a time of a long line without copying it again for each", () => {
  const own = { logBytesMax: 65_536, frameBytesMax: 1_048_576 };
  const line = "q".repeat(65_000);
  const startedMs = performance.now();
  deepEqual(
    read(
      [...line, "\n"].map((one) => Buffer.from(one)),
      own,
    ),
    [line],
  );
  // Copying the held bytes for each byte would be two gigabytes; this is a small part of a second.
  ok(performance.now() - startedMs < 2_000);
});

test("gives a large buffer back after its message", () => {
  const frames = new SyslogFrames({ onMessage: () => undefined }, { logBytesMax: 65_536, frameBytesMax: 1_048_576 });
  frames.push(Buffer.alloc(60_000, "k"));
  ok(frames.heldBytes >= 60_000);
  frames.push(Buffer.from("\n"));
  equal(frames.heldBytes, 0);
});
