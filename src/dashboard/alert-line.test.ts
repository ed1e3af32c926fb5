import { deepEqual, doesNotThrow, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { AlertReply } from "../api/contract/reply.ts";
import { alertLine, partiesOf } from "./alert-line.ts";

/** As the analysis writes it of sshd's line on an agent. */
const sshd = {
  timestamp: "2026-11-25T02:02:03.004+0100",
  rule: {
    ...{ level: 5, description: "sshd: authentication failed.", id: "5716", firedtimes: 3, mail: false },
    mitre: { id: ["T1110.001", "T1021.004"], tactic: ["Credential Access"], technique: ["Password Guessing", "SSH"] },
    groups: ["syslog", "sshd", "authentication_failed"],
  },
  agent: { id: "012", name: "web-02", ip: "192.0.2.12" },
  manager: { name: "master-node" },
  id: "1795568523.1234",
  cluster: { name: "argus", node: "worker-node1" },
  previous_output: "one\ntwo",
  full_log: "Nov 25 02:02:03 web-02 sshd[4711]: Failed password for root from 203.0.113.9 port 4711 ssh2",
  predecoder: { program_name: "sshd", hostname: "web-02" },
  decoder: { parent: "sshd", name: "sshd" },
  data: { srcip: "203.0.113.9", srcport: "4711", dstuser: "root" },
  location: "/var/log/auth.log",
};

/** Whatever stands there: an alert is what alerts.json says. */
const line = (alert: unknown): ReturnType<typeof alertLine> => alertLine(alert as AlertReply);

test("takes from an alert what the page shows of it", () => {
  deepEqual(line(sshd), {
    id: "1795568523.1234",
    timeMs: Date.UTC(2026, 10, 25, 1, 2, 3, 4),
    level: 5,
    ruleId: "5716",
    description: "sshd: authentication failed.",
    agent: "web-02 012",
    sender: "",
    node: "worker-node1",
    groups: ["syslog", "sshd", "authentication_failed"],
    srcip: "203.0.113.9",
    user: "root",
    fullLog: sshd.full_log,
    fields: [
      ["srcip", "203.0.113.9"],
      ["srcport", "4711"],
      ["dstuser", "root"],
    ],
    decoder: "sshd",
    location: "/var/log/auth.log",
    previousOutput: "one\ntwo",
    mitre: {
      ids: ["T1110.001", "T1021.004"],
      tactics: ["Credential Access"],
      techniques: ["Password Guessing", "SSH"],
    },
  });
});

const bySyslog = { ...sshd, agent: { id: "000", name: "web-02" }, location: "192.0.2.77" };

const senders: [what: string, location: unknown, sender: string][] = [
  ["the address that an event by syslog came from", "192.0.2.77", "192.0.2.77"],
  [
    "the host that the log of a file names, and not an address in it, which is the attacker's",
    "/var/log/a.log",
    "web-02",
  ],
  ["nothing of another type", ["192.0.2.1"], ""],
];

for (const [what, location, sender] of senders) {
  test(`of the node's own events the sender is ${what}`, () => {
    const alert = line({ ...bySyslog, location, data: { srcip: "203.0.113.9" } });
    equal(alert.agent, "");
    equal(alert.sender, sender);
  });
}

test("of a followed file whose log names no host the sender is the node, and the file is its location", () => {
  const { predecoder: _, ...rest } = { ...bySyslog, location: "/var/log/access.log" };
  for (const predecoder of [{}, { hostname: "" }, { hostname: 7n }]) {
    const { sender, location } = line({ ...rest, predecoder });
    deepEqual([sender, location], ["worker-node1", "/var/log/access.log"]);
  }
});

test("an alert without an agent is the node's own", () => {
  const { agent: _, ...rest } = bySyslog;
  deepEqual([line(rest).agent, line(rest).sender], ["", "192.0.2.77"]);
});

test("an agent without a name is its number", () => {
  equal(line({ ...sshd, agent: { id: "007" } }).agent, "007");
});

test("the node of a cluster that names none is the manager's", () => {
  const { cluster: _, ...rest } = sshd;
  equal(line(rest).node, "master-node");
});

test("the user is the one that was aimed at, else the one that acted", () => {
  equal(line({ ...sshd, data: { dstuser: "root", srcuser: "eve" } }).user, "root");
  equal(line({ ...sshd, data: { srcuser: "eve" } }).user, "eve");
});

const stamps: [stamp: unknown, timeMs: number | undefined][] = [
  ["2026-11-25T01:02:03.004+0000", Date.UTC(2026, 10, 25, 1, 2, 3, 4)],
  ["2026-11-25T01:02:03.004Z", Date.UTC(2026, 10, 25, 1, 2, 3, 4)],
  ["2026-11-24T20:02:03.5-0530", Date.UTC(2026, 10, 25, 1, 32, 3, 500)],
  ["2026-11-25T06:47:03+05:45", Date.UTC(2026, 10, 25, 1, 2, 3)],
  ["2026-11-25T01:02:03.004999+0000", Date.UTC(2026, 10, 25, 1, 2, 3, 4)],
  ["2026-11-25", undefined],
  ["2026-11-25T01:02:03", undefined],
  ["now", undefined],
  [1_795_000_000_000, undefined],
  [null, undefined],
];

for (const [stamp, timeMs] of stamps) {
  test(`the time of ${JSON.stringify(stamp)} is ${timeMs}`, () => {
    equal(line({ ...sshd, timestamp: stamp }).timeMs, timeMs);
  });
}

test("data is shown by path, whatever it is made of", () => {
  const data = {
    win: { system: { eventID: "4625", keywords: ["a", 5, true, null] } },
    list: [{ name: "x" }, { name: "y" }, 3],
    ...{ empty: {}, none: [], nothing: null, number: 4.5, flag: false, text: "" },
  };
  deepEqual(line({ ...sshd, data }).fields, [
    ["win.system.eventID", "4625"],
    ["win.system.keywords", "a, 5, true, null"],
    ["list.0.name", "x"],
    ["list.1.name", "y"],
    ["list.2", "3"],
    ["none", ""],
    ["nothing", "null"],
    ["number", "4.5"],
    ["flag", "false"],
    ["text", ""],
  ]);
});

test("keys that mean something to JavaScript are keys like others", () => {
  const alert = JSON.parse(
    '{"id":"1.1","__proto__":{"full_log":"inherited"},"data":{"__proto__":{"srcip":"203.0.113.9"},"constructor":"c",' +
      '"toString":"t"},"rule":{"constructor":1}}',
  ) as unknown;
  const { fields, fullLog, srcip, level } = line(alert);
  deepEqual(fields, [
    ["__proto__.srcip", "203.0.113.9"],
    ["constructor", "c"],
    ["toString", "t"],
  ]);
  deepEqual([fullLog, srcip, level], ["", "", 0]);
  equal(({} as Record<string, unknown>)["srcip"], undefined);
});

test("what an object inherits is not taken for a member", () => {
  const alert = line({ ...sshd, rule: [], agent: "constructor", data: "length" });
  deepEqual([alert.ruleId, alert.agent, alert.fields.length, alert.groups], ["", "", 0, []]);
});

test("a depth, a breadth and lists without an end have one", () => {
  let deep: unknown = "bottom";
  for (let level = 0; level < 5_000; level += 1) deep = { a: deep };
  const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, index]));
  const deepFields = line({ ...sshd, data: { deep } }).fields;
  equal(deepFields.length, 1);
  ok(deepFields[0]?.[1] === "…" && deepFields[0][0].length < 100);
  equal(line({ ...sshd, data: wide }).fields.length, 256);
  equal(line({ ...sshd, data: { deep, wide } }).fields.length, 256);
  const groups = Array.from({ length: 10_000 }, () => "g");
  equal(line({ ...sshd, rule: { ...sshd.rule, groups } }).groups.length, 64);
});

test("a log of 64 KiB is whole", () => {
  const text = "\u202e\u0000x".repeat(22_000);
  const { fullLog, fields } = line({ ...sshd, full_log: text, data: { text } });
  equal(fullLog, text);
  deepEqual(fields, [["text", text]]);
});

test("an expression for times is quick on texts that are nearly one", () => {
  const startMs = performance.now();
  for (const text of ["2026-11-25T10:00:00.".padEnd(80_000, "1"), "9".repeat(80_000), "-".repeat(80_000)]) {
    equal(line({ ...bySyslog, timestamp: text }).timeMs, undefined);
  }
  ok(performance.now() - startMs < 1_000);
});

test("whatever an alert is made of, its line is texts and numbers", () => {
  const wrong = fc.oneof(fc.jsonValue(), fc.constantFrom(undefined, Number.NaN, Infinity, [], {}, "x"));
  const member = fc.constantFrom(...Object.keys(sshd), "__proto__");
  const inner = fc.constantFrom("id", "name", "level", "groups", "mitre", "srcip", "node", "description", "__proto__");
  const value = fc.oneof(wrong, fc.dictionary(inner, wrong));
  fc.assert(
    fc.property(fc.oneof(wrong, fc.dictionary(member, value)), (alert) => {
      doesNotThrow(() => line(alert));
      const { level, timeMs, groups, fields, mitre, ...texts } = line(alert);
      ok(Number.isFinite(level));
      ok(timeMs === undefined || Number.isFinite(timeMs));
      const all = [...Object.values(texts), ...groups, ...fields.flat(), ...Object.values(mitre).flat()];
      ok(all.every((text) => typeof text === "string"));
    }),
  );
});

test("says who did it to whom, as far as it is known", () => {
  const agent = { id: "012", name: "web-02" };
  const parties = (alert: Record<string, unknown>): string => partiesOf(line({ id: "1.1", ...alert }));
  equal(
    parties({ agent, data: { srcip: "203.0.113.9", dstuser: "deploy" } }),
    "203.0.113.9 to web-02 012, user deploy",
  );
  equal(parties({ agent, data: {} }), "web-02 012");
  const file = { location: "/var/log/auth.log", data: { srcuser: "eve" } };
  equal(parties({ ...file, predecoder: { hostname: "web-01" } }), "web-01, user eve");
  equal(parties({ location: "203.0.113.9", data: { srcip: "203.0.113.9" } }), "203.0.113.9");
  equal(parties({ data: { srcip: "203.0.113.9" }, cluster: { node: "worker-node1" } }), "203.0.113.9 to worker-node1");
  equal(parties({ data: { srcip: "203.0.113.9" } }), "203.0.113.9");
  equal(parties({}), "");
});
