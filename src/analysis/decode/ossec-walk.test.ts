import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { must } from "../../base/assert.ts";
import { describeProblem } from "../../config/problem.ts";
import type { EngineEvent } from "../../model/alert.ts";
import { DecodedEvent } from "../decoded-event.ts";
import { decodeEvent, type DecoderSet, loadDecoders } from "./decoder-set.ts";

const event = (log: string): EngineEvent => ({
  ...{ queue: "1", agentId: "000", agentName: "", agentIp: "", location: "/var/log/x", log, isTruncated: false },
  ...{ eventMs: 0, receivedMs: 0, node: "master", host: "master.example", isHidden: false },
});

function load(text: string): DecoderSet {
  const problems: string[] = [];
  const set = loadDecoders([{ path: "d.xml", text }], (problem) => problems.push(describeProblem(problem)), "ossec");
  deepEqual(problems, []);
  return set;
}

/** `decoder name=value …`, in words. */
function decode(set: DecoderSet, log: string): string {
  const { decoder, fields, dynamicFields } = decodeEvent(set, event(log), new DecodedEvent()).toDecoded();
  const all = [...Object.entries(fields), ...dynamicFields.map(({ name, value }) => [name, value])];
  return [decoder?.name ?? "(none)", ...all.map(([name, value]) => `${name}=${value}`)].join(" ");
}

const root = (name: string, inner: string): string => `<decoder name="${name}">${inner}</decoder>`;
const child = (name: string, inner: string): string => root(name, `<parent>p</parent>${inner}`);
const own = "<use_own_name>true</use_own_name>";
const p = root("p", "<prematch>^p: </prematch>");
const regex = (pattern: string, order: string, offset = "after_parent"): string =>
  `<pcre2 offset="${offset}">${pattern}</pcre2><order>${order}</order>`;

// ruleset-spec 3.5, OSSEC.
test("a child without a prematch becomes the event's decoder when its regex matches, and not before", () => {
  const set = load(p + child("c", own + regex("^(\\d+)", "id")));
  equal(decode(set, "p: 12"), "c id=12");
  equal(decode(set, "p: x"), "p");
});

test("each member of a chain that matches becomes the event's decoder in its turn", () => {
  const chain =
    child("c", `${own}<type>ids</type>${regex("^(\\d+)", "id")}`) +
    child("c", `<type>firewall</type>${regex("x=(\\w+)", "data", "after_regex")}`);
  const set = load(p + chain);
  const type = (log: string): string | undefined => decodeEvent(set, event(log), new DecodedEvent()).decoder?.type;
  deepEqual(
    [type("p: 12"), type("p: 12 x=y"), type("p: x=y"), type("p: -")],
    ["ids", "firewall", "firewall", "syslog"],
  );
  equal(decode(set, "p: 12 x=y"), "p id=12 data=y");
});

test("a prematch makes a child the event's decoder even where its regex fails", () => {
  const set = load(p + child("c", `${own}<prematch offset="after_parent">^x</prematch>${regex("(\\d)", "id")}`));
  equal(decode(set, "p: x"), "c");
});

test("a group that took no part is skipped, and the groups behind it move left; an empty one stays", () => {
  const set = load(p + child("c", regex("^(?:a(\\d)|b(\\d))(x*)=(\\w)", "srcip,id,status")));
  equal(decode(set, "p: b1x=y"), "p srcip=1 id=x status=y");
  equal(decode(set, "p: b1=y"), "p srcip=1 id= status=y");
  equal(decode(set, "p: a2=y"), "p srcip=2 id= status=y");
});

test("a group that may be left out, and matches nothing instead, keeps its place in the order", () => {
  const set = load(root("r", "<prematch>^r: </prematch><pcre2>^r: (\\S*)? ?(q)$</pcre2><order>srcuser,url</order>"));
  equal(decode(set, "r: q"), "r srcuser= url=q");
  equal(decode(set, "r: u q"), "r srcuser=u url=q");
});

test("a plugin reads the whole log and ends decoding", () => {
  const set = load(p + child("c", regex("^(\\w)", "id")) + child("c", regex("(\\w)", "status", "after_regex")));
  equal(decode(set, "p: ab"), "p id=a status=b");
  const first = must(set.decoders[1]);
  first.plugin = (decoded, from) => void (decoded.fields.url = String(from));
  equal(decode(set, "p: ab"), "p url=0");
});

test("a later decoder of a chain writes over the dynamic field in the same slot, whatever its name", () => {
  const set = load(
    p +
      child("c", regex("^(\\w)(\\w)", "one,two")) +
      child("c", regex("^(\\w)", "three", "after_regex")) +
      child("c", regex("^(\\w)(\\w)(\\w)", "id,four,five", "after_regex")),
  );
  equal(decode(set, "p: ab"), "p one=a two=b");
  equal(decode(set, "p: abc"), "p three=c two=b");
  equal(decode(set, "p: abcdef"), "p id=d three=c four=e five=f");
  equal(decode(set, "p: ab"), "p one=a two=b");
});

test("the slots of one event are none of the next", () => {
  const shifted = root("q", `<prematch>^q: </prematch>${regex("(\\w)(\\w)", "id,second", "after_prematch")}`);
  const set = load(p + child("c", regex("^(\\w)(\\w)", "one,two")) + shifted);
  equal(decode(set, "q: ab"), "q id=a second=b");
  equal(decode(set, "p: cd"), "p one=c two=d");
});

test("a dynamic field is found by the name that it has last", () => {
  const set = load(p + child("c", regex("^(\\w)", "one")) + child("c", regex("(\\w)", "two", "after_regex")));
  const decoded = decodeEvent(set, event("p: ab"), new DecodedEvent());
  deepEqual([decoded.dynamic("one"), decoded.dynamic("two")], [undefined, "b"]);
});

test("a root with children never runs its own regex, one without does", () => {
  const inner = `<prematch>^p: </prematch>${regex("(\\d)", "id", "after_prematch")}`;
  equal(decode(load(root("p", inner)), "p: 1"), "p id=1");
  equal(decode(load(root("p", inner) + child("c", regex("(x)", "id"))), "p: 1"), "p");
});

test("a child whose prematch fails is passed over with its whole chain", () => {
  const set = load(
    p +
      child("c", `<prematch offset="after_parent">^x</prematch>${regex("(\\d)", "id")}`) +
      child("c", regex("(\\w)$", "id", "after_parent")) +
      child("d", own + regex("(\\w)$", "status")),
  );
  equal(decode(set, "p: yz"), "d status=z");
});
