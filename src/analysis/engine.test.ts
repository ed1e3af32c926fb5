import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { appDecoders, eventOf, play, problemsOf, ruleOf, rulesetOf, startMs } from "../../test/support/ruleset.ts";
import { watching } from "./watch.ts";
import { Engine } from "./engine.ts";
import { RulesetError } from "./errors.ts";
import { fingerprintOf, placeOf } from "./watched-part.ts";

const rule = (id: number, level: number, inside: string, attributes = ""): string =>
  `<rule id="${id}" level="${level}" ${attributes}>${inside}<description>rule ${id}</description></rule>`;
/** Answers of single events, each by a fresh engine. */
const answers = (rules: string, ...logs: string[]): number[] => logs.flatMap((log) => play(rulesetOf(rules), [log]));

// ── ruleset-spec 5.1: conditions ───────────────────────────────────────────────────────────────────────────────────

test("match and regex look at the log after predecoding, and at nothing else of it", () => {
  const rules = rule(100, 5, "<match>^hello</match>") + rule(101, 5, "<regex>^\\d+ bytes</regex>");
  deepEqual(answers(rules, "Nov 25 10:00:01 web prog: hello", "12 bytes", "say hello"), [100, 101, 0]);
});

test("repeated elements are glued without a separator, and the last one's negate counts", () => {
  const rules =
    rule(100, 5, "<match>abc|</match><match>def</match>") +
    rule(101, 4, '<match>x</match><match negate="yes">y</match>');
  deepEqual(answers(rules, "only def", "only abc", "xy", "other"), [100, 100, 0, 101]);
});

test("several fields are all needed, and their names compare without case", () => {
  const rules = rule(100, 5, '<decoded_as>app</decoded_as><field name="X.Name">^1$</field><field name="y">^2$</field>');
  deepEqual(answers(rules, "app: x=1 y=2", "app: x=1 y=3", "app: y=2"), [100, 0, 0]);
});

test("a missing value never matches, negated or not", () => {
  const rules = rule(100, 5, '<decoded_as>app</decoded_as><user negate="yes">bob</user>');
  deepEqual(answers(rules, "app: user=eve", "app: user=bob", "app: id=7"), [100, 0, 0]);
});

test("user is dstuser where there is one, else srcuser", () => {
  const rules = rule(100, 5, "<user>^bob$</user>");
  deepEqual(answers(rules, "app: user=bob", "app: from=bob", "app: user=eve from=bob"), [100, 100, 0]);
});

test("action compares the whole text and its case unless a type is given", () => {
  const rules = rule(100, 5, "<action>DROP</action>") + rule(101, 5, '<action type="pcre2">(?i)^drop</action>');
  deepEqual(answers(rules, "app: action=DROP", "app: action=drop", "app: action=dropped"), [100, 101, 101]);
});

test("decoded_as compares the decoder's final name; an unknown one is an error", () => {
  const rules = rule(100, 5, "<decoded_as>other</decoded_as>");
  deepEqual(answers(rules, "other: a", "app: a"), [100, 0]);
  deepEqual(problemsOf(rule(100, 5, "<decoded_as>nobody</decoded_as>")), [
    'rules/0100-test.xml:1:47: error: no decoder is called "nobody"',
  ]);
});

test("addresses are or-ed; negate turns the whole set round; what is no address is in no set", () => {
  const rules =
    rule(100, 5, "<srcip>10.0.0.0/8</srcip><srcip>fd00::/16</srcip>") +
    rule(101, 4, '<srcip>192.0.2.1</srcip><srcip negate="yes">192.0.2.2</srcip>');
  deepEqual(answers(rules, "app: srcip=10.1.2.3", "app: srcip=fd00::1", "app: srcip=192.0.2.2"), [100, 100, 0]);
  deepEqual(answers(rules, "app: srcip=192.0.2.3", "app: srcip=nonsense", "app: id=1"), [101, 101, 0]);
});

test("the ! before an address does nothing, as in Wazuh, and is named", () => {
  const rules = rule(100, 5, "<srcip>!10.0.0.1</srcip>");
  deepEqual(answers(rules, "app: srcip=10.0.0.1", "app: srcip=10.0.0.2"), [100, 0]);
  deepEqual(problemsOf(rules), [
    'rules/0100-test.xml:1:47: warning: the ! in <srcip> does nothing; write negate="yes"',
  ]);
});

test("maxsize is a minimum of the log's bytes", () => {
  deepEqual(answers(rule(100, 5, "", 'maxsize="10"'), "123456789", "1234567890"), [0, 100]);
});

test("time and weekday look at the event's own time on the master's wall clock", () => {
  const rules = rule(100, 5, "<time>18:00 - 08:30</time>") + rule(101, 4, "<weekday>monday,fri</weekday>");
  const at = (iso: string, zone: string): number => {
    const engine = new Engine(rulesetOf(rules, { options: { zone } }));
    return ruleOf(engine.answer(eventOf("x", 0, { eventMs: Date.parse(iso), receivedMs: startMs + 86_400_000 })));
  };
  deepEqual([at("2026-11-25T08:30:59Z", "UTC"), at("2026-11-25T08:29:59Z", "UTC")], [0, 100]);
  deepEqual([at("2026-11-25T18:00:30Z", "UTC"), at("2026-11-25T18:01:00Z", "UTC")], [0, 100]);
  deepEqual([at("2026-11-25T20:00:00Z", "America/New_York"), at("2026-11-27T12:00:00Z", "UTC")], [0, 101]);
  equal(at("2026-11-29T23:30:00Z", "Asia/Kolkata"), 100);
  equal(at("2026-11-30T05:30:00Z", "Asia/Kolkata"), 101);
});

test("compiled rules whose meaning is known are tested", () => {
  const rules =
    rule(100, 5, "<decoded_as>app</decoded_as><compiled_rule>check_id_size</compiled_rule>") +
    rule(
      101,
      4,
      "<decoded_as>app</decoded_as><compiled_rule>comp_srcuser_dstuser</compiled_rule><match>user=</match>",
    ) +
    rule(102, 3, "<compiled_rule>is_simple_http_request</compiled_rule>");
  deepEqual(answers(rules, "app: id=0123456789", "app: user=a from=a", "app: user=a from=b"), [100, 101, 0]);
  deepEqual(answers(rules, "app: url=/a", "app: url=/a?b"), [102, 0]);
});

test("lists are looked up by the name that ossec.conf declares", () => {
  const lists = [{ name: "etc/lists/bad", text: "10.1.:net\n192.0.2.7:scanner\n" }];
  const list = (lookup: string, more = ""): string =>
    `<list field="srcip" lookup="${lookup}" ${more}>etc/lists/bad</list>`;
  const found = (inside: string, address: string): boolean =>
    play(rulesetOf(rule(100, 5, inside), { lists }), [`app: srcip=${address}`])[0] === 100;
  deepEqual([found(list("match_key"), "192.0.2.7"), found(list("match_key"), "192.0.2.8")], [true, false]);
  deepEqual([found(list("not_match_key"), "192.0.2.7"), found(list("not_match_key"), "192.0.2.8")], [false, true]);
  deepEqual(
    [found(list("address_match_key"), "10.1.9.9"), found(list("not_address_match_key"), "10.1.9.9")],
    [true, false],
  );
  equal(found(list("match_key_value", 'check_value="scan"'), "192.0.2.7"), true);
  equal(found(list("match_key_value", 'check_value="net"'), "192.0.2.7"), false);
  const undeclared = rule(100, 5, '<list field="srcip">etc/lists/none</list>');
  deepEqual(play(rulesetOf(undeclared, { lists }), ["app: srcip=192.0.2.7"]), [0]);
  deepEqual(problemsOf(undeclared, { lists }), [
    "rules/0100-test.xml:1:47: warning: the list etc/lists/none is not declared in <ruleset>; rule 100 is passed over",
  ]);
});

// ── 5.2 and 5.3: the tree ──────────────────────────────────────────────────────────────────────────────────────────

test("siblings are tried level 0 first, then from 16 down, equal levels in load order", () => {
  const [low, high, zero] = [
    rule(100, 3, "<match>a</match>"),
    rule(101, 12, "<match>a</match>"),
    rule(102, 0, "<match>ab</match>"),
  ];
  deepEqual(answers(low + high + zero + rule(103, 12, "<match>a</match>"), "a", "ab"), [101, 102]);
});

test('accuracy="0" puts a rule behind all its siblings', () => {
  const rules = rule(100, 15, "<match>a</match>", 'accuracy="0"') + rule(101, 1, "<match>a</match>");
  deepEqual(answers(rules, "a"), [101]);
});

test("if_sid hangs a rule below each rule that it names; unknown ones are named", () => {
  const rules =
    rule(100, 3, "<match>a</match>") +
    rule(101, 3, "<match>b</match>") +
    rule(102, 5, "<if_sid>100, 101</if_sid><match>c</match>");
  deepEqual(answers(rules, "a c", "b c", "c"), [102, 102, 0]);
  deepEqual(problemsOf(rule(100, 3, "<if_sid>99</if_sid>")), [
    "rules/0100-test.xml:1:47: warning: rule 100 names rule 99, which is not loaded",
    "rules/0100-test.xml:1:21: warning: rule 100 has no parent and is passed over",
  ]);
  deepEqual(problemsOf(rule(100, 3, "<if_sid>1;2</if_sid>")), [
    "rules/0100-test.xml:1:47: warning: <if_sid> may hold only numbers and commas; rule 100 is passed over",
  ]);
});

test("if_group finds its text anywhere in the groups of the rules loaded before", () => {
  const rules =
    rule(100, 3, "<match>a</match><group>web-log,</group>") +
    rule(101, 5, "<if_group>web</if_group><match>x</match>") +
    rule(102, 3, "<match>b</match><group>web,</group>");
  deepEqual(answers(rules, "a x", "b x"), [101, 102]);
});

test("if_level hangs a rule below all of that level or more; level 0 is the highest, so roots are among them", () => {
  const rules =
    rule(100, 3, "<match>a</match>") +
    rule(101, 6, "<match>b</match>") +
    rule(102, 0, "<match>c</match>") +
    rule(103, 9, "<if_level>6</if_level><match>x</match>");
  deepEqual(answers(rules, "a x", "b x", "c x", "x", "b"), [103, 103, 103, 103, 101]);
});

test("a rule without a parent stands below the root of its category, which is syslog unless it says so", () => {
  const rules = rule(100, 3, "<match>x</match>") + rule(101, 3, "<category>web-log</category><match>x</match>");
  deepEqual(answers(rules, "x", "web: x"), [100, 101]);
});

test("files are loaded by base name, and a rule sees only the rules before it", () => {
  const files = {
    "0300-late.xml": `<group name="g,">${rule(100, 3, "<match>a</match>")}</group>`,
    "0200-early.xml": `<group name="g,">${rule(101, 5, "<if_sid>100</if_sid>")}</group>`,
  };
  deepEqual(play(rulesetOf("", { files }), ["a"]), [100]);
});

test("a second rule of the same id is passed over unless it overwrites", () => {
  const rules = rule(100, 3, "<match>a</match>") + rule(100, 9, "<match>b</match>");
  deepEqual(answers(rules, "a", "b"), [100, 0]);
  deepEqual(problemsOf(rules).length, 1);
});

test("overwrite keeps place, parents and children, and replaces all else", () => {
  const rules =
    rule(100, 3, "<match>a</match>") +
    rule(101, 3, "<match>a</match>") +
    rule(102, 4, "<if_sid>100</if_sid><match>x</match>") +
    rule(100, 12, "<match>a2</match>", 'overwrite="yes"');
  const engine = new Engine(rulesetOf(rules));
  deepEqual(
    ["a", "a2", "a2 x"].map((log) => ruleOf(engine.answer(eventOf(log)))),
    [101, 100, 102],
  );
  equal(engine.answer(eventOf("a2")).rule?.level, 12);
});

// ── 5.4: the walk and the answer ───────────────────────────────────────────────────────────────────────────────────

test("the first child that answers is the answer; a noalert rule lets the search go on", () => {
  const rules =
    rule(100, 8, "<match>a</match>", 'noalert="1"') +
    rule(101, 5, "<if_sid>100</if_sid><match>b</match>") +
    rule(102, 3, "<match>a</match>");
  deepEqual(answers(rules, "a b", "a"), [101, 102]);
});

test("a level 0 answer ends everything: no alert, and nothing to count later", () => {
  const rules =
    rule(100, 0, "<match>a</match>") + rule(101, 9, "<if_matched_sid>100</if_matched_sid>", 'frequency="2"');
  const engine = new Engine(rulesetOf(rules));
  const found = [1, 2, 3].map((at) => engine.answer(eventOf("a", at)));
  deepEqual(found.map(ruleOf), [100, 100, 100]);
  deepEqual(
    found.map(({ isAlert }) => isAlert),
    [false, false, false],
  );
});

test("an answer is an alert from log_alert_level on, or as log_alert and no_log say; mail likewise", () => {
  const rules =
    rule(100, 3, "<match>a</match>") +
    rule(101, 7, "<match>b</match><options>no_log</options>") +
    rule(102, 2, "<match>c</match><options>log_alert</options><options>alert_by_email</options>") +
    rule(103, 12, "<match>d</match>") +
    rule(104, 12, "<match>e</match><options>no_email_alert</options>");
  const engine = new Engine(rulesetOf(rules, { options: { logAlertLevel: 4, emailAlertLevel: 12 } }));
  const say = (log: string): unknown => {
    const { isAlert, rule: found } = engine.answer(eventOf(log));
    return [isAlert, found?.mail];
  };
  deepEqual(["a", "b", "c", "d", "e"].map(say), [
    [false, false],
    [false, false],
    [true, true],
    [true, true],
    [true, false],
  ]);
});

test("firedtimes counts per rule across agents and begins again each hour of arrival", () => {
  const engine = new Engine(
    rulesetOf(rule(100, 3, "<match>a</match>") + rule(101, 3, "<match>b</match><options>no_counter</options>")),
  );
  const count = (log: string, at: number, agentId = "000"): number | undefined =>
    engine.answer(eventOf(log, at, { agentId })).rule?.firedtimes;
  deepEqual([count("a", 0), count("a", 1, "007"), count("a", 3_599), count("a", 3_600)], [1, 2, 3, 1]);
  equal(count("b", 3_601), undefined);
});

test("while a rule with ignore keeps silent its parent answers; late events are silenced alike", () => {
  const rules = rule(100, 3, "<match>a</match>") + rule(101, 9, "<if_sid>100</if_sid><match>b</match>", 'ignore="60"');
  const engine = new Engine(rulesetOf(rules));
  const at = (eventSeconds: number, arrival: number): number =>
    ruleOf(
      engine.answer(
        eventOf("a b", 0, { eventMs: startMs + eventSeconds * 1_000, receivedMs: startMs + arrival * 1_000 }),
      ),
    );
  deepEqual([at(100, 100), at(160, 160), at(161, 161), at(120, 162), at(300, 300)], [101, 100, 101, 100, 101]);
});

test("a description takes in the event's fields; one that grows too long stays the template", () => {
  const description = "$(srcip) $(dstuser) $(x.name) $(program_name) $(none)|";
  const rules = `<rule id="100" level="3"><decoded_as>app</decoded_as><description>${description}</description></rule>`;
  const engine = new Engine(rulesetOf(rules));
  const say = (log: string): string | undefined => engine.answer(eventOf(log)).rule?.description;
  equal(say("app: srcip=10.0.0.1 user=bob x=9"), "10.0.0.1 bob 9  |");
  equal(say(`app: user=${"u".repeat(1_100)}`), description);
});

test("groups, mitre, info and cve are shown as the file has them", () => {
  const rules = rule(
    100,
    3,
    "<match>a</match><group>one, two,</group><mitre><id>T1110</id><id>T9999</id></mitre><info>i</info><cve>c</cve>",
  );
  const found = new Engine(rulesetOf(rules)).answer(eventOf("a")).rule;
  deepEqual(found?.groups, ["test", "one", " two"]);
  deepEqual(found?.mitre, { id: ["T1110", "T9999"], tactic: ["Credential Access"], technique: ["Brute Force"] });
  deepEqual([found?.info, found?.cve, found?.frequency], ["i", "c", undefined]);
});

test("an event that no rule wants is an answer without a rule, decoded all the same", () => {
  const answer = new Engine(rulesetOf(rule(100, 3, "<match>never</match>"))).answer(eventOf("app: srcip=10.0.0.1"));
  deepEqual([answer.rule, answer.isAlert, answer.decoded.decoder?.name], [undefined, false, "app"]);
  deepEqual(answer.decoded.fields, { srcip: "10.0.0.1" });
});

// ── 5.7: first seen ────────────────────────────────────────────────────────────────────────────────────────────────

test("if_fts matches only the first event of its kind, whether or not the rule answers", () => {
  const rules =
    rule(100, 5, "<decoded_as>seen</decoded_as><if_fts></if_fts>") + rule(101, 3, "<decoded_as>seen</decoded_as>");
  const logs = ["seen: bob 10.0.0.1", "seen: bob 10.0.0.2", "seen: eve 10.0.0.1", "seen: bob 10.0.0.3"];
  deepEqual(play(rulesetOf(rules), logs), [100, 101, 100, 101]);
});

test("if_fts cannot match where the decoder lists nothing", () => {
  deepEqual(answers(rule(100, 5, "<decoded_as>app</decoded_as><if_fts></if_fts>"), "app: id=1"), [0]);
});

test("keys beyond the cap are forgotten, oldest first, and counted", () => {
  const rules = rule(100, 5, "<decoded_as>seen</decoded_as><if_fts></if_fts>");
  const engine = new Engine(rulesetOf(rules, { options: { ftsBytesMax: 300 } }));
  const first = [1, 2, 3, 4, 5, 6].map((user) => ruleOf(engine.answer(eventOf(`seen: user${user} x`, user))));
  deepEqual(first, [100, 100, 100, 100, 100, 100]);
  equal(ruleOf(engine.answer(eventOf("seen: user1 x", 7))), 100);
  equal(ruleOf(engine.answer(eventOf("seen: user6 x", 8))), 0);
  equal(engine.metrics.ftsDropped, 3);
});

// ── control records ────────────────────────────────────────────────────────────────────────────────────────────────

test("a quarantined rule is passed over until its text differs", () => {
  const first = rulesetOf(rule(100, 5, "<match>a</match>") + rule(101, 3, "<match>a</match>"));
  const engine = new Engine(first);
  engine.quarantine({ kind: "rule", id: "100", fingerprint: first.rules.byId.get(100)?.draft.fingerprint ?? "" });
  equal(ruleOf(engine.answer(eventOf("a"))), 101);
  engine.replaceRuleset(rulesetOf(rule(100, 5, "<match>a</match>") + rule(101, 4, "<match>a</match>")));
  equal(ruleOf(engine.answer(eventOf("a"))), 101);
  const reloaded = new Engine(first, engine.saveState());
  equal(ruleOf(reloaded.answer(eventOf("a"))), 101);
  engine.replaceRuleset(rulesetOf(rule(100, 5, "<match>a|b</match>")));
  equal(ruleOf(engine.answer(eventOf("a"))), 100);
});

test("a quarantined decoder finds nothing until it is released, wherever it then stands", () => {
  const rules = rule(100, 5, "<decoded_as>app</decoded_as>");
  const ruleset = rulesetOf(rules, { decoders: appDecoders });
  const decoder = ruleset.decoders.decoders.find(({ ownName }) => ownName === "app");
  ok(decoder !== undefined);
  const part = { kind: "decoder", id: placeOf(decoder), fingerprint: fingerprintOf(decoder) } as const;
  const engine = new Engine(ruleset);
  equal(ruleOf(engine.answer(eventOf("app: user=a"))), 100);
  engine.quarantine({ ...part, fingerprint: "another" });
  equal(ruleOf(engine.answer(eventOf("app: user=a"))), 100);
  engine.quarantine(part);
  equal(ruleOf(engine.answer(eventOf("app: user=a"))), 0);
  deepEqual(engine.quarantined, [part.id]);
  const moved = rulesetOf(rules, { decoders: `\n\n${appDecoders}` });
  const later = new Engine(moved, engine.saveState());
  equal(ruleOf(later.answer(eventOf("app: user=a"))), 0);
  later.release(part.id);
  equal(ruleOf(later.answer(eventOf("app: user=a"))), 100);
  deepEqual(later.quarantined, []);
});

test("an event that is passed over is counted, and nothing looks at it", () => {
  const engine = new Engine(rulesetOf(rule(100, 5, "<match>a</match>")));
  const answer = engine.passOver(eventOf("a"));
  equal(ruleOf(answer), 0);
  equal(answer.decoded.decoder, undefined);
  equal(engine.metrics.events, 1);
});

function listening(seen: number[]): Int32Array {
  return new Proxy(new Int32Array(1), {
    set(target, index, value: number) {
      seen.push(value);
      return Reflect.set(target, index, value);
    },
  });
}

/** All that an engine says it is at. */
function saidOf(engine: Engine, ...logs: string[]): number[] {
  const seen: number[] = [];
  engine.watch = listening(seen);
  for (const log of logs) engine.answer(eventOf(log));
  return seen;
}

test("the shared word says which rule is tested, that the event is remembered, and that nothing is between events", () => {
  const engine = new Engine(rulesetOf(rule(100, 5, "<match>a</match>")));
  deepEqual(saidOf(engine, "a"), [-1, 0, 1, 100, watching.remembering, -1]);
});

test("a rule is probed where no event would come to it without what is remembered", () => {
  const engine = new Engine(
    rulesetOf(
      rule(100, 5, "<match>a</match>") +
        rule(200, 9, "<if_matched_sid>100</if_matched_sid>", 'frequency="3"') +
        rule(201, 9, "<if_sid>200</if_sid><match>a</match>"),
    ),
  );
  equal(saidOf(engine, "a").includes(201), false);
  const seen: number[] = [];
  engine.watch = listening(seen);
  engine.probe(201, eventOf("a"));
  deepEqual(seen.slice(-2), [201, watching.idle]);
  equal(engine.metrics.events, 1);
});

test("a composite rule is named while its if_matched_regex is looked for in an alerted log", () => {
  const matched = rule(200, 5, "<if_matched_regex>a</if_matched_regex>", 'frequency="9"');
  const engine = new Engine(rulesetOf(rule(100, 5, "<match>a</match>") + matched));
  const { remembering } = watching;
  deepEqual(saidOf(engine, "a").slice(-4), [remembering, 200, remembering, -1]);
  const { rules } = engine.ruleset;
  engine.quarantine({ kind: "rule", id: "200", fingerprint: rules.byId.get(200)?.draft.fingerprint ?? "" });
  equal(saidOf(engine, "a").includes(200), false, "in quarantine it is not looked for any more");
});

test("a pattern that a text can make explode is named by its place, with what is done about it", () => {
  const found = problemsOf(
    rule(100, 5, '<regex type="pcre2">(a+)+$</regex>') +
      rule(101, 5, '<regex type="pcre2">(a*)*b</regex>') +
      rule(102, 5, '<regex type="pcre2">(?=.*b)(?=.*c)a</regex>') +
      rule(103, 5, '<regex type="pcre2">(?=.*(b))a</regex>'),
  );
  equal(found.length, 3);
  ok(found[0]?.includes("(a+)+$ take exponentially long: Argus searches for it in linear time"), found[0]);
  ok(found[1]?.includes("(a*)*b take exponentially long: a log that holds it up for 250 ms"), found[1]);
  ok(found[2]?.includes("(?=.*(b))a looks ahead without a limit from each byte of a log"), found[2]);
  ok(found.every((problem) => /^rules\/0100-test\.xml:1:\d+: warning: /.test(problem)));
});

// ── loading ────────────────────────────────────────────────────────────────────────────────────────────────────────

test("a ruleset with an error is refused as a whole, and names every error by its place", () => {
  const rules = `${rule(100, 17, "")}\n${rule(101, 3, "<nonsense/>")}\n<rule id="102"></rule>\n${rule(103, 3, "<regex>\\q</regex>")}`;
  const found = problemsOf(rules);
  deepEqual(found.slice(0, 4), [
    'rules/0100-test.xml:1:36: error: level="17" must be a number from 0 to 16',
    "rules/0100-test.xml:2:27: error: <nonsense> is not an element of a rule",
    "rules/0100-test.xml:3:1: error: a rule must have the attribute level",
    "rules/0100-test.xml:3:1: error: rule 102 has no <description>",
  ]);
  equal(found[4]?.startsWith("rules/0100-test.xml:4:27: error: "), true);
  let refused: unknown;
  try {
    rulesetOf(rules);
  } catch (error) {
    refused = error;
  }
  equal(refused instanceof RulesetError && refused.message.includes("(and 4 more)"), true);
});

test("counting or comparing without an if_matched element is an error", () => {
  for (const [inside, attributes] of [
    ["", 'frequency="3"'],
    ["<same_srcip/>", ""],
    ["<global_frequency/>", ""],
  ] as const) {
    equal(problemsOf(rule(100, 5, inside, attributes)).length, 1);
  }
});

test("only groups stand in a file of rules, only rules in a group", () => {
  const say = (text: string): string[] => problemsOf("", { files: { "0100-x.xml": text } });
  deepEqual(say("<rule id='1'/>"), [
    "rules/0100-x.xml:1:1: error: <rule> is not allowed here; a file of rules holds <group>",
  ]);
  deepEqual(say("<group name='a' x='b'></group>"), [
    "rules/0100-x.xml:1:1: error: <group> must have the attribute name and no other",
  ]);
  deepEqual(say("<group name='a'><group/></group>"), [
    "rules/0100-x.xml:1:17: error: <group> is not allowed here; a <group> holds <rule>",
  ]);
  equal(say("<group name='a'>").length, 1);
});

test("a decoder that does not load refuses the ruleset too", () => {
  equal(problemsOf("", { decoders: `${appDecoders}<decoder name="x"><nonsense/></decoder>` }).length > 0, true);
});

// ── alerts alone ───────────────────────────────────────────────────────────────────────────────────────────────────

test("who wants alerts alone gets those of the answers that are one, and the state goes on alike", () => {
  const ruleset = rulesetOf(
    rule(100, 5, "<match>alert</match>") +
      rule(101, 0, "<match>quiet</match>") +
      rule(102, 6, "<match>kept</match><options>no_log</options>") +
      rule(103, 7, "<if_matched_sid>102</if_matched_sid>", 'frequency="2" timeframe="60"'),
  );
  const [all, alerts] = [new Engine(ruleset), new Engine(ruleset)];
  for (const [index, log] of ["alert", "quiet", "kept", "nothing", "kept", "alert"].entries()) {
    const answer = all.answer(eventOf(log, index));
    deepEqual(alerts.alertOf(eventOf(log, index)), answer.isAlert ? answer : undefined, log);
  }
  deepEqual(alerts.saveState(), all.saveState());
  deepEqual(alerts.metrics, all.metrics);
  equal(all.metrics.alerts, 3);
});
