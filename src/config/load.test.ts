import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { configFrom, problemsOf } from "../../test/support/config-text.ts";
import { port, section, text, textList, type Section } from "./schema.ts";

const help = "Helps.";
const merged = section("global", {
  ...{ help, options: { a: text({ help }), b: text({ help, initial: "-" }), many: textList({ help }) } },
});
const repeated = section("remote", { help, repeat: true, options: { port: port({ help, initial: 1_514 }) } });
const tables: readonly Section[] = [merged, repeated];
const worker = { name: "w1", role: "worker" } as const;
const ports = (texts: Parameters<typeof configFrom>[1]): number[] =>
  configFrom(tables, texts)
    .all(repeated)
    .map((one) => one.values.port);

test("takes sections within one root, several, or none", () => {
  const remote = (number: number): string => `<remote><port>${number}</port></remote>`;
  const shared = `<ossec_config>${remote(1)}</ossec_config> ${remote(2)} <ossec_config>${remote(3)}</ossec_config>`;
  deepEqual(ports({ shared }), [1, 2, 3]);
});

test("merges a section that is not repeated: the later option wins, lists add up", () => {
  const shared = "<global><a>1</a><many>x</many></global><global><a>2</a><b>3</b><many>y</many></global>";
  const { values } = configFrom(tables, { shared }).one(merged);
  deepEqual(values, { a: "2", b: "3", many: ["x", "y"] });
});

test("of options that belong together those of the later section stand, and the others are named", () => {
  const lists = section("lists", {
    ...{ help, groups: [["x", "y"]] },
    options: { x: textList({ help }), y: textList({ help }), z: textList({ help }) },
  });
  const shared = "<lists><x>1</x><y>1</y><z>1</z></lists>\n<lists><z>2</z></lists>\n<lists><y>3</y><y>4</y></lists>";
  const configuration = configFrom([lists], { shared });
  const { values, places } = configuration.one(lists);
  deepEqual(values, { x: [], y: ["3", "4"], z: ["1", "2"] });
  deepEqual([...places.keys()].sort(), ["y", "z"]);
  deepEqual(problemsOf(configuration), [
    "ossec.conf:1:8: warning: <x> has no effect: a later <lists> has <y>",
    "ossec.conf:1:16: warning: <y> has no effect: a later <lists> has <y>",
  ]);
});

test("gives the defaults, and no place, where a section is not written", () => {
  const configuration = configFrom(tables, {});
  const { values, place } = configuration.one(merged);
  deepEqual([values, place], [{ a: undefined, b: "-", many: [] }, undefined]);
  deepEqual(configuration.all(repeated), []);
  equal(configuration.placeOf("global"), undefined);
});

test("knows where a section and its options stand", () => {
  const configuration = configFrom(tables, { shared: "<ossec_config>\n <global>\n  <a>1</a></global></ossec_config>" });
  const { place, places } = configuration.one(merged);
  deepEqual([place?.line, places.get("a")?.line, places.get("a")?.column, places.has("b")], [2, 3, 3, false]);
  equal(configuration.placeOf("GLOBAL")?.line, 2);
});

test("keeps a section to the nodes that it names, by name or by role", () => {
  const shared = `<remote nodes="w1 w2"><port>1</port></remote><remote nodes="master"><port>2</port></remote>
    <remote nodes="worker"><port>3</port></remote><remote><port>4</port></remote>`;
  deepEqual(ports({ shared, self: worker }), [1, 3, 4]);
  deepEqual(ports({ shared }), [2, 4]);
  deepEqual(ports({ shared, self: { name: undefined, role: "master" } }), [2, 4]);
});

test("says nothing of what is wrong in a section of another node's", () => {
  const shared = `<remote nodes="w2"><port>nonsense</port></remote><nothing nodes="w2"/>`;
  deepEqual(problemsOf(configFrom(tables, { shared, self: worker })), []);
});

test("refuses nodes that are none", () => {
  const configuration = configFrom(tables, { shared: `<remote nodes="../x"/><remote nodes=" "/>` });
  deepEqual(problemsOf(configuration), [
    `ossec.conf:1:9: error: nodes="…" must name nodes, or say master or worker`,
    `ossec.conf:1:31: error: nodes="…" must name nodes, or say master or worker`,
  ]);
  ok(!configuration.isUsable);
});

test("adds the node's own sections behind the shared ones", () => {
  deepEqual(ports({ shared: "<remote><port>1</port></remote>", own: "<remote><port>2</port></remote>" }), [1, 2]);
  const texts = { shared: "<global><a>1</a><b>1</b></global>", own: "<global><a>2</a></global>" };
  deepEqual(configFrom(tables, texts).one(merged).values, { a: "2", b: "1", many: [] });
});

test("replaces all shared sections of a name where the node's own says so", () => {
  const shared = "<remote><port>1</port></remote><remote><port>2</port></remote><global><a>1</a></global>";
  const own = `<remote mode="replace"><port>3</port></remote><remote><port>4</port></remote>`;
  const configuration = configFrom(tables, { shared, own });
  deepEqual(
    configuration.all(repeated).map((one) => one.values.port),
    [3, 4],
  );
  equal(configuration.one(merged).values.a, "1");
});

test("does not replace by a section that is meant for another node", () => {
  const texts = { shared: "<remote><port>1</port></remote>", own: `<remote mode="replace" nodes="w9"/>`, self: worker };
  deepEqual(ports(texts), [1]);
});

test("refuses <cluster> in ossec.node.conf, and a mode that is none", () => {
  const own = `<remote/>\n<cluster><name>x</name></cluster>\n<remote mode="merge"/>`;
  deepEqual(problemsOf(configFrom(tables, { own })), [
    "ossec.node.conf:2:1: error: <cluster> may stand in ossec.conf only",
    `ossec.node.conf:3:9: error: mode="…" must be add or replace`,
  ]);
});

test("warns of a mode in ossec.conf, and of attributes that mean nothing", () => {
  const shared = `<remote mode="replace"/><remote node="w1"/>`;
  deepEqual(problemsOf(configFrom(tables, { shared })), [
    `ossec.conf:1:9: warning: mode="…" has an effect in ossec.node.conf only`,
    `ossec.conf:1:33: warning: node="…" means nothing at <remote>`,
  ]);
});

test("tells a section that nobody knows from one that is not supported yet; neither keeps the node from starting", () => {
  const configuration = configFrom(tables, { shared: "<syscheck/>\n<siscek/>\n<Vulnerability-Detection/>" });
  deepEqual(problemsOf(configuration), [
    "ossec.conf:1:1: warning: <syscheck> is not supported yet and has no effect",
    "ossec.conf:2:1: warning: <siscek> is not a section of ossec.conf and has no effect",
    "ossec.conf:3:1: warning: <Vulnerability-Detection> is not supported yet and has no effect",
  ]);
  ok(configuration.isUsable);
});

test("of a section that has no effect its attributes have none either, and that is said once", () => {
  const shared = `<wodle name="syscollector" mode="merge"/>\n<wodel name="x"/>`;
  deepEqual(problemsOf(configFrom(tables, { shared })), [
    "ossec.conf:1:1: warning: <wodle> is not supported yet and has no effect",
    "ossec.conf:2:1: warning: <wodel> is not a section of ossec.conf and has no effect",
  ]);
});

test("checks a section of which an option was refused for all that is wrong besides, and not for that option", () => {
  const checked = section("global", {
    ...{ help, options: { a: port({ help, initial: 1 }), b: text({ help }), c: text({ help }) } },
    check(values, refuse, warn) {
      if (values.a === 1) refuse("a", "is not written");
      if (values.b === "weak") warn("b", "is weak");
      if (values.c === undefined) refuse("c", "must be written");
    },
  });
  const shared = "<global><a>x</a><b>weak</b></global>";
  deepEqual(problemsOf(configFrom([checked], { shared })), [
    "ossec.conf:1:1: error: <c>: must be written",
    'ossec.conf:1:9: error: <a> must be a whole number from 1 to 65535, not "x"',
    "ossec.conf:1:17: warning: <b>: is weak",
  ]);
});

test("names problems by file, then line, then column", () => {
  const bad = "<port>x</port>";
  const texts = { shared: `<z/>\n<remote>${bad}</remote><y/>`, own: `<remote>${bad}</remote>` };
  deepEqual(
    problemsOf(configFrom(tables, texts)).map((problem) => problem.split(": ")[0]),
    ["ossec.conf:1:1", "ossec.conf:2:9", "ossec.conf:2:32", "ossec.node.conf:1:9"],
  );
});

test("gives a section only to the table that it was read by", () => {
  const other = section("remote", { help, repeat: true, options: {} });
  throws(() => configFrom(tables, {}).all(other), /was not read by this table/);
  throws(() => configFrom(tables, {}).one(repeated), /several times/);
});
