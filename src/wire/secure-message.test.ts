import { deepEqual, equal, ok } from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { seededRandom, type SeededRandom } from "../../test/support/seeded-random.ts";
import { AgentCipher } from "./agent-cipher.ts";
import {
  type Dialect,
  type OpenedMessage,
  openMessage,
  PAYLOAD_BYTES_MAX,
  readEnvelope,
  sealMessage,
} from "./secure-message.ts";

const key = { id: "001", name: "web1", key: "0123456789abcdef".repeat(4) };
const allDialects: readonly Dialect[] = ["blowfish", "aes", "aes_iv"];
const iv = Buffer.from("a random IV here");

function seal(payload: Uint8Array, dialect: Dialect, cipher = new AgentCipher(key), id?: string): Buffer {
  const own = { ...(dialect === "aes_iv" ? { iv } : {}), ...(id === undefined ? {} : { id }) };
  return sealMessage(cipher, payload, { dialect, counter: { global: 1_790_000_000, local: 42 }, random: 7, ...own });
}

function open(message: Buffer, cipher = new AgentCipher(key)): OpenedMessage | string {
  const envelope = readEnvelope(message);
  return typeof envelope === "string" ? envelope : openMessage(cipher, envelope);
}

function payloadOf(message: OpenedMessage | string): Buffer {
  if (typeof message === "string") throw new Error(`refused: ${message}`);
  return Buffer.from(message.payload);
}

/** A message whose clear text is made by hand. */
function sealRaw(clear: Buffer, dialect: Dialect): Buffer {
  const cipher = new AgentCipher(key);
  if (dialect === "blowfish") {
    cipher.encryptBlowfish(clear);
    return Buffer.concat([Buffer.from(":"), clear]);
  }
  const padding = 16 - (clear.length % 16);
  const sealed = cipher.encryptAes(Buffer.concat([clear, Buffer.alloc(padding, padding)]));
  return Buffer.concat([Buffer.from("#AES:"), sealed]);
}

const marked = (stream: Buffer): Buffer => Buffer.concat([Buffer.alloc(8 - (stream.length % 8), "!"), stream]);
const plain = (body: string): Buffer => Buffer.from(hash("md5", Buffer.from(body, "latin1")) + body, "latin1");
const sealBody = (body: string, dialect: Dialect): Buffer => sealRaw(marked(deflateSync(plain(body))), dialect);

const sizes = [
  1,
  2,
  7,
  8,
  9,
  100,
  200,
  900,
  4_095,
  4_096,
  6_016,
  16_384,
  60_000,
  PAYLOAD_BYTES_MAX - 1,
  PAYLOAD_BYTES_MAX,
];

for (const dialect of allDialects) {
  test(`${dialect}: payloads of 1 to 65,408 bytes come back, text and noise, with one cipher for all`, () => {
    const [agent, manager] = [new AgentCipher(key), new AgentCipher(key)];
    for (const size of sizes) {
      for (const payload of [Buffer.from(seededRandom(size).bytes(size)), Buffer.alloc(size, "a line of text ")]) {
        deepEqual(payloadOf(open(seal(payload, dialect, agent, "001"), manager)), payload, `up ${size}`);
        deepEqual(payloadOf(open(seal(payload, dialect, manager), agent)), payload, `down ${size}`);
      }
    }
  });
}

test("the dialects of one agent may change from message to message", () => {
  const [agent, manager] = [new AgentCipher(key), new AgentCipher(key)];
  for (const dialect of [...allDialects, ...allDialects.toReversed(), ...allDialects]) {
    const message = open(seal(Buffer.from("x"), dialect, agent), manager);
    equal(typeof message === "string" ? message : message.dialect, dialect);
  }
});

test("an IV that begins with the mark does not hide its dialect", () => {
  const cipher = new AgentCipher(key);
  for (let first = 0; first < 256; first += 1) {
    const own = Buffer.from(iv);
    own[0] = first;
    const options = { dialect: "aes_iv", counter: { global: 1, local: 1 }, random: 1, iv: own } as const;
    const message = open(sealMessage(cipher, Buffer.from("x"), options));
    equal(typeof message === "string" ? message : message.dialect, "aes_iv");
  }
});

test("a payload of 900 bytes that do not compress fits the datagram that OSSEC reads, in each dialect", () => {
  for (const dialect of allDialects) ok(seal(Buffer.from(seededRandom(9).bytes(900)), dialect).length <= 1_024);
});

const envelopes: [message: string, said: string][] = [
  ["", "empty"],
  ["!", "bad_id"],
  ["!!:12345678", "bad_id"],
  ["!001", "bad_id"],
  ["!0x1!:12345678", "bad_id"],
  ["!123456789!:12345678", "bad_id"],
  ["!12345678!:12345678", "12345678 blowfish 8"],
  ["!001!#AES:", "001 aes 0"],
  ["#AES:abc", "any aes 3"],
  [":abc", "any blowfish 3"],
  ["#AES", "no_token"],
  ["#aes:abc", "no_token"],
  ["!001!", "no_token"],
  ["#ping", "no_token"],
  ["GET / HTTP/1.1", "no_token"],
];

for (const [message, expected] of envelopes) {
  test(`the envelope of ${JSON.stringify(message)} is ${expected}`, () => {
    const envelope = readEnvelope(Buffer.from(message, "latin1"));
    if (typeof envelope === "string") return equal(envelope, expected);
    const { id = "any", isAes, ciphertext } = envelope;
    return equal(`${id} ${isAes ? "aes" : "blowfish"} ${ciphertext.length}`, expected);
  });
}

/** Attack case 19 and what else may be wrong inside a message that is sealed with the right key. */
const broken: [what: string, message: (dialect: Dialect) => Buffer, reason: string][] = [
  ["nothing behind the marks", () => Buffer.alloc(16, "!"), "not_zlib"],
  ["no mark", () => Buffer.alloc(16, "a"), "not_marked"],
  ["no zlib stream", () => Buffer.from(`!${"x".repeat(31)}`), "not_zlib"],
  ["a stream that is cut off", () => marked(deflateSync(plain("a".repeat(90))).subarray(0, 30)), "not_zlib"],
  ["a bomb", () => marked(deflateSync(Buffer.alloc(50_000_000))), "too_large"],
  ["one byte too many", () => marked(deflateSync(Buffer.alloc(65_537))), "too_large"],
  ["as many as may be", () => marked(deflateSync(Buffer.alloc(65_536))), "bad_sum"],
  ["52 bytes", () => marked(deflateSync(Buffer.alloc(52))), "too_short"],
  ["a sum of something else", () => marked(deflateSync(Buffer.from("0".repeat(80)))), "bad_sum"],
];

for (const [what, clear, reason] of broken) {
  test(`with ${what} the reason is ${reason}`, () => {
    for (const dialect of ["blowfish", "aes"] as const) equal(open(sealRaw(clear(dialect), dialect)), reason);
  });
}

for (const body of [
  "000070000000001:001::payload",
  "000070000000001-0001:payload",
  "000070000000001:0001-payload",
  "00007000000000x:0001:payload",
  "0x007000000000x:0001:payload",
  "00007         1:   1:payload",
  "000070000000001:-001:payload",
]) {
  test(`the counters of ${body} are none`, () =>
    equal(open(sealBody(body, "aes"), new AgentCipher(key)), "bad_counter"));
}

test("an empty payload is opened: what to do with it is not the codec's business", () =>
  equal(payloadOf(open(sealBody("000070000000001:0001:", "blowfish"))).length, 0));

test("of a forged Blowfish message one block is decrypted, however long it is", () => {
  const decrypted: number[] = [];
  class CountingCipher extends AgentCipher {
    override decryptBlowfish(ciphertext: Uint8Array, target: Uint8Array): void {
      decrypted.push(ciphertext.length);
      super.decryptBlowfish(ciphertext, target);
    }
  }
  const forged = seal(
    Buffer.from(seededRandom(3).bytes(60_000)),
    "blowfish",
    new AgentCipher({ ...key, key: "other" }),
  );
  equal(open(forged, new CountingCipher(key)), "not_marked");
  deepEqual(decrypted, [8]);
});

test("bytes behind the end of the stream are ignored", () => {
  const stream = Buffer.concat([deflateSync(plain("000070000000001:0001:abc")), Buffer.from("behind it")]);
  equal(payloadOf(open(sealRaw(marked(stream), "aes"))).toString(), "abc");
});

test("a refused message does not disturb the next one of the same agent", () => {
  const [agent, manager] = [new AgentCipher(key), new AgentCipher(key)];
  for (const dialect of allDialects) {
    const good = seal(Buffer.from("next"), dialect, agent);
    const spoiled = Buffer.from(good);
    spoiled.fill(0x55, spoiled.length - 9);
    equal(typeof open(spoiled, manager), "string");
    equal(payloadOf(open(good, manager)).toString(), "next");
  }
});

/** Some bytes of a message changed, dropped, doubled or cut off. */
function mutate(message: Buffer, random: SeededRandom): Buffer {
  const bytes = Buffer.from(message);
  switch (random.below(4)) {
    case 0:
      for (let left = 1 + random.below(4); left > 0; left -= 1) bytes[random.below(bytes.length)] = random.below(256);
      return bytes;
    case 1:
      return bytes.subarray(0, random.below(bytes.length));
    case 2:
      return Buffer.concat([bytes, random.bytes(1 + random.below(64))]);
    default:
      return Buffer.concat([bytes.subarray(0, random.below(16)), bytes.subarray(random.below(bytes.length))]);
  }
}

test("mutated messages are refused or opened, and never throw (20,000 of one seed)", () => {
  const random = seededRandom(4_711);
  const [agent, manager] = [new AgentCipher(key), new AgentCipher(key)];
  const messages = allDialects.flatMap((dialect) =>
    ["#!-agent startup ", "1:/var/log/auth.log:Failed password for root from 203.0.113.7 port 52344 ssh2"].map((text) =>
      seal(Buffer.from(text), dialect, agent, random.oneIn(2) ? "001" : undefined),
    ),
  );
  let refused = 0;
  for (let count = 0; count < 20_000; count += 1) {
    const message = messages[random.below(messages.length)];
    ok(message !== undefined);
    if (typeof open(mutate(message, random), manager) === "string") refused += 1;
  }
  ok(refused > 15_000 && refused < 20_000, `${refused} refused`);
});

test("mutated clear texts are refused or opened, and never throw (20,000 of one seed)", () => {
  const random = seededRandom(815);
  const stream = marked(deflateSync(plain("000070000000001:0001:1:/var/log/auth.log:Failed password for root")));
  let refused = 0;
  for (let count = 0; count < 20_000; count += 1) {
    const clear = mutate(stream, random);
    if (clear.length === 0) continue;
    const whole = Buffer.concat([clear, Buffer.alloc(8 - (clear.length % 8))]);
    if (typeof open(sealRaw(whole, random.oneIn(2) ? "aes" : "blowfish")) === "string") refused += 1;
  }
  ok(refused > 10_000, `${refused} refused`);
});
