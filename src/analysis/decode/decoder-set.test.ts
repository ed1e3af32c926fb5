import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { describeProblem } from "../../config/problem.ts";
import type { EngineEvent } from "../../model/alert.ts";
import { DecodedEvent } from "../decoded-event.ts";
import { decodeEvent, type DecoderSet, loadDecoders } from "./decoder-set.ts";

const event = (log: string, over: Partial<EngineEvent> = {}): EngineEvent => ({
  queue: "1",
  agentId: "000",
  agentName: "",
  agentIp: "",
  location: "stdin",
  log,
  isTruncated: false,
  eventMs: 0,
  receivedMs: 0,
  node: "master",
  host: "master",
  isHidden: false,
  ...over,
});

/** A set that must load without any problem. */
function load(...texts: string[]): DecoderSet {
  const problems: string[] = [];
  const files = texts.map((text, index) => ({ path: `${index}.xml`, text }));
  const set = loadDecoders(files, (problem) => problems.push(describeProblem(problem)));
  deepEqual(problems, []);
  return set;
}

function problems(...texts: string[]): string[] {
  const found: string[] = [];
  loadDecoders(
    texts.map((text, index) => ({ path: `${index}.xml`, text })),
    (problem) => found.push(describeProblem(problem)),
  );
  return found;
}

/** `decoder name=value …`, in words. */
function decode(set: DecoderSet, log: string, over: Partial<EngineEvent> = {}): string {
  const { decoder, fields, dynamicFields } = decodeEvent(set, event(log, over), new DecodedEvent()).toDecoded();
  const all = [...Object.entries(fields), ...dynamicFields.map(({ name, value }) => [name, value])];
  return [decoder?.name ?? "(none)", ...all.map(([name, value]) => `${name}=${value}`)].join(" ");
}

const root = (name: string, inner: string): string => `<decoder name="${name}">${inner}</decoder>`;
const child = (name: string, inner: string, parent = "p"): string => root(name, `<parent>${parent}</parent>${inner}`);
const p = root("p", "<prematch>^p: </prematch>");
const line = "Dec 29 10:00:01 web ";

// ruleset-spec 3.2.
test("an event with a program name sees only decoders with one, and the other way round", () => {
  const set = load(root("named", "<program_name>^sshd$</program_name>") + root("bare", "<prematch>text</prematch>"));
  equal(decode(set, `${line}sshd[1]: text`), "named");
  equal(decode(set, `${line}cron[1]: text`), "(none)");
  equal(decode(set, "text"), "bare");
});

test("an empty program_name takes every program, and an empty program name is one", () => {
  const set = load(root("any", "<program_name></program_name><prematch>^text</prematch>"));
  equal(decode(set, `${line}sshd: text`), "any");
  equal(decode(set, `${line}: text`), "any");
  equal(decode(set, "text"), "(none)");
});

test("the first root that matches is final, whatever happens below it", () => {
  const set = load(
    root("first", "<prematch>^a</prematch>") +
      child("first-child", "<prematch>never</prematch><regex>(\\w+)</regex><order>id</order>", "first"),
    root("second", "<prematch>^ab</prematch><regex>(\\w+)</regex><order>id</order>"),
  );
  equal(decode(set, "ab"), "first");
  equal(decode(set, "b"), "(none)");
});

test("the answer for a program name is the same again and again, and for another one too", () => {
  const set = load(root("s", "<program_name>^s</program_name>") + root("d", "<program_name>d$</program_name>"));
  for (let round = 0; round < 3; round += 1) {
    deepEqual(
      ["sd", "d", "x"].map((name) => decode(set, `${line}${name}: text`)),
      ["s", "d", "(none)"],
    );
  }
});

test("many program names of a stranger do not fill the memory and do not change an answer", () => {
  const set = load(root("s", "<program_name>^s</program_name>"));
  for (let index = 0; index < 10_000; index += 1) decode(set, `${line}x${index}: text`);
  equal(decode(set, `${line}sshd: text`), "s");
  equal(decode(set, `${line}s${"x".repeat(200)}: text`), "s");
});

test("a decoder by its first byte is found in either case, and the empty log by those that take it", () => {
  const set = load(root("a", "<prematch>^abc</prematch>") + root("all", "<prematch></prematch>"));
  deepEqual(
    ["ABC", "abc", "x", ""].map((log) => decode(set, log)),
    ["a", "a", "all", "all"],
  );
});

// ruleset-spec 3.5.
test("a root with children never runs its own regex, one without does", () => {
  const alone = root("p", '<prematch>^p: </prematch><regex offset="after_prematch">^(\\w+)</regex><order>id</order>');
  equal(decode(load(alone), "p: x y"), "p id=x");
  equal(decode(load(alone + child("c", "<prematch>never</prematch>")), "p: x y"), "p");
});

test("the first child whose prematch holds is the decoder, under its parent's name", () => {
  const set = load(
    p +
      child(
        "one",
        '<prematch offset="after_parent">^one </prematch>' +
          '<regex offset="after_prematch">^(\\w+)</regex><order>id</order>',
      ) +
      child("two", "<prematch>two</prematch><regex>two (\\w+)</regex><order>url</order>"),
  );
  equal(decode(set, "p: one x"), "p id=x");
  equal(decode(set, "p: two y"), "p url=y");
  equal(decode(set, "p: three"), "p");
});

test("use_own_name keeps the child's name, and both names are known to rules", () => {
  const set = load(
    p +
      child("own", "<prematch>one</prematch><use_own_name>true</use_own_name>") +
      child("lent", "<prematch>two</prematch>"),
  );
  deepEqual(
    ["p: one", "p: two"].map((log) => decode(set, log)),
    ["own", "p"],
  );
  deepEqual(
    ["p", "own", "lent", "sca", "nobody"].map((name) => set.nameId(name) !== undefined),
    [true, true, true, true, false],
  );
  const decoded = decodeEvent(set, event("p: two"), new DecodedEvent());
  deepEqual([decoded.decoder?.nameId === set.nameId("p"), decoded.decoder?.parent], [true, "p"]);
});

test("a child without prematch hides later siblings, and the root stays the event's decoder", () => {
  const set = load(
    root("p", "<prematch>^p: </prematch><type>ids</type>") +
      child(
        "one",
        "<type>windows</type><use_own_name>true</use_own_name>" +
          '<regex offset="after_parent">^(\\d+)</regex><order>id</order>',
      ) +
      child("two", "<prematch>x</prematch>"),
  );
  const decoded = decodeEvent(set, event("p: x"), new DecodedEvent());
  deepEqual([decoded.decoder?.name, decoded.decoder?.type, decoded.fields.id], ["p", "ids", undefined]);
  equal(decode(set, "p: 7"), "p id=7");
});

test("a child's type is its own and not inherited", () => {
  const set = load(root("p", "<prematch>^p: </prematch><type>web-log</type>") + child("c", "<prematch>x</prematch>"));
  const typeOf = (log: string): string | undefined => decodeEvent(set, event(log), new DecodedEvent()).decoder?.type;
  deepEqual([typeOf("p: x"), typeOf("p: y")], ["syslog", "web-log"]);
});

// ruleset-spec 3.4 and 3.5, step 6.
const chain =
  p +
  child("c", "<prematch>^p: go</prematch><regex>a=(\\d+)</regex><order>id</order>") +
  child("c", "<regex>b=(\\d+)</regex><order>url</order>") +
  child("c", "<regex>c=(\\d+)</regex><order>status</order>") +
  child("other", "<prematch>^p: go</prematch><regex>d=(\\d+)</regex><order>data</order>");

test("the members of a chain all run, also when one of them does not match", () => {
  const set = load(chain);
  equal(decode(set, "p: go a=1; b=2; c=3; d=4"), "p id=1 status=3 url=2");
  equal(decode(set, "p: go b=2; c=3;"), "p status=3 url=2");
  equal(decode(set, "p: go d=4;"), "p");
});

test("a chain whose first member does not match is skipped as a whole", () => {
  const set = load(
    p +
      child("c", "<prematch>never</prematch><regex>(a)</regex><order>id</order>") +
      child("c", "<regex>(b)</regex><order>url</order>") +
      child("d", "<prematch>^p</prematch><regex>(d)</regex><order>data</order>"),
  );
  equal(decode(set, "p: abd"), "p data=d");
});

test("after_regex begins behind the last regex of this run that matched, or where after_prematch does", () => {
  const set = load(
    p +
      child(
        "c",
        '<prematch>^p: </prematch><regex offset="after_prematch" type="pcre2">^a=(\\d)</regex><order>id</order>',
      ) +
      child("c", '<regex offset="after_regex" type="pcre2">^,?.=(\\d)</regex><order>url</order>') +
      child("c", '<regex offset="after_regex" type="pcre2">^,c=(\\d)</regex><order>data</order>'),
  );
  equal(decode(set, "p: a=1,b=2,c=3"), "p id=1 url=2 data=3");
  equal(decode(set, "p: x=9,b=2"), "p url=9");
});

test("what follows an OS_Regex begins one past its pointer, as decoders expect", () => {
  const set = load(
    p +
      child("c", '<prematch>^p: </prematch><regex offset="after_prematch">^from (\\d+)</regex><order>srcport</order>') +
      child("c", '<regex offset="after_regex" type="pcre2">^(\\S*)</regex><order>extra_data</order>'),
  );
  equal(decode(set, "p: from 1234 port"), "p srcport=1234 extra_data=234");
});

// ruleset-spec 3.5 (d), 4.5.
test("a static field keeps its last value, a dynamic one its first, an unset group is empty", () => {
  const set = load(
    p +
      child("c", "<prematch>^p</prematch><regex>a=(\\w)</regex><order>id</order>") +
      child("c", "<regex>b=(\\w)</regex><order>id</order>") +
      child("c", '<regex type="pcre2">(x)?(y)(z)?</regex><order>User.Name, tty ,pts</order>') +
      child("c", '<regex type="pcre2">(p)</regex><order>user.name</order>'),
  );
  const decoded = decodeEvent(set, event("p: a=1 b=2 y"), new DecodedEvent());
  deepEqual(
    [decoded.fields.id, decoded.dynamic("user.name"), decoded.dynamic("tty"), decoded.dynamic("pts")],
    ["2", "", "y", undefined],
  );
});

test("more groups than names are dropped", () => {
  equal(
    decode(load(root("p", "<prematch>^a</prematch><regex>(\\d)-(\\d)</regex><order>id</order>")), "a1-2"),
    "p id=1",
  );
});

test("a JSON plugin reads where the event's decoder says, and a chain may go on behind it", () => {
  const json = "<plugin_decoder>JSON_Decoder</plugin_decoder>";
  const set = load(
    root("j", `<prematch>^j: </prematch>`) +
      child(
        "c",
        `<prematch>^j: data </prematch><plugin_decoder offset="after_prematch">JSON_Decoder</plugin_decoder>`,
        "j",
      ) +
      child("c", "<regex>tail=(\\w)</regex><order>id</order>", "j"),
    root("k", `<prematch>^k: </prematch>`) + child("kc", json, "k"),
  );
  equal(decode(set, 'j: data {"a":1} tail=x'), "j id=x a=1");
  // The root has no offset of its own, so the text begins with "k: " and is no JSON.
  equal(decode(set, 'k: {"a":1}'), "k");
});

test("a program_name of a child is never looked at", () => {
  equal(
    decode(
      load(
        p + child("c", "<program_name>nobody</program_name><prematch>x</prematch><use_own_name>true</use_own_name>"),
      ),
      "p: x",
    ),
    "c",
  );
});

test("repeated elements are joined without anything between, and the last type holds", () => {
  const set = load(
    root(
      "r",
      "<prematch>^a|</prematch><prematch>^b</prematch>" +
        '<regex type="pcre2">(\\d</regex><regex type="pcre2">+)</regex><order>id</order>',
    ),
  );
  deepEqual(
    ["a12", "b3", "c4"].map((log) => decode(set, log)),
    ["r id=12", "r id=3", "(none)"],
  );
});

test("elements are known in any case, but for the type", () => {
  equal(decode(load('<DECODER name="r"><PreMatch>^a</PreMatch><type>ids</type></DECODER>'), "a"), "r");
  deepEqual(problems(root("r", "<prematch>a</prematch><Type>ids</Type>")), [
    "0.xml:1:41: error: a decoder has no element <Type>",
  ]);
});

test("fts names come in the order of the key, dynamic ones last", () => {
  const set = load(
    root(
      "r",
      "<prematch>a</prematch><regex>(\\w) (\\w)</regex><order>tty,user</order>" +
        "<fts>TTY, location, extra_data, user ,name</fts>",
    ),
  );
  deepEqual(set.decoders[0]?.fts, ["name", "dstuser", "data", "location", "tty"]);
});

test("logs of agents' modules are left to decoders that are not built yet", () => {
  const set = load(root("r", "<prematch>a</prematch>"));
  deepEqual(
    ["1", "2", "x", "8", "f", "p"].map((queue) => decode(set, "a", { queue })),
    ["r", "r", "r", "(none)", "(none)", "(none)"],
  );
});

test("counts say how many decoders of each kind there are", () => {
  deepEqual(load(chain + root("n", "<program_name>x</program_name>")).counts, {
    withProgramName: 1,
    withoutProgramName: 1,
    children: 4,
  });
});

// ruleset-spec 3.1.
test("every mistake is an error with its place, and the other decoders still load", () => {
  const table: [string, RegExp][] = [
    [root("r", ""), /^0\.xml:1:1: error: .*needs a prematch or a program_name/],
    ["<decoder><prematch>a</prematch></decoder>", /first attribute of a decoder must be its name/],
    ['<decoder name="r" id="1"><prematch>a</prematch></decoder>', /no attribute but name and status/],
    ["<rule/>", /<rule> stands where a <decoder> is expected/],
    [root("r", "<prematch>a</prematch>\n<nonsense/>"), /^0\.xml:2:1: error: a decoder has no element <nonsense>/],
    [child("c", "<prematch>a</prematch>", "nobody"), /the parent decoder nobody is not known/],
    [chain + child("e", "<prematch>a</prematch>", "c"), /the parent decoder c is not known/],
    [root("r", "<prematch>a</prematch><regex>(a)</regex>"), /a regex needs an order/],
    [root("r", "<prematch>a</prematch><order>id</order>"), /an order needs a regex/],
    [root("r", "<prematch>a</prematch><fts>id</fts>"), /an fts needs a regex/],
    [root("r", '<prematch offset="after_parent">a</prematch>'), /after_parent needs a parent/],
    [root("r", '<prematch offset="behind">a</prematch>'), /there is no offset behind/],
    [chain + child("e", '<prematch offset="after_regex">a</prematch>'), /a prematch has no offset after_regex/],
    [
      chain + child("e", '<regex offset="after_prematch">(a)</regex><order>id</order>'),
      /after_prematch needs a prematch/,
    ],
    [chain + child("e", '<regex offset="after_regex">(a)</regex><order>id</order>'), /after_regex needs an earlier/],
    [chain + child("c", "<prematch>a</prematch>"), /may have no prematch and no fts/],
    [chain + child("c", ""), /need a regex or a plugin_decoder/],
    [root("r", "<prematch>a</prematch><regex>(a)</regex><order>id,,url</order>"), /<order> holds an empty name/],
    [root("r", "<prematch>(a</prematch>"), /parenthesis is not closed/],
    [root("r", '<prematch type="pcre2">(?>a)</prematch>'), /not supported, at offset 1/],
    [root("r", `<prematch>${"x".repeat(1_024)}</prematch>`), /has 1024 bytes/],
    [root("r", '<prematch>a</prematch><prematch offset="after_parent">b</prematch>'), /only the first <prematch>/],
    [root("r", "<prematch>a</prematch><type>weblog</type>"), /no decoder type weblog/],
    [root("r", "<prematch>a</prematch><plugin_decoder>X</plugin_decoder>"), /no plugin_decoder X/],
    [
      root(
        "r",
        "<prematch>a</prematch><plugin_decoder>JSON_Decoder</plugin_decoder><regex>(a)</regex><order>id</order>",
      ),
      /excludes/,
    ],
    [root("r", "<prematch>a</prematch><regex>(a)</regex><order>id</order><fts>tty</fts>"), /tty is not in the order/],
    ['<decoder name="r"><prematch>a</decoder>', /^0\.xml:1:\d+: error:/],
  ];
  for (const [text, expected] of table) {
    const found: string[] = [];
    const files = [
      { path: "0.xml", text },
      { path: "1.xml", text: root("good", "<prematch>^good</prematch>") },
    ];
    const set = loadDecoders(files, (problem) => found.push(describeProblem(problem)));
    equal(found.length, 1, `${text}: ${found.join("; ")}`);
    equal(expected.test(found[0] ?? ""), true, `${found[0]} is not ${expected}`);
    equal(decode(set, "good"), "good", text);
  }
});

test("a file without a decoder is a warning, and the others load", () => {
  for (const text of ["", "<!-- decoders of ours go here -->\n", '<var name="x">y</var>']) {
    deepEqual(problems(text), ["0.xml: warning: holds no decoders"], text);
  }
  const found: string[] = [];
  const files = [
    { path: "0.xml", text: "" },
    { path: "1.xml", text: root("good", "<prematch>^good</prematch>") },
  ];
  const set = loadDecoders(files, (problem) => found.push(describeProblem(problem)));
  equal(found.length, 1);
  equal(decode(set, "good"), "good");
});

test("a type or a way to read JSON that is not known is a warning by file and line, and the decoder loads", () => {
  deepEqual(
    problems(root("r", "<prematch>a</prematch>\n<accumulate/>\n<plugin_decoder>PF_Decoder</plugin_decoder>")),
    [],
  );
  deepEqual(problems(root("r", '<prematch type="osmatch">a</prematch><json_null_field>empty</json_null_field>')), [
    "0.xml:1:19: warning: <prematch> has no type osmatch; osregex is taken",
    "0.xml:1:56: warning: <json_null_field> empty means string",
  ]);
});

test("variables of a file hold in its decoders", () => {
  const set = load(`<var name="WORD">abc</var>${root("r", "<prematch>^$WORD</prematch>")}`);
  deepEqual(
    ["abcd", "$WORD"].map((log) => decode(set, log)),
    ["r", "(none)"],
  );
});

test("the index finds the same root as trying one after another does (20 seeds)", () => {
  const prematches = ["^ab", "^AB|^c", "b", "^\\d+", "^\\d*a", "^(\\w)", "a$", "^ab$", "^\\s", ""];
  const programs = ["^ab$", "^a", "b$", "a|b", "!a", "", "^ab$|^c$"];
  let named = 0;
  for (let seed = 1; seed <= 20; seed += 1) {
    let state = seed;
    const below = (limit: number): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state % limit;
    };
    const text = (): string => Array.from({ length: below(4) }, () => "abABc1 ".charAt(below(7))).join("");
    const roots = Array.from({ length: 1 + below(6) }, (_, index) =>
      below(2) === 0
        ? root(`r${index}`, `<prematch>${prematches[below(prematches.length)]}</prematch>`)
        : root(`r${index}`, `<program_name>${programs[below(programs.length)]}</program_name>`),
    );
    const all = load(roots.join(""));
    const alone = roots.map((one) => load(one));
    for (let round = 0; round < 60; round += 1) {
      const log = below(2) === 0 ? text() : `${line}${text().replaceAll(" ", "")}: ${text()}`;
      const expected = alone.map((set) => decode(set, log)).find((answer) => answer !== "(none)") ?? "(none)";
      if (expected !== "(none)") named += 1;
      equal(decode(all, log), expected, `seed ${seed}: ${JSON.stringify(log)} with ${roots.join("")}`);
    }
  }
  equal(named > 400, true, `${named} of 1,200 have a decoder`);
});

test("a group that may be left out, and matches nothing instead, gives an empty field", () => {
  const set = load(
    root("l", "<prematch>^login</prematch>") +
      child("l", '<regex type="pcre2">^login (\\w*)? ?from</regex><order>user</order>', "l"),
  );
  equal(decode(set, "login from"), "l dstuser=");
  equal(decode(set, "login ann from"), "l dstuser=ann");
});

test("a PCRE2 expression that may find other than PCRE2 does is a warning at its place", () => {
  const of = (inner: string): string[] => problems(root("p", inner));
  const regex = (pattern: string): string =>
    `<prematch>^p</prematch>\n<regex type="pcre2">${pattern}</regex><order>user</order>`;
  const why = "than in PCRE2: it repeats a group that may match nothing or leave a group unset";
  deepEqual(of(regex("(a?){1,2}b")), [`0.xml:2:1: warning: (a?){1,2}b may fill other fields ${why}`]);
  deepEqual(of('<prematch type="pcre2">^p(?:|a){1,2}</prematch>'), [
    `0.xml:1:19: warning: ^p(?:|a){1,2} may end elsewhere ${why}`,
  ]);
  // A prematch fills no fields.
  deepEqual(of('<prematch type="pcre2">^p(?:a(b)?){2}</prematch>'), []);
  deepEqual(of(regex("(?:a?b?){1,2}(a)")), []);
});

test("what PCRE2 refuses is an error at its place", () => {
  for (const pattern of ["a+*", "a{65536}", "a$+", "[a-\\d]"]) {
    const found = problems(root("p", `\n<prematch type="pcre2">${pattern}</prematch>`));
    match(found.join(), /^0\.xml:2:1: error: a (?:quantifier|range) .* of the PCRE2 pattern /, pattern);
  }
});
