import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { parseCidrs } from "../config/address.ts";
import { Senders } from "./senders.ts";

const blocks = (...texts: string[]) => texts.flatMap((text) => parseCidrs(text));

function allows(senders: Senders, ...ips: string[]): string {
  return ips.map((ip) => (senders.of(ip).isAllowed ? "yes" : "no")).join(" ");
}

test("allows nobody by an empty list", () => {
  equal(allows(new Senders([], []), "127.0.0.1", "::1", "8.8.8.8"), "no no no");
});

test("compares addresses with blocks bit by bit", () => {
  const senders = new Senders(blocks("10.0.0.0/8", "192.168.4.0/22", "172.16.0.1", "203.0.113.128/25"), []);
  equal(allows(senders, "10.0.0.0", "10.255.255.255", "11.0.0.0", "9.255.255.255"), "yes yes no no");
  equal(allows(senders, "192.168.3.255", "192.168.4.0", "192.168.7.255", "192.168.8.0"), "no yes yes no");
  equal(allows(senders, "172.16.0.1", "172.16.0.0", "172.16.0.2"), "yes no no");
  equal(allows(senders, "203.0.113.127", "203.0.113.128"), "no yes");
});

test("knows IPv6, with and without a zone", () => {
  const senders = new Senders(blocks("fe80::/10", "2001:db8::/33", "::1"), []);
  equal(allows(senders, "fe80::1", "fe80::1%eth0", "febf::1", "fec0::1"), "yes yes yes no");
  equal(allows(senders, "2001:db8:7fff::1", "2001:db8:8000::1"), "yes no");
  equal(allows(senders, "::1", "::2", "127.0.0.1"), "yes no no");
});

test("takes an IPv4 address mapped into IPv6 for the IPv4 address", () => {
  const senders = new Senders(blocks("127.0.0.0/8"), []);
  equal(allows(senders, "::ffff:127.0.0.1", "::ffff:126.0.0.1"), "yes no");
  equal(senders.of("::ffff:127.0.0.1").source.location, "127.0.0.1");
});

test("does not let a block of all IPv6 addresses allow IPv4 ones, nor the reverse", () => {
  equal(allows(new Senders(blocks("::/0"), []), "::5", "127.0.0.1", "::ffff:127.0.0.1"), "yes no no");
  equal(allows(new Senders(blocks("0.0.0.0/0"), []), "::5", "127.0.0.1"), "no yes");
  equal(allows(new Senders(blocks("any"), []), "::5", "127.0.0.1"), "yes yes");
});

test("denies what both lists hold", () => {
  const senders = new Senders(blocks("10.0.0.0/8"), blocks("10.1.0.0/16"));
  equal(allows(senders, "10.0.0.1", "10.1.0.1", "10.2.0.1"), "yes no yes");
});

test("refuses what is no address", () => {
  equal(allows(new Senders(blocks("any"), []), "", "nonsense", "1.2.3", "1.2.3.4.5"), "no no no no");
});

test("makes a sender's address the location of his events, of the node itself (ruleset-spec §1.1)", () => {
  deepEqual(new Senders(blocks("any"), []).of("10.0.0.7").source, {
    queue: "2",
    agentId: "000",
    agentName: "",
    agentIp: "",
    location: "10.0.0.7",
  });
});

test("gives the same source object for the same sender, so that a batch names it once", () => {
  const senders = new Senders(blocks("any"), []);
  equal(senders.of("10.0.0.7").source, senders.of("10.0.0.7").source);
});

test("keeps a bounded number of answers, whoever forges addresses", () => {
  const senders = new Senders(blocks("10.0.0.0/8"), [], 100);
  for (let host = 0; host < 1_000; host += 1) senders.of(`10.0.${host >> 8}.${host & 255}`);
  equal(senders.kept, 100);
  equal(allows(senders, "10.0.0.0", "11.0.0.0"), "yes no");
});
