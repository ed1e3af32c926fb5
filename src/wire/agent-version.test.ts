import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import {
  chunkBytesMax,
  compareVersions,
  escapesLocation,
  isWazuhFrom,
  parseAgentVersion,
  payloadBytesMax,
  takesForceReconnect,
  takesInventoryVerdict,
  takesJsonResponse,
  takesRequests,
  takesScaDump,
} from "./agent-version.ts";

const texts: [text: string, said: string][] = [
  ["Wazuh v4.14.7", "wazuh 4.14.7"],
  ["OSSEC HIDS v3.7.0", "ossec 3.7.0"],
  ["v4.14.7", "wazuh 4.14.7"],
  ["Wazuh v2.0", "wazuh 2.0.0"],
  ["Wazuh v5.0.0-beta4", "wazuh 5.0.0"],
  ["", "none"],
  ["Wazuh", "none"],
  ["4.14.7", "none"],
  ["Wazuh v99999.1", "none"],
  ["Elastic v8.0.0", "none"],
];

for (const [text, said] of texts) {
  test(`${JSON.stringify(text)} is ${said}`, () => {
    const version = parseAgentVersion(text);
    const { product = "", major = 0, minor = 0, patch = 0 } = version ?? {};
    equal(version === undefined ? "none" : `${product} ${major}.${minor}.${patch}`, said);
  });
}

test("versions are compared by number, and only Wazuh's are Wazuh's", () => {
  const of = (text: string): NonNullable<ReturnType<typeof parseAgentVersion>> =>
    parseAgentVersion(text) ?? { product: "ossec", major: -1, minor: 0, patch: 0 };
  ok(compareVersions(of("v4.9.1"), of("v4.14.0")) < 0);
  ok(compareVersions(of("v4.14.0"), of("v3.99.99")) > 0);
  equal(compareVersions(of("v4.14.7"), of("Wazuh v4.14.7")), 0);
  equal(isWazuhFrom(of("v4.2.2"), 4, 2, 2), true);
  equal(isWazuhFrom(of("v4.2.1"), 4, 2, 2), false);
  equal(isWazuhFrom(of("v5.0.0"), 4, 14), true);
  equal(isWazuhFrom(of("OSSEC HIDS v4.2.0"), 2, 0), false);
});

/** The table of first versions: each ability in the version before it, and in that which brought it. */
const abilities: [name: string, has: typeof escapesLocation, before: string, from: string][] = [
  ["escaped locations", escapesLocation, "v4.3.11", "v4.4.0"],
  ["requests", takesRequests, "v2.1.1", "v3.0.0"],
  ["force_reconnect", takesForceReconnect, "v4.2.7", "v4.3.0"],
  ["JSON responses", takesJsonResponse, "v4.1.5", "v4.2.0"],
  ["SCA dumps", takesScaDump, "v3.8.2", "v3.9.0"],
  ["verdicts on inventories", takesInventoryVerdict, "v3.11.4", "v3.12.0"],
];

for (const [name, has, before, from] of abilities) {
  test(`${name} come with Wazuh ${from}, and never with OSSEC or an unknown program`, () => {
    deepEqual(
      [before, from, "OSSEC HIDS v4.2.0", ""].map((text) => has(parseAgentVersion(text))),
      [...[false, true, false, false]],
    );
  });
}

test("what an agent can read is bounded by its program and transport", () => {
  const of = (text: string): number[] => {
    const version = parseAgentVersion(text);
    return [payloadBytesMax(version), chunkBytesMax(version, "tcp"), chunkBytesMax(version, "udp")];
  };
  deepEqual(of("Wazuh v4.14.7"), [65_408, 16_000, 900]);
  deepEqual(of("Wazuh v3.6.0"), [65_408, 16_000, 900]);
  deepEqual(of("Wazuh v3.5.0"), [6_016, 900, 900]);
  deepEqual(of("OSSEC HIDS v3.7.0"), [900, 900, 900]);
  deepEqual(of("who knows"), [900, 900, 900]);
});
