import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { lookAtClientHello } from "./client-hello.ts";
import { Gate, type Place } from "./gate.ts";
import { readIdentity, refusalOfIdentity, writeIdentity, type LinkIdentity, type Listener } from "./identity.ts";

const limits = { placesMax: 4, placesPerAddressMax: 2, authenticationMsMax: 5_000 };
const place = (address: string, hasHello = false): Place => ({ address, hasHello });
const nobody = (): boolean => false;

test("an address holds no more than its places; its oldest silent one gives way", () => {
  const gate = new Gate(limits);
  const [first, second, third] = [place("a"), place("a"), place("a")];
  deepEqual(gate.enter(first, nobody), { isAdmitted: true, evicted: undefined });
  gate.enter(second, nobody);
  deepEqual(gate.enter(third, nobody), { isAdmitted: true, evicted: first });
  equal(gate.count, 2);
});

test("who has sent a whole ClientHello does not give way, so the newcomer is refused", () => {
  const gate = new Gate(limits);
  gate.enter(place("a", true), nobody);
  gate.enter(place("a", true), nobody);
  deepEqual(gate.enter(place("a"), nobody), { isAdmitted: false });
});

test("strangers take only the common places, and a known address has its own", () => {
  const gate = new Gate(limits);
  const isKnown = (address: string): boolean => address === "node";
  for (const address of ["a", "b", "c", "d"]) gate.enter(place(address, true), isKnown);
  deepEqual(gate.enter(place("e"), isKnown), { isAdmitted: false });
  deepEqual(gate.enter(place("node"), isKnown), { isAdmitted: true, evicted: undefined });
  deepEqual(gate.enter(place("node"), isKnown), { isAdmitted: true, evicted: undefined });
  equal(gate.count, 6);
});

test("when the common places are full, the oldest silent stranger gives way and no known address does", () => {
  const gate = new Gate(limits);
  const isKnown = (address: string): boolean => address === "node";
  const silent = place("b");
  for (const one of [place("node"), place("a", true), silent, place("c"), place("d", true)]) gate.enter(one, isKnown);
  deepEqual(gate.enter(place("e"), isKnown), { isAdmitted: true, evicted: silent });
});

const identity: LinkIdentity = { from: "w1", to: "m1", keyId: "0011aabb", clusterTag: "beef", role: "worker" };
const listener: Listener = { name: "m1", role: "master", clusterTag: "beef", keyIds: ["0011aabb", "deadbeef"] };

test("an identity comes out as it went in, and nothing else is one", () => {
  equal(writeIdentity(identity), "w1>m1@0011aabb.beef.w");
  deepEqual(readIdentity("w1>m1@0011aabb.beef.w"), identity);
  deepEqual(readIdentity("w1>*@0011aabb.beef.m"), { ...identity, to: undefined, role: "master" });
  for (const bad of [
    "",
    "w1>m1@0011aabb",
    "w1>m1@0011AABB.beef.w",
    ".w>m1@0011aabb.beef.w",
    "*>m1@0011aabb.beef.w",
    "w1>m1@0011aabb.beef.x",
  ]) {
    equal(readIdentity(bad), undefined, bad);
  }
});

test("a listener takes what is meant for it, of its cluster and key, and not its own name", () => {
  const refusal = (changes: Partial<LinkIdentity>, who = listener) =>
    refusalOfIdentity({ ...identity, ...changes }, who);
  equal(refusal({}), undefined);
  equal(refusal({ keyId: "deadbeef" }), undefined);
  equal(refusal({ to: undefined }), undefined);
  equal(refusal({ clusterTag: "cafe", keyId: "00000000" }), "wrong_cluster");
  equal(refusal({ keyId: "00000000", to: "m2" }), "wrong_key"); // Names are not told to who has no key.
  equal(refusal({ from: "m1" }), "own_name");
  equal(refusal({ to: "m2" }), "wrong_node");
  equal(refusal({ to: undefined, from: "m1" }, { ...listener, name: "w9", role: "worker" }), "wrong_node");
});

/** A ClientHello of RFC 8446 with the extensions given. */
function clientHello(...extensions: Buffer[]): Buffer {
  const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
  const list = Buffer.concat(extensions);
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32),
    Buffer.from([0, 0, 2, 0x13, 1, 1, 0]),
    u16(list.length),
    list,
  ]);
  const handshake = Buffer.concat([Buffer.from([1, 0]), u16(body.length), body]);
  return Buffer.concat([Buffer.from([22, 3, 1]), u16(handshake.length), handshake]);
}

const alpn = Buffer.from([0, 16, 0, 4, 0, 2, 1, 0x61]);
const psk = (text: string): Buffer =>
  Buffer.concat([
    Buffer.from([0, 41, 0, text.length + 8, 0, text.length + 6, 0, text.length]),
    Buffer.from(text),
    Buffer.alloc(4),
  ]);

test("a ClientHello is looked at byte by byte, and known as soon as it is whole", () => {
  const hello = clientHello(alpn, psk("w1>m1@0011aabb.beef.w"));
  for (let bytes = 0; bytes < hello.length; bytes += 1) {
    deepEqual(lookAtClientHello(hello.subarray(0, bytes)), { state: "incomplete" }, String(bytes));
  }
  deepEqual(lookAtClientHello(hello), { state: "whole", identity: "w1>m1@0011aabb.beef.w" });
});

test("what is no ClientHello of ours is refused for what it is", () => {
  const reasons: [string, Buffer][] = [
    ["not_tls", Buffer.from("GET /")],
    ["not_tls", Buffer.from([22, 2])],
    ["not_tls", Buffer.from([22, 3, 1, 0, 3])],
    ["not_tls", Buffer.from([22, 3, 1, 1, 0, 2])],
    ["too_long", Buffer.from([22, 3, 1, 0x20, 0])],
    ["no_psk", clientHello(alpn)],
    ["no_psk", clientHello(psk("w1>m1@0011aabb.beef.w"))],
    ["bad_identity", clientHello(alpn, psk(""))],
    ["bad_identity", clientHello(alpn, psk("w1\n>m1"))],
    ["bad_identity", clientHello(alpn, psk("x".repeat(201)))],
  ];
  for (const [reason, bytes] of reasons) deepEqual(lookAtClientHello(bytes), { state: "refused", reason }, reason);
});

test("no mutation of a ClientHello makes the parser fail or read beyond it (20,000 mutations)", () => {
  const hello = clientHello(alpn, psk("w1>m1@0011aabb.beef.w"));
  let random = 1;
  for (let round = 0; round < 20_000; round += 1) {
    const bytes = Buffer.from(hello);
    for (let changes = 0; changes < 3; changes += 1) {
      random = (random * 48_271) % 2_147_483_647;
      bytes[random % bytes.length] = (random >> 8) & 255;
    }
    const { state } = lookAtClientHello(bytes);
    equal(["incomplete", "refused", "whole"].includes(state), true);
  }
});
