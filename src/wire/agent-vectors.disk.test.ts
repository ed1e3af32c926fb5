/**
 * What genuine agents and managers sent, and what genuine code made of it (testdata/agent-protocol-vectors.json): every
 * message is opened, every one that is broken gives its reason, every one is sealed to the same clear text.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { AgentCipher, type AgentKey, keyHash, keyText } from "./agent-cipher.ts";
import { ReplayWindow } from "./message-counter.ts";
import { type Dialect, type OpenedMessage, openMessage, readEnvelope, sealMessage } from "./secure-message.ts";
import { frameOf, TcpFrames } from "./tcp-frames.ts";

type Cipher = "bf" | "aes" | "aes-iv";
type Text = string | { repeat: [first: string, repeated: string, times: number] };

interface Sample {
  cipher: Cipher;
  global: number;
  local: number;
  wire: string;
}

interface Vectors {
  keys: (AgentKey & { derived47: string; aes256_key_hex: string; key_hash_sha1: string })[];
  fromRealC: (Sample & { producer: string; side: string; id: string; prefix: string | null; payload: Text })[];
  encode: (Omit<Sample, "wire"> & {
    id: string;
    rand: number;
    iv?: string;
    payload: string;
    plaintext_before_deflate: string;
    wire_with_node20_zlib: string;
  })[];
  captured: (Sample & { agent: string; key: AgentKey; prefix: string | null; payload: string })[];
  negative: { name: string; id: string; wire: string }[];
  replay_verify_on: { counter: string; result: string }[];
}

const path = join(process.cwd(), "src/wire/testdata/agent-protocol-vectors.json");
const vectors = JSON.parse(readFileSync(path, "utf8")) as Vectors;
const dialects: Record<Cipher, Dialect> = { bf: "blowfish", aes: "aes", "aes-iv": "aes_iv" };
const ciphers = new Map(vectors.keys.map((key) => [key.id, new AgentCipher(key)]));

function cipherOf(id: string): AgentCipher {
  const cipher = ciphers.get(id);
  ok(cipher !== undefined);
  return cipher;
}

const textOf = (text: Text): string =>
  typeof text === "string" ? text : text.repeat[0] + text.repeat[1].repeat(text.repeat[2]);

function open(cipher: AgentCipher, wire: string): OpenedMessage | string {
  const envelope = readEnvelope(Buffer.from(wire, "hex"));
  return typeof envelope === "string" ? envelope : openMessage(cipher, envelope);
}

/** What an opened message says, for a comparison. */
function said(message: OpenedMessage | string): object | string {
  if (typeof message === "string") return message;
  return { dialect: message.dialect, counter: message.counter, payload: message.payload.toString() };
}

const expected = ({ cipher, global, local }: Omit<Sample, "wire">, payload: Text): object => ({
  dialect: dialects[cipher],
  counter: { global, local },
  payload: textOf(payload),
});

function prefixOf(wire: string): string | null | undefined {
  const envelope = readEnvelope(Buffer.from(wire, "hex"));
  return typeof envelope === "string" ? undefined : (envelope.id ?? null);
}

test("the file holds what it is known to hold", () => {
  const { keys, fromRealC, encode, captured, negative, replay_verify_on: replay } = vectors;
  const counts = [keys, fromRealC, encode, captured, negative, replay].map(({ length }) => length);
  deepEqual(counts, [4, 124, 9, 105, 8, 13]);
});

for (const vector of vectors.keys) {
  test(`the keys of agent ${vector.id} are derived`, () => {
    equal(keyText(vector), vector.derived47);
    equal(Buffer.from(keyText(vector).slice(0, 32)).toString("hex"), vector.aes256_key_hex);
    equal(keyHash(vector), vector.key_hash_sha1);
  });
}

test("what the genuine programs' own code sealed is opened", () => {
  for (const vector of vectors.fromRealC) {
    equal(prefixOf(vector.wire), vector.prefix);
    deepEqual(said(open(cipherOf(vector.id), vector.wire)), expected(vector, vector.payload), vector.producer);
  }
});

test("what nine genuine agents and their manager said is opened", () => {
  for (const vector of vectors.captured) {
    equal(prefixOf(vector.wire), vector.prefix);
    deepEqual(said(open(new AgentCipher(vector.key), vector.wire)), expected(vector, vector.payload), vector.agent);
  }
});

test("what we seal is the same clear text, and is opened again", () => {
  for (const { id, cipher, global, local, rand, iv, payload, wire_with_node20_zlib: wire } of vectors.encode) {
    const what = { cipher, global, local };
    const sealed = sealMessage(cipherOf(id), Buffer.from(payload), {
      ...{ dialect: dialects[cipher], counter: { global, local }, random: rand },
      ...(iv === undefined ? {} : { iv: Buffer.from(iv, "hex") }),
    });
    deepEqual(said(open(cipherOf(id), sealed.toString("hex"))), expected(what, payload));
    deepEqual(said(open(cipherOf(id), wire)), expected(what, payload));
  }
});

const reasons: Record<string, string> = {
  "AES token without colon": "no_token",
  "AES ciphertext cut by one byte": "bad_length",
  "no token": "no_token",
  "AES with another key": "bad_padding",
  "Blowfish with another key": "not_marked",
  "Blowfish, other id/name (same raw key)": "not_marked",
  "bad md5": "bad_sum",
  "inflates over 65536": "too_large",
};

for (const { name, id, wire } of vectors.negative) {
  test(`a broken message gives its reason: ${name}`, () => equal(open(cipherOf(id), wire), reasons[name]));
}

test("strict counters are judged as the genuine manager judges them", () => {
  const replay = new ReplayWindow();
  for (const { counter, result } of vectors.replay_verify_on) {
    const [global = 0, local = 0] = counter.split(":").map(Number);
    equal(replay.accept({ global, local }, true) === "accepted", result.startsWith("accept"), counter);
  }
});

test("all messages in frames, byte by byte, give the messages again", () => {
  const messages = [...vectors.fromRealC, ...vectors.captured].map(({ wire }) => wire);
  const seen: string[] = [];
  const frames = new TcpFrames((message) => seen.push(message.toString("hex")) > 0);
  for (const wire of messages) for (const byte of frameOf(Buffer.from(wire, "hex"))) frames.push(Buffer.of(byte));
  deepEqual(seen, messages);
});
