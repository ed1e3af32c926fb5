import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { inspect } from "node:util";
import { test } from "node:test";
import { configFrom, problemsOf } from "../../test/support/config-text.ts";
import * as schema from "./schema.ts";
import { Secret } from "./secret.ts";
import type { Option, Options, Values } from "./schema.ts";

/** Reads `<s>inner</s>` by a table of one option, `<o>`; gives its value, or the problem in place of it. */
function valueOf<T>(option: Option<T>, inner: string): unknown {
  const section = schema.section("s", { help: "A section.", options: { o: option } });
  const configuration = configFrom([section], { shared: `<s>${inner}</s>` });
  const [problem] = problemsOf(configuration);
  return problem ?? configuration.one(section).values.o;
}
const help = "Helps.";
const refusal = (message: string): string => `ossec.conf:1:4: error: <o> ${message}`;

test("a text is trimmed, decoded as UTF-8 and bounded", () => {
  const option = schema.text({ help, bytesMax: 4 });
  equal(valueOf(option, "<o>\n ab </o>"), "ab");
  equal(valueOf(option, "<o>üé</o>"), "üé");
  equal(valueOf(option, "<o>üéx</o>"), refusal('must not be longer than 4 bytes, not "üéx"'));
  equal(valueOf(option, "<o> </o>"), refusal("must not be empty"));
  equal(valueOf(option, ""), undefined);
  equal(valueOf(schema.text({ help, initial: "x" }), ""), "x");
});

test("a text that is not UTF-8 keeps its bytes as latin1", () => {
  const place = { file: "f", line: 1, column: 1, offset: 0 };
  const element = (content: string) => ({ ...{ name: "o", attributes: [], children: [], place }, content });
  equal(schema.textOf(element("a\u00ff")), "a\u00ff");
  equal(schema.textOf(element("a\u00c3\u00bc")), "aü");
  equal(schema.textOf(element("\u00ef\u00bf\u00bd")), "\ufffd");
});

test("a text with a pattern is refused in the pattern's words", () => {
  const option = schema.text({ help, pattern: { test: /^[a-z]+$/, form: "letters", refusal: "must be of letters" } });
  equal(valueOf(option, "<o>abc</o>"), "abc");
  equal(valueOf(option, "<o>a1</o>"), refusal('must be of letters, not "a1"'));
  equal(option.form, "letters");
});

test("a refused text is shown short and on one line", () =>
  equal(
    valueOf(schema.integer({ help, min: 0, max: 9 }), `<o>\u001b[2J${"x".repeat(100)}</o>`),
    refusal(`must be a whole number from 0 to 9, not "\\x1b[2J${"x".repeat(56)}…"`),
  ));

test("an integer is whole, decimal and within its limits", () => {
  const option = schema.integer({ help, initial: 5, min: -2, max: 10 });
  deepEqual(
    ["-2", "+3", "010", "10"].map((text) => valueOf(option, `<o>${text}</o>`)),
    [-2, 3, 10, 10],
  );
  for (const wrong of ["-3", "11", "1.5", "1e1", "0x1", "five", "", "9".repeat(30), "NaN"]) {
    ok(String(valueOf(option, `<o>${wrong}</o>`)).includes("must be a whole number from -2 to 10"), wrong);
  }
});

test("a port is 1 to 65535", () => {
  deepEqual(
    [1, 65_535].map((port) => valueOf(schema.port({ help }), `<o>${port}</o>`)),
    [1, 65_535],
  );
  for (const wrong of [0, 65_536])
    ok(String(valueOf(schema.port({ help }), `<o>${wrong}</o>`)).includes("from 1 to 65535"));
});

test("a word is one of the table's, whatever its case, or another name for one", () => {
  const option = schema.oneOf(["master", "worker"], { help, aliases: { client: "worker" } });
  deepEqual(
    ["master", "Worker", "CLIENT"].map((word) => valueOf(option, `<o>${word}</o>`)),
    ["master", "worker", "worker"],
  );
  equal(valueOf(option, "<o>slave</o>"), refusal('must be master or worker, not "slave"'));
  // The table's words are looked up, not a property of any object.
  equal(valueOf(option, "<o>constructor</o>"), refusal('must be master or worker, not "constructor"'));
});

test("yes and no are the only answers", () => {
  const option = schema.yesNo({ initial: true, help });
  deepEqual(
    ["yes", "NO"].map((word) => valueOf(option, `<o>${word}</o>`)),
    [true, false],
  );
  equal(valueOf(option, "<o>1</o>"), refusal('must be yes or no, not "1"'));
});

test("a duration has a unit or is in seconds", () => {
  const option = schema.duration({ help, initial: "10m", min: "0s", max: "2w" });
  deepEqual(
    ["250ms", "5", "5s", "2 m", "1h", "1D", "1w", "0"].map((text) => valueOf(option, `<o>${text}</o>`)),
    [250, 5_000, 5_000, 120_000, 3_600_000, 86_400_000, 604_800_000, 0],
  );
  equal(valueOf(option, ""), 600_000);
  equal(option.initialText, "10m");
  equal(valueOf(option, "<o>3w</o>"), refusal('must be from 0s to 2w, not "3w"'));
  for (const wrong of ["", "s", "1.5h", "-1s", "1y"])
    ok(String(valueOf(option, `<o>${wrong}</o>`)).includes("must be a duration"));
});

test("a size is bytes in powers of 1,024, or a share", () => {
  const option = schema.size({ help, initial: "10%", min: "1KiB" });
  const bytes = (count: number) => ({ kind: "bytes", bytes: count });
  deepEqual(
    ["1024", "2k", "2KB", "1.5 MiB", "20GiB", "1T"].map((text) => valueOf(option, `<o>${text}</o>`)),
    [bytes(1_024), bytes(2_048), bytes(2_048), bytes(1_572_864), bytes(20 * 1_024 ** 3), bytes(1_024 ** 4)],
  );
  deepEqual(valueOf(option, "<o>12.5%</o>"), { kind: "percent", percent: 12.5 });
  deepEqual(valueOf(option, ""), { kind: "percent", percent: 10 });
  equal(valueOf(option, "<o>1023</o>"), refusal('must be at least 1KiB, not "1023"'));
  for (const wrong of ["", "0%", "101%", "x", "1PiB", "-1", "999999999999999T"]) {
    ok(String(valueOf(option, `<o>${wrong}</o>`)).includes("must be a size"), wrong);
  }
});

test("an address is normalised", () => {
  equal(valueOf(schema.address({ help }), "<o>FD00:0::1</o>"), "fd00::1");
  equal(
    valueOf(schema.address({ help }), "<o>master.example</o>"),
    refusal('must be an IPv4 or IPv6 address, not "master.example"'),
  );
});

test("a secret is never shown: not by its problem, nor by any way of printing it", () => {
  const value = valueOf(schema.secret({ help }), "<o>hunter2</o>");
  ok(value instanceof Secret);
  for (const printed of [
    String(value),
    `${JSON.stringify({ value })}`,
    inspect({ value }, { depth: 9, showHidden: true }),
  ]) {
    ok(!printed.includes("hunter2"), printed);
  }
  const problem = String(valueOf(schema.secret({ help, bytesMax: 3 }), "<o>hunter2</o>"));
  equal(problem, refusal("must not be longer than 3 bytes"));
});

test("a list adds up its elements, and several values in one where its kind says so", () => {
  deepEqual(valueOf(schema.textList({ help }), "<o>a b</o><o>c</o>"), ["a b", "c"]);
  deepEqual(valueOf(schema.wordList(["tcp", "udp"], { help }), "<o>UDP, tcp,udp</o>"), ["udp", "tcp"]);
  const cidrs = valueOf(schema.cidrList({ help }), "<o>10.0.0.0/8, 127.0.0.1</o><o>::1</o>");
  deepEqual(Array.isArray(cidrs) && cidrs.map((cidr: { text: string }) => cidr.text), [
    "10.0.0.0/8",
    "127.0.0.1/32",
    "::1/128",
  ]);
  const addresses = valueOf(schema.addressList({ help }), "<o>127.0.0.1 ::1</o>");
  deepEqual(Array.isArray(addresses) && addresses.map((one: { text: string }) => one.text), ["127.0.0.1", "::1"]);
});

test("a list refuses an element that holds anything unusable", () => {
  equal(valueOf(schema.wordList(["tcp"], { help }), "<o>tcp,sctp</o>"), refusal('must be of tcp, not "tcp,sctp"'));
  equal(
    valueOf(schema.cidrList({ help }), "<o>10.0.0.0/8 x</o>"),
    refusal('must be an address or a block such as 10.0.0.0/8, not "10.0.0.0/8 x"'),
  );
  equal(
    valueOf(schema.addressList({ help }), "<o>127.0.0.1 x</o>"),
    refusal('must be an IPv4 or IPv6 address, not "127.0.0.1 x"'),
  );
  equal(
    valueOf(schema.textList({ help, countMax: 1 }), "<o>a</o><o>b</o>"),
    "ossec.conf:1:12: error: <o> may not have more than 1 values",
  );
});

test("an entry keeps the attributes that its table names, and its place", () => {
  const [entry] = valueOf(
    schema.entries({ help, attributes: { pattern: "P." } }),
    `<o pattern=".x$">etc/rules</o>`,
  ) as schema.Entry[];
  deepEqual(entry, {
    text: "etc/rules",
    attributes: { pattern: ".x$" },
    place: { file: "ossec.conf", line: 1, column: 4, offset: 3 },
  });
});

test("entries and blocks are bounded in number, and the first one too many is pointed at", () => {
  const beyond = refusal("may not be written more than 4096 times").replace("1:4", `1:${4 + 4_096 * 4}`);
  equal(valueOf(schema.blocks({ help, options: {} }), "<o/>".repeat(4_097)), beyond);
  const long = "<o>1</o>".repeat(4_097);
  equal(valueOf(schema.entries({ help, attributes: {} }), long), beyond.replace(/1:\d+/, `1:${4 + 4_096 * 8}`));
});

test("an attribute that the table does not name is warned about", () => {
  equal(valueOf(schema.text({ help }), `<o z="1">x</o>`), `ossec.conf:1:7: warning: z="…" means nothing at <o>`);
  equal(
    valueOf(schema.entries({ help, attributes: { pattern: "P." } }), `<o pattrn=".x$">x</o>`),
    `ossec.conf:1:7: warning: pattrn="…" means nothing at <o>`,
  );
});

test("a block has options of its own, merged where it is repeated", () => {
  const option = schema.block({ help, options: { a: schema.text({ help }), b: schema.port({ help, initial: 7 }) } });
  deepEqual(valueOf(option, "<o><a>1</a></o>"), { a: "1", b: 7 });
  deepEqual(valueOf(option, ""), { a: undefined, b: 7 });
  equal(valueOf(option, "<o><c>1</c></o>"), "ossec.conf:1:7: warning: <c> is not an option of <o> and has no effect");
});

test("blocks are one value each, with the places of their options", () => {
  const option = schema.blocks({ help, options: { a: schema.text({ help }) } });
  const found = valueOf(option, "<o><a>1</a></o>\n<o/>") as schema.LocatedValues<{ a: Option<string | undefined> }>[];
  deepEqual(
    found.map(({ values, place, places }) => [values.a, place?.line, places.get("a")?.column]),
    [
      ["1", 1, 7],
      [undefined, 2, undefined],
    ],
  );
});

test("an option that is not supported yet is named each time it is written, unless it asks for what is so", () => {
  const section = schema.section("s", {
    help,
    options: { o: schema.unsupported("Not yet.", "no"), n: schema.needless("No need.") },
  });
  const configuration = configFrom([section], { shared: "<s><o>1</o>\n<o x='1'/><n/><n x='1'/><o> No </o></s>" });
  deepEqual(problemsOf(configuration), [
    "ossec.conf:1:4: warning: <o> is not supported yet and has no effect",
    "ossec.conf:2:1: warning: <o> is not supported yet and has no effect",
  ]);
  deepEqual(configuration.one(section).values, { o: undefined, n: undefined });
});

test("an unknown option is named, and one that is written twice is pointed at", () => {
  const section = schema.section("s", { help, options: { o: schema.text({ help }) } });
  const configuration = configFrom([section], { shared: "<s><O>1</O><p>2</p><o>3</o></s>" });
  deepEqual(problemsOf(configuration), [
    "ossec.conf:1:12: warning: <p> is not an option of <s> and has no effect",
    "ossec.conf:1:20: warning: <o> is written again in the same <s>; this one counts",
  ]);
  equal(configuration.one(section).values.o, "3");
});

test("a check speaks at the option where it is written, and at the section where it is not", () => {
  const options = { a: schema.text({ help }), b: schema.text({ help }) };
  const section = schema.section("s", {
    ...{ help, options },
    check(values: Values<typeof options>, refuse, warn) {
      refuse("b", "must be there");
      warn("a", `is ${values.a ?? "absent"}`);
    },
  });
  deepEqual(problemsOf(configFrom([section], { shared: "\n<s>\n<a>1</a></s>" })), [
    "ossec.conf:2:1: error: <b>: must be there",
    "ossec.conf:3:1: warning: <a>: is 1",
  ]);
});

test("a check is not asked about a section that nobody wrote, nor about one with an unusable value", () => {
  const section = schema.section("s", {
    ...{ help, options: { a: schema.port({ help }) } },
    check: (_, refuse) => refuse("a", "asked"),
  });
  deepEqual(problemsOf(configFrom([section], {})), []);
  equal(problemsOf(configFrom([section], { shared: "<s><a>0</a></s>" })).length, 1);
});

test("values are frozen, lists and blocks too", () => {
  const options: Options = {
    a: schema.textList({ help }),
    b: schema.block({ help, options: { c: schema.textList({ help }) } }),
    d: schema.blocks({ help, options: {} }),
    e: schema.entries({ help, attributes: {} }),
  };
  const section = schema.section("s", { help, options });
  for (const shared of ["", "<s><a>1</a><b><c>2</c></b><d/><e>3</e></s>"]) {
    const located = configFrom([section], { shared }).one(section);
    const { a, b, d, e } = located.values;
    for (const value of [located, located.values, a, b, d, e]) ok(Object.isFrozen(value), inspect(value));
  }
});

test("a table with a default that is none does not load", () => {
  throws(() => schema.duration({ help, initial: "soon", min: "1s", max: "2s" }), /duration in a table/);
  throws(() => schema.size({ help, initial: "much" }), /size in a table/);
  throws(() => schema.section("S!", { help, options: {} }), /no name for a section/);
});
