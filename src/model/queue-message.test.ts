import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { readQueueMessage, type QueueForm } from "./queue-message.ts";

/** Queue, id, name, address, place and log. */
function read(message: string, form: QueueForm = "wazuh"): string[] | undefined {
  const found = readQueueMessage(message, form);
  if (found === undefined) return undefined;
  const { queue, agentId, agentName, agentIp, location } = found.source;
  return [queue, agentId, agentName, agentIp, location, found.log];
}

// ruleset-spec 1.1.
test("the location ends at the first colon that is not escaped", () => {
  deepEqual(read("1:/var/log/syslog:a:b"), ["1", "000", "", "", "/var/log/syslog", "a:b"]);
  deepEqual(read("1:C|:\\x:a"), ["1", "000", "", "", "C:\\x", "a"]);
  deepEqual(read("2:a||:b:c"), ["2", "000", "", "", "a|", "b:c"]);
  deepEqual(read("1:a|b:c"), ["1", "000", "", "", "a|b", "c"]);
  equal(read("1:a|:b"), undefined);
});

test("an agent's location names its id, name and address", () => {
  deepEqual(read("1:[001] (web) 10.0.0.1->/var/log/x:a"), ["1", "001", "web", "10.0.0.1", "/var/log/x", "a"]);
  deepEqual(read("8:[001] (web) fe80|:|:1->syscheck:a"), ["8", "001", "web", "fe80::1", "syscheck", "a"]);
  deepEqual(read("1:[001] (w) any->a->b:c"), ["1", "001", "w", "any", "a->b", "c"]);
});

test("an id alone, or before something else, is an agent of no name", () => {
  deepEqual(read("1:[001]:a"), ["1", "001", "", "", "", "a"]);
  deepEqual(read("1:[001] sca:a"), ["1", "001", "", "", "sca", "a"]);
  deepEqual(read("1:[001] (web:a"), ["1", "001", "", "", "(web", "a"]);
});

test("a location in parentheses without an id is a device that is watched by a script of the node", () => {
  deepEqual(read("1:(ssh) root@fw->syscheck:a"), ["1", "000", "", "", "(ssh) root@fw->syscheck", "a"]);
});

test("what is short, long or of no form is refused", () => {
  for (const message of ["", "1:a", "1:[001:a", "1/a:b", "1:abcdef", `1:a:${"x".repeat(65_536)}`]) {
    equal(read(message), undefined, message.slice(0, 20));
  }
  equal(read(`1:${"l".repeat(4_097)}:a`), undefined);
  deepEqual(read("1:a:"), ["1", "000", "", "", "a", ""]);
});

test("in OSSEC's form nothing is escaped, and an agent's colons count behind its arrow", () => {
  deepEqual(read("1:C|:a:b", "ossec"), ["1", "000", "", "", "C|", "a:b"]);
  deepEqual(read("1:(web) fe80::1->/var/log/x:a:b", "ossec"), ["1", "", "web", "fe80::1", "/var/log/x", "a:b"]);
  deepEqual(read("1:(web) x:a", "ossec"), ["1", "000", "", "", "(web) x", "a"]);
});

test("in OSSEC's form control characters but the tab go, and a parent folder is refused", () => {
  equal(read("1:a:b\x00\x07\tc\x1b[1m\x7f\n", "ossec")?.at(-1), "b\tc[1m");
  for (const location of ["../x", "/var/../x", "a\\..\\b", "/a/..", "(w) 1->../x"]) {
    equal(read(`1:${location}:b`, "ossec"), undefined, location);
  }
  equal(read("1:/a/..b/c..:d", "ossec")?.at(-1), "d");
  equal(read("1:/a/../b:c\x07", "wazuh")?.at(-1), "c\x07");
});

test("no message breaks it, and the log is its end (20 seeds)", () => {
  const pieces = ["1", ":", "|", "[", "001", "] ", "(", "web", ") ", "->", "/x", "\x00", "\n", "\xe9", ".."];
  let taken = 0;
  for (let seed = 1; seed <= 20; seed += 1) {
    let state = seed;
    const below = (bound: number): number => (state = (state * 48_271) % 2_147_483_647) % bound;
    for (let round = 0; round < 200; round += 1) {
      let message = "";
      for (let left = below(14); left > 0; left -= 1) message += pieces[below(pieces.length)] ?? "";
      for (const form of ["wazuh", "ossec"] as const) {
        const found = readQueueMessage(round % 2 === 0 ? `1:${message}` : message, form);
        if (found === undefined) continue;
        taken += 1;
        if (form === "wazuh") equal(message.endsWith(found.log), true, `seed ${seed}: ${JSON.stringify(message)}`);
      }
    }
  }
  equal(taken > 500, true, `${taken} taken`);
});
