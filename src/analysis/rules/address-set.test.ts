import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { AddressSet } from "./address-set.ts";

const inside = (texts: readonly string[], flavour: "wazuh" | "ossec", ...addresses: string[]): boolean[] => {
  const set = new AddressSet(texts, flavour);
  return addresses.map((address) => set.has(address));
};

test("an address is in the set when one entry holds it", () => {
  const texts = ["10.0.0.0/8", "192.168.1.1", "fd00::/16", "172.16.0.0/255.255.0.0"];
  for (const flavour of ["wazuh", "ossec"] as const) {
    deepEqual(
      inside(texts, flavour, "10.9.9.9", "192.168.1.1", "192.168.1.2", "fd00::1", "172.16.3.4", "172.17.0.1", "x"),
      [true, true, false, true, true, false, false],
      flavour,
    );
    deepEqual(inside(["any"], flavour, "1.2.3.4", "::1"), [true, true], flavour);
  }
});

// ruleset-spec 5.1: "A leading `!` is accepted but lost in Wazuh."
test("in Wazuh an exclamation mark does nothing", () => {
  deepEqual(inside(["!10.0.0.0/8"], "wazuh", "10.1.1.1", "11.1.1.1"), [true, false]);
});

// ruleset-spec 5.1: "OSSEC: `!` works per entry."
test("in OSSEC an exclamation mark excludes what its entry holds, and lets all others in", () => {
  deepEqual(inside(["!10.0.0.0/8"], "ossec", "10.1.1.1", "11.1.1.1", "-"), [false, true, true]);
  deepEqual(inside(["!10.0.0.1", "!10.0.0.2"], "ossec", "10.0.0.1", "10.0.0.2", "10.0.0.3"), [false, false, true]);
});

test("in OSSEC the first entry that holds an address decides", () => {
  deepEqual(inside(["!10.1.0.0/16", "10.0.0.0/8"], "ossec", "10.1.1.1", "10.2.1.1"), [false, true]);
  deepEqual(inside(["10.1.0.0/16", "!10.0.0.0/8"], "ossec", "10.1.1.1", "10.2.1.1"), [true, false]);
});

test("entries that are no addresses are named, mark and all", () => {
  deepEqual(new AddressSet(["10.0.0.1", "!x", "10.0.0.300"], "ossec").unreadable, ["!x", "10.0.0.300"]);
});
