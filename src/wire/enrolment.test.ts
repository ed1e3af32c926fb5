import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../test/support/seeded-random.ts";
import {
  ENROLMENT_BYTES_MAX,
  enrolledReply,
  readReply,
  readRequest,
  refusedReply,
  requestText,
  type ReadReply,
  type WrittenRequest,
} from "./enrolment.ts";

const read = (text: string, isEnded = false): ReturnType<typeof readRequest> => readRequest(Buffer.from(text), isEnded);
const sha1 = "2966a7520f320bec649f444d1192fbc5b4283a58";

/** Requests of nine genuine clients (agent-protocol 1.2), and others that mean something. */
const requests: [text: string, request: WrittenRequest][] = [
  ["OSSEC A:'h-o283'\n", { name: "h-o283" }],
  ["OSSEC PASS: secretpw\n OSSEC A:'p-o370'\n", { name: "p-o370", password: "secretpw" }],
  ["OSSEC PASS: secretpw OSSEC A:'p-o420'\n", { name: "p-o420", password: "secretpw" }],
  ["OSSEC A:'w4147' V:'v4.14.7' G:'web,db'\n", { name: "w4147", version: "v4.14.7", groups: "web,db" }],
  [`OSSEC A:'w4147' V:'v4.14.7' K:'${sha1}'\n`, { name: "w4147", version: "v4.14.7", keyHash: sha1 }],
  ["OSSEC A:'t9' IP:'198.51.100.0/24'\n", { name: "t9", address: "198.51.100.0/24" }],
  ["OSSEC A:'t7' IP:'src'\n", { name: "t7", address: "src" }],
  // Fields in any order, what is unknown between them, the first of each.
  [
    `OSSEC A:'a1' K:'${sha1.toUpperCase()}' X:'y' IP:'src' V:'v1.0' V:'v2.0' more\n`,
    {
      ...{ name: "a1", version: "v1.0", address: "src", keyHash: sha1 },
    },
  ],
  ["OSSEC PASS: a b OSSEC OSSEC A:'x y'\n", { name: "x y", password: "a b OSSEC" }],
  ["OSSEC PASS: pw\r\n OSSEC A:'a1'\n", { name: "a1", password: "pw" }],
  ["OSSEC PASS:  pw  OSSEC A:'a1'\n", { name: "a1", password: " pw " }],
  ["OSSEC PASS:  OSSEC A:'a1'\n", { name: "a1", password: "" }],
  ["OSSEC PASS: gehäuse OSSEC A:'a1'\n", { name: "a1", password: "gehäuse" }],
  ["OSSEC A:'a1' G:'it's'\n", { name: "a1", groups: "it" }],
  ["OSSEC A:''\n", { name: "" }],
];

for (const [text, request] of requests) {
  test(`${JSON.stringify(text)} is understood, byte by byte as well`, () => {
    const bytes = Buffer.from(text);
    deepEqual(readRequest(bytes, false), { kind: "request", request });
    for (let length = 0; length < bytes.length; length += 1) {
      equal(readRequest(bytes.subarray(0, length), false).kind, "unfinished", `after ${length} bytes`);
    }
  });
}

test("a request without a line end is complete when the client falls silent", () => {
  equal(read("OSSEC A:'a1'").kind, "unfinished");
  deepEqual(read("OSSEC A:'a1' G:'g'", true), { kind: "request", request: { name: "a1", groups: "g" } });
});

const invalid = "Invalid request for new agent";
const refused: [text: string, isEnded: boolean, reason: string][] = [
  ["OSSEC B:'t'\n", false, invalid],
  ["OSSEC B", false, invalid],
  ["GET / HTTP/1.1\r\n", false, invalid],
  [" OSSEC A:'a1'\n", false, invalid],
  ["", true, invalid],
  ["OSSEC", true, invalid],
  ["OSSEC PASS: a", true, invalid],
  ["OSSEC A:'a", true, invalid],
  ["OSSEC A:'a\n", false, invalid],
  ["OSSEC A:'a\n'\n", false, invalid],
  ["OSSEC A:'a1' V:'v4\n", false, "Unterminated version field"],
  ["OSSEC A:'a1' G:'web\n", false, "Unterminated group field"],
  ["OSSEC A:'a1' IP:'1.2\n", false, "Unterminated IP field"],
  ["OSSEC A:'a1' K:'12\n", false, "Unterminated key field"],
  ["OSSEC A:'a1' K:'12'\n", false, invalid],
  [`OSSEC A:'a1' V:'${"v".repeat(257)}'\n`, false, invalid],
  [`OSSEC A:'a1' G:'${"g".repeat(ENROLMENT_BYTES_MAX)}'\n`, false, invalid],
  ["O".repeat(ENROLMENT_BYTES_MAX + 1), false, invalid],
];

for (const [text, isEnded, reason] of refused) {
  test(`${JSON.stringify(text.slice(0, 50))} is no request: ${reason}`, () =>
    deepEqual(read(text, isEnded), { kind: "invalid", reason }));
}

test("as many groups as there may be fit", () => {
  const groups = Array.from({ length: 128 }, (_, index) => `${index}`.padStart(255, "g")).join(",");
  deepEqual(read(`OSSEC A:'a1' G:'${groups}'\n`), { kind: "request", request: { name: "a1", groups } });
});

test("what an agent writes is read again", () => {
  for (const [, request] of requests) deepEqual(read(requestText(request)), { kind: "request", request });
  equal(
    requestText({ name: "a1", version: "v4.14.7", groups: "g", address: "src", keyHash: sha1, password: "p" }),
    `OSSEC PASS: p OSSEC A:'a1' V:'v4.14.7' G:'g' IP:'src' K:'${sha1}'\n`,
  );
});

const key = "c95a5fdc533073f2e39f5672541900e09f04dc0506c38e85d372d045741343b4";
const replies: [text: string, reply: ReadReply][] = [
  [`OSSEC K:'014 k1 any ${key}'`, { kind: "enrolled", registration: { id: "014", name: "k1", address: "any", key } }],
  [
    `OSSEC K:'012 t16 2001:0DB8:0000:0000:0000:0000:0000:0005 ${key}'\n\n`,
    {
      kind: "enrolled",
      registration: { id: "012", name: "t16", address: "2001:0DB8:0000:0000:0000:0000:0000:0005", key },
    },
  ],
  [
    "ERROR: Invalid password. Unable to add agent",
    { kind: "refused", reason: "Invalid password. Unable to add agent" },
  ],
  ["ERROR: Duplicated IP: x\n\n", { kind: "refused", reason: "Duplicated IP: x" }],
  [`OSSEC K:'123456789 k1 any ${key}'`, { kind: "invalid" }],
  [`OSSEC K:'014 k any ${key}'`, { kind: "invalid" }],
  [`OSSEC K:'014 k1 nowhere ${key}'`, { kind: "invalid" }],
  ["OSSEC K:'014 k1 any k!'", { kind: "invalid" }],
  ["OSSEC K:'014 k1 any'", { kind: "invalid" }],
  ["", { kind: "invalid" }],
];

for (const [text, reply] of replies) {
  test(`the reply ${JSON.stringify(text.slice(0, 40))} is ${reply.kind}`, () => deepEqual(readReply(text), reply));
}

test("what a manager replies is read again, and is one line whatever it repeats", () => {
  const registration = { id: "014", name: "k1", address: "10.0.0.0/8", key };
  deepEqual(readReply(enrolledReply(registration)), { kind: "enrolled", registration });
  const text = refusedReply("Invalid agent name: a\n\x1b[2Jb");
  equal(text, "ERROR: Invalid agent name: a??[2Jb. Unable to add agent");
  equal(readReply(text).kind, "refused");
});

test("any bytes are read or refused in bounded time, and never throw (20,000 of one seed)", () => {
  const random = seededRandom(17);
  for (let count = 0; count < 20_000; count += 1) {
    const bytes = Buffer.from(requests[random.below(requests.length)]?.[0] ?? "");
    for (let left = random.below(4); left > 0; left -= 1) bytes[random.below(bytes.length)] = random.below(256);
    readRequest(bytes.subarray(0, random.below(bytes.length + 1)), random.oneIn(2));
    readReply(bytes.toString());
  }
  for (const text of ["OSSEC A:'", " G:'", "'", " V:''", "OSSEC PASS: "]) {
    const long = text.repeat(ENROLMENT_BYTES_MAX / text.length - 9);
    ok(read(`OSSEC A:'a1' ${long}\n`).kind !== "unfinished");
    read(`OSSEC PASS: ${long}`);
  }
});

test("a request that comes in single bytes is searched, and not decoded each time", () => {
  const bytes = Buffer.from(`OSSEC PASS: \n${"x".repeat(ENROLMENT_BYTES_MAX - 13)}`);
  let decodedBytes = 0;
  for (let length = 1; length <= bytes.length; length += 999) {
    const sofar = bytes.subarray(0, length);
    sofar.toString = (encoding, from = 0, to = sofar.length) => {
      decodedBytes = Math.max(decodedBytes, to - from);
      return Buffer.prototype.toString.call(sofar, encoding, from, to);
    };
    equal(readRequest(sofar, false).kind, "unfinished");
  }
  ok(decodedBytes > 0 && decodedBytes < 20, `${decodedBytes} bytes at once`);
});
