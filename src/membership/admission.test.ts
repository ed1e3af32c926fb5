import { equal } from "node:assert/strict";
import { test } from "node:test";
import { refusalOf, shownAddress, type AdmissionPolicy } from "./admission.ts";

const listing = (name: string, address: string) => ({ name, role: "worker" as const, address, port: 1_516 });
const open: AdmissionPolicy = { ownName: "m", listed: [], isListBinding: false, usesSourceIp: false };
const closed: AdmissionPolicy = { ...open, listed: [listing("w1", "10.0.0.1")], isListBinding: true };
const strict: AdmissionPolicy = { ...closed, usesSourceIp: true };
const worker = (name: string, sourceAddress = "10.0.0.9") => ({ name, role: "worker" as const, sourceAddress });
const code = (policy: AdmissionPolicy, node: Parameters<typeof refusalOf>[1]): string =>
  refusalOf(policy, node)?.code ?? "admitted";

test("whoever proves the key may join while no file lists anybody", () =>
  equal(code(open, worker("anyone")), "admitted"));

test("an unlisted node is refused once the file lists anybody, if only the master itself", () => {
  equal(code(closed, worker("w1")), "admitted");
  equal(code(closed, worker("w2")), "unlisted");
  equal(code({ ...open, isListBinding: true }, worker("w1")), "unlisted");
});

test("nobody joins under the master's own name, nor as a second master", () => {
  equal(code(open, worker("m")), "own_name");
  equal(code(open, { ...worker("w1"), role: "master" }), "second_master");
});

test("any source is accepted without use_source_ip, as with NAT", () =>
  equal(code(closed, worker("w1", "172.17.0.1")), "admitted"));

test("with use_source_ip a listed node must come from its address, in whatever spelling", () => {
  equal(code(strict, worker("w1", "10.0.0.1")), "admitted");
  equal(code(strict, worker("w1", "::ffff:10.0.0.1")), "admitted");
  equal(code(strict, worker("w1", "10.0.0.2")), "wrong_address");
  equal(
    refusalOf(strict, worker("w1", "10.0.0.2"))?.message,
    "w1 comes from 10.0.0.2, and cluster.conf says 10.0.0.1 (use_source_ip is yes)",
  );
});

test("with use_source_ip and no list any source will do: it becomes the node's address", () => {
  equal(code({ ...open, usesSourceIp: true }, worker("w1", "10.0.0.2")), "admitted");
  equal(shownAddress({ ...open, usesSourceIp: true }, "w1", "10.0.0.2"), "10.0.0.2");
});

test("shows the configured address without use_source_ip, and the source where none is configured", () => {
  equal(shownAddress(closed, "w1", "172.17.0.1"), "10.0.0.1");
  equal(shownAddress(strict, "w1", "10.0.0.1"), "10.0.0.1");
  equal(shownAddress(open, "w1", "172.17.0.1"), "172.17.0.1");
});
