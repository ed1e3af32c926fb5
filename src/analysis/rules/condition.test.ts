import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { eventOf, play, problemsOf, ruleOf, rulesetOf, type RulesetParts } from "../../../test/support/ruleset.ts";
import type { EngineEvent, StaticFieldName } from "../../model/alert.ts";
import { Engine } from "../engine.ts";

const rule = (id: number, level: number, inside: string, attributes = ""): string =>
  `<rule id="${id}" level="${level}" ${attributes}>${inside}<description>rule ${id}</description></rule>`;
/** Problems without their places. */
const said = (rules: string, parts: RulesetParts = {}): string[] =>
  problemsOf(rules, parts).map((problem) => problem.replace(/^\S+ /, ""));

/** Any static field in one log: `srcip=1.2.3.4`. */
const names: readonly StaticFieldName[] = [
  ...(["protocol", "action", "srcip", "srcport", "srcuser", "dstip", "dstport", "dstuser", "id", "status"] as const),
  ...(["url", "data", "extra_data", "system_name"] as const),
];
const decoders = [
  '<decoder name="any"><prematch>^any: </prematch></decoder>',
  ...names.map(
    (name) => `<decoder name="f"><parent>any</parent><regex> ${name}=(\\S+)</regex><order>${name}</order></decoder>`,
  ),
  '<decoder name="f"><parent>any</parent><regex> extra=(\\S+)</regex><order>Extra.Name</order></decoder>',
].join("");
const answers = (rules: string, ...logs: (string | EngineEvent)[]): number[] =>
  logs.map((log) => {
    const event = typeof log === "string" ? eventOf(`any: ${log}`) : log;
    return ruleOf(new Engine(rulesetOf(rules, { decoders })).answer(event));
  });

// ── ruleset-spec 4.1, 5.1: expressions ─────────────────────────────────────────────────────────────────────────────

const expressions = [
  ...["id", "url", "status", "data", "extra_data", "srcport", "dstport", "protocol", "system_name", "action"],
];

test("each expression looks at its own value, by OS_Match unless a type is given; action is equality", () => {
  for (const name of expressions) {
    const whole = rule(100, 5, `<${name}>Abc</${name}>`);
    const expected = name === "action" ? [0, 100, 0, 0] : [100, 100, 0, 0];
    deepEqual(answers(whole, ` ${name}=xabcx`, ` ${name}=Abc`, ` ${name}=ab`, " none=Abc"), expected, name);
    const typed = rule(100, 5, `<${name} type="pcre2">^A.c$</${name}>`);
    deepEqual(answers(typed, ` ${name}=Axc`, ` ${name}=axc`), [100, 0], name);
    const regex = rule(100, 5, `<${name} type="OSRegex">^\\d+$</${name}>`);
    deepEqual(answers(regex, ` ${name}=12`, ` ${name}=a`), [100, 0], name);
  }
});

test("negate inverts what is there, and a missing value never matches", () => {
  for (const name of expressions) {
    const rules = rule(100, 5, `<${name} negate="yes">Abc</${name}>`);
    deepEqual(answers(rules, ` ${name}=other`, ` ${name}=Abc`, " none=1"), [100, 0, 0], name);
  }
});

test("hostname, program_name and location are those of the event", () => {
  const header = "Nov 25 10:00:01 web prog: x";
  const one = (inside: string, change: Partial<EngineEvent> = {}): number =>
    answers(rule(100, 5, inside), eventOf(header, 0, change))[0] ?? 0;
  equal(one("<hostname>^web$</hostname>"), 100);
  equal(one("<hostname>^agent-7$</hostname>", { agentId: "007", agentName: "agent-7" }), 100);
  equal(one("<program_name>^PROG$</program_name>"), 100);
  equal(one("<program_name>^prog1</program_name>"), 0);
  equal(one("<location>^/var/log/</location>"), 100);
  equal(one("<location>^/var/log/</location>", { location: "journald" }), 0);
});

test("a type that is not known is warned about, and the element's own language is used", () => {
  const rules = rule(100, 5, '<regex type="grep">^any: \\d$</regex>');
  deepEqual(said(rules), ['warning: type "grep" is not known, so osregex is used']);
  deepEqual(answers(rules, "7", "x"), [100, 0]);
});

test("fields are each a condition of its own, also of one name", () => {
  const rules = rule(
    100,
    5,
    '<field name="extra.name">^a</field><field name="Extra.Name" type="pcre2" negate="yes">z$</field>',
  );
  deepEqual(answers(rules, " extra=ab", " extra=az", " extra=b", "x"), [100, 0, 0, 0]);
  deepEqual(said(rule(100, 5, '<field name="srcip">x</field>')), [
    'error: "srcip" is a static field; use <srcip> instead of <field>',
  ]);
});

// ── addresses ──────────────────────────────────────────────────────────────────────────────────────────────────────

test("an address may be alone, a block, a block with a netmask, of IPv6, or any", () => {
  const table: [string, string[], string[]][] = [
    ["10.1.2.3", ["10.1.2.3"], ["10.1.2.4", "fd00::1"]],
    ["10.1.0.0/16", ["10.1.255.255"], ["10.2.0.0"]],
    ["10.1.0.0/255.255.0.0", ["10.1.255.255"], ["10.2.0.0"]],
    ["2001:db8::/33", ["2001:db8:7fff::1"], ["2001:db8:8000::1", "10.1.2.3"]],
    ["2001:db8::5", ["2001:DB8:0::5"], ["2001:db8::6"]],
    ["any", ["1.2.3.4", "::1"], ["nonsense"]],
  ];
  for (const [written, inside, outside] of table) {
    for (const name of ["srcip", "dstip"]) {
      const rules = rule(100, 5, `<${name}>${written}</${name}>`);
      const found = answers(rules, ...[...inside, ...outside].map((address) => ` ${name}=${address}`));
      deepEqual(found, [...inside.map(() => 100), ...outside.map(() => 0)], `${name} ${written}`);
    }
  }
});

test("negate of the last address applies to the whole set, that of an earlier one to nothing", () => {
  const last = rule(100, 5, '<srcip>10.0.0.1</srcip><srcip negate="yes">10.0.0.2</srcip>');
  const first = rule(100, 5, '<srcip negate="yes">10.0.0.1</srcip><srcip>10.0.0.2</srcip>');
  const logs = [" srcip=10.0.0.1", " srcip=10.0.0.2", " srcip=10.0.0.3", " srcip=nonsense", " id=1"];
  deepEqual(answers(last, ...logs), [0, 0, 100, 100, 0]);
  deepEqual(answers(first, ...logs), [100, 100, 0, 0, 0]);
});

// ── time ───────────────────────────────────────────────────────────────────────────────────────────────────────────

test("a time or a weekday that cannot be read is an error", () => {
  deepEqual(said(rule(100, 5, "<time>6 pm</time>") + rule(101, 5, "<weekday>!monday</weekday>")), [
    'error: "6 pm" is not a range such as 18:00 - 08:30',
    'error: "!monday" is not a day of the week',
  ]);
});

// ── ruleset-spec 6: lists ──────────────────────────────────────────────────────────────────────────────────────────

const lists = [
  { name: "etc/lists/a", text: "key:v\n10.1.:net\n" },
  { name: "etc/lists/b.cdb", text: "key:\n" },
  { name: "etc/lists/none", text: "other:\n" },
];
const lookup = (field: string, path = "etc/lists/a", more = ""): string =>
  `<list field="${field}" ${more}>${path}</list>`;
const listed = (rules: string, log: string, isCompat = false): number =>
  play(rulesetOf(rules, { decoders, lists, options: { isCompat } }), [`any: ${log}`])[0] ?? 0;

test("any value may be looked up: the static ones, and dynamic ones without regard to case", () => {
  for (const field of [...names.filter((name) => name !== "srcuser" && name !== "dstuser"), "EXTRA.name"]) {
    const written = field === "EXTRA.name" ? "extra" : field;
    equal(listed(rule(100, 5, lookup(field)), ` ${written}=key`), 100, field);
    equal(listed(rule(100, 5, lookup(field)), ` ${written}=Key`), 0, field);
  }
  const log = "Nov 25 10:00:01 key key: x";
  for (const field of ["hostname", "program_name"]) {
    equal(play(rulesetOf(rule(100, 5, lookup(field)), { lists }), [log])[0], 100, field);
  }
});

test("user is srcuser where there is one, else dstuser: the other way round than in <user>", () => {
  const rules = rule(100, 5, lookup("user"));
  equal(listed(rules, " srcuser=key dstuser=x"), 100);
  equal(listed(rules, " srcuser=x dstuser=key"), 0);
  equal(listed(rules, " dstuser=key"), 100);
});

test("a missing value matches no lookup, the negated ones included", () => {
  for (const kind of ["match_key", "not_match_key", "address_match_key", "not_address_match_key"]) {
    equal(listed(rule(100, 5, lookup("srcip", "etc/lists/a", `lookup="${kind}"`)), " id=1"), 0, kind);
  }
  equal(
    listed(rule(100, 5, lookup("srcip", "etc/lists/a", 'lookup="address_match_key_value" check_value="x"')), ""),
    0,
  );
});

test("address_match_key_value is inverted: what is not found, or has another value, matches", () => {
  const rules = rule(100, 5, lookup("srcip", "etc/lists/a", 'lookup="address_match_key_value" check_value="^net$"'));
  deepEqual([listed(rules, " srcip=10.1.9.9"), listed(rules, " srcip=10.2.9.9")], [0, 100]);
});

test("a list may be named with .cdb or without, as it is declared or not", () => {
  equal(listed(rule(100, 5, lookup("id", "etc/lists/a.cdb")), " id=key"), 100);
  equal(listed(rule(100, 5, lookup("id", "etc/lists/b")), " id=key"), 100);
  equal(listed(rule(100, 5, lookup("id", "lists/b")), " id=key"), 0);
});

test("all lists of a rule count; in comparisons only the last two, as in the peers", () => {
  const three = rule(100, 5, [lookup("id", "etc/lists/none"), lookup("id"), lookup("id", "etc/lists/b")].join(""));
  deepEqual([listed(three, " id=key"), listed(three, " id=key", true)], [0, 100]);
  const last = rule(100, 5, [lookup("id"), lookup("id", "etc/lists/b"), lookup("id", "etc/lists/none")].join(""));
  deepEqual([listed(last, " id=key"), listed(last, " id=key", true)], [0, 0]);
  const undeclared = rule(100, 5, [lookup("id", "x"), lookup("id"), lookup("id", "etc/lists/b")].join(""));
  equal(listed(undeclared, " id=key", true), 0);
});

test("a lookup that is not known passes the rule over with a warning", () => {
  deepEqual(said(rule(100, 5, lookup("id", "etc/lists/a", 'lookup="find"')), { lists }), [
    'warning: the lookup "find" is not known; rule 100 is passed over',
  ]);
});

// ── order (5.4) ────────────────────────────────────────────────────────────────────────────────────────────────────

test("lists are looked up behind if_fts, which has then remembered the event", () => {
  const decoder = `<decoder name="any"><prematch>^any: </prematch><regex offset="after_prematch">(\\S+) (\\S+)</regex>
    <order>id,srcip</order><fts>id</fts></decoder>`;
  const rules = rule(100, 5, `<decoded_as>any</decoded_as><if_fts></if_fts>${lookup("srcip", "etc/lists/b")}`);
  const ruleset = rulesetOf(rules, { decoders: decoder, lists });
  deepEqual(play(ruleset, ["any: 7 unlisted", "any: 7 key", "any: 8 key"]), [0, 0, 100]);
});
