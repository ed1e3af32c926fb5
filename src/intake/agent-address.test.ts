import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { AddressTexts, AllowedAddress, shownAddress } from "./agent-address.ts";

const cases: [registered: string, admitted: string[], refused: string[]][] = [
  ["any", ["10.0.0.1", "fd00::1"], []],
  ["10.0.0.1", ["10.0.0.1"], ["10.0.0.2", "fd00::1", "no address"]],
  ["10.0.0.0/8", ["10.1.2.3", "10.255.255.255"], ["11.0.0.1", "fd00::1"]],
  ["10.1.2.3/255.255.0.0", ["10.1.0.1"], ["10.2.0.1"]],
  ["0.0.0.0/0", ["8.8.8.8"], ["fd00::1"]],
  ["FD00:0000:0000:0000:0000:0000:0000:0001", ["fd00::1"], ["fd00::2"]],
  ["fd00::/8", ["fd12::1"], ["fe80::1", "10.0.0.1"]],
  ["!10.0.0.1", ["10.0.0.2", "fd00::1"], ["10.0.0.1"]],
  ["a name", [], ["10.0.0.1"]],
  ["!a name", [], ["10.0.0.1"]],
];
for (const [registered, admitted, refused] of cases) {
  test(`an agent of ${registered} may speak from there and from nowhere else`, () => {
    const allowed = new AllowedAddress(registered);
    // Twice, since an answer is remembered.
    for (let round = 0; round < 2; round += 1) {
      for (const address of admitted) equal(allowed.admits(address), true, address);
      for (const address of refused) equal(allowed.admits(address), false, address);
    }
  });
}

test("an event shows the registered address without the length of a block", () => {
  deepEqual(["any", "10.0.0.0/8", "10.0.0.1"].map(shownAddress), ["any", "10.0.0.0", "10.0.0.1"]);
});

test("addresses of sockets have one text each", () => {
  const texts = new AddressTexts();
  deepEqual(
    ["10.0.0.1", "::ffff:10.0.0.1", "fe80::1%eth0", "::1", "::ffff:10.0.0.1"].map((ip) => texts.of(ip)),
    ["10.0.0.1", "10.0.0.1", "fe80::1", "::1", "10.0.0.1"],
  );
});
