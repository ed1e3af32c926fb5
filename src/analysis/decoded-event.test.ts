import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { EngineEvent } from "../model/alert.ts";
import { DecodedEvent, DYNAMIC_FIELDS_MAX, staticFieldNames, staticFieldOf } from "./decoded-event.ts";

const event = (over: Partial<EngineEvent> = {}): EngineEvent => ({
  queue: "1",
  agentId: "000",
  agentName: "",
  agentIp: "",
  location: "/var/log/syslog",
  log: "Dec 29 10:00:01 web sshd[1]: text",
  isTruncated: false,
  eventMs: 0,
  receivedMs: 0,
  node: "master",
  host: "master.example.net",
  isHidden: false,
  ...over,
});

test("a field that is set twice: look-ups give the first value, the list both", () => {
  const decoded = new DecodedEvent().reset(event());
  decoded.addDynamic("User", "user", "anna");
  decoded.addDynamic("user", "user", "berta");
  equal(decoded.dynamic("user"), "anna");
  deepEqual(decoded.toDecoded().dynamicFields, [
    { name: "User", value: "anna" },
    { name: "user", value: "berta" },
  ]);
});

test("look-ups answer alike with few fields and with many, also while they are being added", () => {
  const decoded = new DecodedEvent().reset(event());
  for (let index = 0; index < 40; index += 1) {
    decoded.addDynamic(`F${index % 30}`, `f${index % 30}`, String(index));
    equal(decoded.dynamic("f0"), "0");
    equal(decoded.dynamic(`f${index % 30}`), String(index % 30));
  }
  equal(decoded.dynamic("f31"), undefined);
  equal(decoded.dynamic("__proto__"), undefined);
});

test("fields beyond the limit are dropped and counted", () => {
  const decoded = new DecodedEvent().reset(event());
  for (let index = 0; index < DYNAMIC_FIELDS_MAX + 3; index += 1) decoded.addDynamic(`f${index}`, `f${index}`, "x");
  deepEqual([decoded.dynamicNames.length, decoded.droppedFields], [DYNAMIC_FIELDS_MAX, 3]);
});

test("nothing of one event is seen in the next", () => {
  const decoded = new DecodedEvent().reset(event());
  for (const name of staticFieldNames) decoded.fields[name] = "x";
  for (let index = 0; index < 20; index += 1) decoded.addDynamic(`f${index}`, `f${index}`, "x");
  equal(decoded.dynamic("f19"), "x");
  Object.assign(decoded, { programName: "sshd", timestamp: "now", headerHost: "web", droppedFields: 1 });
  Object.assign(decoded, { isPassedOver: true, isNews: true, syscheck: { event: "added", path: "/" } });
  decoded.reset(event({ log: "other" }));
  deepEqual(decoded.toDecoded(), {
    predecoder: { programName: undefined, timestamp: undefined, hostname: undefined },
    decoder: undefined,
    fields: {},
    syscheck: undefined,
    dynamicFields: [],
  });
  deepEqual(
    [decoded.dynamic("f19"), decoded.log.raw, decoded.log.lower, decoded.droppedFields],
    [undefined, "other", "other", 0],
  );
  deepEqual([decoded.isPassedOver, decoded.isNews], [false, undefined]);
});

test("the host that rules see: the agent's name, else the log's own host, else the node's up to its first dot", () => {
  const decoded = new DecodedEvent().reset(event());
  equal(decoded.hostname, "master");
  decoded.headerHost = "web";
  equal(decoded.hostname, "web");
  decoded.reset(event({ agentId: "001", agentName: "dmz-1" }));
  decoded.headerHost = "web";
  equal(decoded.hostname, "dmz-1");
});

test("an answer shows the host only of a header of the strict form", () => {
  const hostOf = (log: string): string | undefined =>
    new DecodedEvent().reset(event({ log })).toDecoded().predecoder.hostname;
  deepEqual(
    ["Dec 29 10:00:01 web sshd: x", "2015 Dec 29 10:00:01 web sshd: x", "Dec 29 10:00:01 web", "x"].map(hostOf),
    ["web", undefined, undefined, undefined],
  );
});

test("fields with empty values are kept and absent ones are left out", () => {
  const decoded = new DecodedEvent().reset(event());
  decoded.fields.srcuser = "";
  decoded.fields.srcip = "192.0.2.7";
  deepEqual(Object.entries(decoded.toDecoded().fields), [
    ["srcip", "192.0.2.7"],
    ["srcuser", ""],
  ]);
});

test("user is another word for dstuser, whatever its case", () => {
  deepEqual(["user", "DstUser", "srcip", "system_name", "systemname", "tty"].map(staticFieldOf), [
    "dstuser",
    "dstuser",
    "srcip",
    "system_name",
    undefined,
    undefined,
  ]);
});

// ruleset-spec 1.1: `[ID] (NAME) IP->rest`, `[ID] rest` and a plain location, as they are taken apart.
test("rules see an agent's location with its name and its address, and its name as the host", () => {
  const seen = (over: Partial<EngineEvent>): string[] => {
    const { location, hostname } = new DecodedEvent().reset(event({ location: "/var/log/x", ...over }));
    return [location, hostname];
  };
  deepEqual(seen({ agentId: "007", agentName: "web", agentIp: "10.0.0.7" }), ["(web) 10.0.0.7->/var/log/x", "web"]);
  deepEqual(seen({ agentId: "007", agentName: "web", agentIp: "any" }), ["(web) any->/var/log/x", "web"]);
  deepEqual(seen({ agentId: "007", agentName: "web" }), ["(web) any->/var/log/x", "web"]);
  deepEqual(seen({ agentId: "007" }), ["/var/log/x", ""]);
  deepEqual(seen({ agentId: "007", location: "" }), ["", ""]);
  deepEqual(seen({}), ["/var/log/x", "master"]);
});

test("a log that a decoder has rewritten takes the place of what was taken in", () => {
  const decoded = new DecodedEvent().reset(event({ log: "before" }));
  const { event: taken } = decoded;
  decoded.rewrite("after");
  deepEqual([decoded.event.log, decoded.log.raw, taken.log], ["after", "after", "before"]);
});
