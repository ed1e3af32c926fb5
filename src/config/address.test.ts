import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { cidrContains, isSameAddress, parseAddress, parseCidrs } from "./address.ts";

test("reads IPv4 in its one spelling only", () => {
  deepEqual(parseAddress("10.0.0.255"), { text: "10.0.0.255", family: 4, bytes: [10, 0, 0, 255] });
  for (const wrong of [
    "",
    "10.0.0",
    "10.0.0.256",
    "010.0.0.1",
    "10.0.0.1 ",
    "10.0.0.1.2",
    "0x1.2.3.4",
    "1.2.3.+4",
    "localhost",
  ]) {
    equal(parseAddress(wrong), undefined, wrong);
  }
});

test("reads IPv6 in any spelling and shows the shortest", () => {
  const cases: [text: string, shortest: string][] = [
    ["::", "::"],
    ["::1", "::1"],
    ["FD00:0:0:0:0:0:0:0001", "fd00::1"],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
    ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"],
    ["1::", "1::"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
  ];
  for (const [text, shortest] of cases) equal(parseAddress(text)?.text, shortest, text);
  for (const wrong of [
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "12345::",
    "::g",
    "::1.2.3",
    "1.2.3.4::",
    "fe80::1%eth0",
  ]) {
    equal(parseAddress(wrong), undefined, wrong);
  }
});

test("takes an IPv4 address mapped into IPv6 for the IPv4 address", () => {
  deepEqual(parseAddress("::ffff:10.0.0.1"), parseAddress("10.0.0.1"));
  ok(isSameAddress("::FFFF:a00:1", "10.0.0.1"));
  ok(isSameAddress("fd00::1", "FD00:0::1"));
  ok(!isSameAddress("10.0.0.1", "10.0.0.2"));
  ok(!isSameAddress("somewhere", "somewhere"));
});

test("reads a block with its bits beyond the prefix cleared", () => {
  const texts = (text: string): string[] => parseCidrs(text).map((cidr) => cidr.text);
  deepEqual(texts("10.1.2.3/8"), ["10.0.0.0/8"]);
  deepEqual(texts("10.1.2.3"), ["10.1.2.3/32"]);
  deepEqual(texts("10.1.2.3/255.255.254.0"), ["10.1.2.0/23"]);
  deepEqual(texts("fd00:1:ffff::/33"), ["fd00:1:8000::/33"]);
  deepEqual(texts("any"), ["0.0.0.0/0", "::/0"]);
  for (const wrong of [
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/-1",
    "10.0.0.0/255.0.255.0",
    "::/129",
    "::/255.0.0.0",
    "x/8",
    "/8",
  ]) {
    deepEqual(texts(wrong), [], wrong);
  }
});

test("a block contains an address exactly when their first bits agree (seeded)", () => {
  const byte = fc.integer({ min: 0, max: 255 });
  const bytes = fc.tuple(byte, byte, byte, byte);
  const asBits = (four: readonly number[]): string => four.map((one) => one.toString(2).padStart(8, "0")).join("");
  fc.assert(
    fc.property(bytes, bytes, fc.integer({ min: 0, max: 32 }), fc.boolean(), (network, other, prefix, isNear) => {
      // Half the time an address that differs in the last byte only, or long prefixes would never match.
      const address = isNear ? [...network.slice(0, 3), other[3]] : other;
      const [cidr, parsed] = [parseCidrs(`${network.join(".")}/${prefix}`)[0], parseAddress(address.join("."))];
      ok(cidr !== undefined && parsed !== undefined);
      equal(cidrContains(cidr, parsed), asBits(network).slice(0, prefix) === asBits(address).slice(0, prefix));
    }),
  );
});

test("a block of one family contains nothing of the other", () => {
  const [four, six] = parseCidrs("any");
  const [address4, address6] = [parseAddress("10.0.0.1"), parseAddress("fd00::1")];
  ok(four !== undefined && six !== undefined && address4 !== undefined && address6 !== undefined);
  deepEqual(
    [
      cidrContains(four, address4),
      cidrContains(four, address6),
      cidrContains(six, address4),
      cidrContains(six, address6),
    ],
    [true, false, false, true],
  );
});

test("reads back every address that it shows (seeded)", () =>
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const address = parseAddress(text);
      ok(address !== undefined, text);
      deepEqual(parseAddress(address.text), address);
    }),
  ));
