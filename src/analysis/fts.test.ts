import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { eventOf, play, ruleOf, rulesetOf, startMs } from "../../test/support/ruleset.ts";
import { DecodedEvent } from "./decoded-event.ts";
import { decodeEvent } from "./decode/decoder-set.ts";
import { Engine } from "./engine.ts";
import { ftsKeyOf } from "./fts.ts";

const rule = (id: number, level: number, inside: string): string =>
  `<rule id="${id}" level="${level}">${inside}<description>rule ${id}</description></rule>`;
const decoder = (fts: string, type = "syslog"): string => `
<decoder name="d"><type>${type}</type><prematch>^d: </prematch>
  <regex offset="after_prematch">^(\\S*) (\\S*) (\\S*) (\\S*)</regex><order>user,srcip,id,Some.Name</order>
  <fts>${fts}</fts></decoder>`;

function keyOf(fts: string, log: string): string | undefined {
  const { decoders } = rulesetOf("", { decoders: decoder(fts) });
  return ftsKeyOf(decodeEvent(decoders, eventOf(log), new DecodedEvent()));
}

// ── ruleset-spec 5.7: if_fts ───────────────────────────────────────────────────────────────────────────────────────

test("a key is the decoder's name and the listed values in a fixed order, dynamic ones last", () => {
  equal(keyOf("name,user", "d: bob 10.0.0.1 7 x"), "d bob");
  equal(keyOf("Some.Name,location,srcip,user,id,name", "d: bob 10.0.0.1 7 x"), "d 7 bob 10.0.0.1 /var/log/app.log x");
});

test("the fixed part of a key ends after 256 bytes", () => {
  const key = keyOf("user,Some.Name", `d: ${"u".repeat(300)} 10.0.0.1 7 x`);
  equal(key, `d ${"u".repeat(254)} x`);
});

const seen = rule(100, 5, "<if_fts></if_fts>");

test("only a new key matches, and it is stored at once, whatever the rule's answer comes to", () => {
  const silent = `<rule id="100" level="5" noalert="1"><if_fts></if_fts><description>d</description></rule>`;
  const ruleset = rulesetOf(silent + rule(101, 3, "<decoded_as>d</decoded_as>"), { decoders: decoder("user") });
  deepEqual(play(ruleset, ["d: bob 1 2 3"]), [101]);
  deepEqual(play(rulesetOf(seen, { decoders: decoder("user") }), ["d: bob 1 2 3", "d: bob 9 9 9", "d: eve 1 2 3"]), [
    ...[100, 0, 100],
  ]);
});

test("of two rules with if_fts only the first can match an event", () => {
  const two = rule(100, 5, "<if_fts></if_fts><match>nothing of it</match>") + rule(101, 4, "<if_fts></if_fts>");
  deepEqual(play(rulesetOf(two, { decoders: decoder("user") }), ["d: bob 1 2 3"]), [101]);
  const both = rule(100, 5, "<if_fts></if_fts>") + rule(101, 4, "<if_fts></if_fts>");
  deepEqual(play(rulesetOf(both, { decoders: decoder("user") }), ["d: bob 1 2 3", "d: bob 1 2 3"]), [100, 0]);
});

test("agents are not told apart, unless the location is listed", () => {
  const answers = (fts: string): number[] => {
    const engine = new Engine(rulesetOf(seen, { decoders: decoder(fts) }));
    return ["001", "002"].map((agentId) =>
      ruleOf(engine.answer(eventOf("d: bob 1 2 3", 0, { agentId, location: `(a${agentId}) any->/x` }))),
    );
  };
  deepEqual(answers("user"), [100, 0]);
  deepEqual(answers("user,location"), [100, 100]);
});

// ── decoders of type ids ───────────────────────────────────────────────────────────────────────────────────────────

const ids = '<rule id="100" level="5"><category>ids</category><if_fts></if_fts><description>d</description></rule>';
/** Rule of each id, by one engine. */
const scan = (...found: string[]): number[] =>
  play(
    rulesetOf(ids, { decoders: decoder("id", "ids") }),
    found.map((id) => `d: u 1 ${id} x`),
  );

test("once three keys share more than 14 bytes with a new one, that part stands for all of them", () => {
  // "d scanner-of-ports" and a tail: the fourth is cut to what it shares with the third last one, and stored so.
  const tails = ["1", "2", "3", "4", "5", "6"].map((tail) => `scanner-of-ports-${tail}`);
  deepEqual(scan(...tails), [100, 100, 100, 100, 0, 0]);
});

test("a shared beginning of 14 bytes is not enough", () => {
  const tails = ["1", "2", "3", "4", "5", "6"].map((tail) => `abcdefghijkl${tail}`);
  equal(`d ${"abcdefghijkl"}`.length, 14);
  deepEqual(scan(...tails), [100, 100, 100, 100, 100, 100]);
});

test("only the last 32 keys are compared", () => {
  const shared = ["1", "2", "3"].map((tail) => `scanner-of-ports-${tail}`);
  const others = Array.from({ length: 30 }, (_, at) => `other${at}`);
  deepEqual(scan(...shared, ...others, "scanner-of-ports-4", "scanner-of-ports-5").slice(-2), [100, 100]);
  deepEqual(scan(...shared, ...others.slice(0, 29), "scanner-of-ports-4", "scanner-of-ports-5").slice(-2), [100, 0]);
});

test("other types keep every key as it is", () => {
  const tails = ["1", "2", "3", "4", "5"].map((tail) => `d: u 1 scanner-of-ports-${tail} x`);
  deepEqual(play(rulesetOf(seen, { decoders: decoder("id") }), tails), [100, 100, 100, 100, 100]);
});

test("keys are in the checkpoint, those of type ids as well", () => {
  const ruleset = rulesetOf(ids, { decoders: decoder("id", "ids") });
  const logs = ["1", "2", "3", "4", "5"].map((tail) => `d: u 1 scanner-of-ports-${tail} x`);
  let engine = new Engine(ruleset);
  const answers = logs.map((log, at) => {
    engine = new Engine(ruleset, engine.saveState());
    return ruleOf(engine.answer(eventOf(log, at, { receivedMs: startMs })));
  });
  deepEqual(answers, [100, 100, 100, 100, 0]);
});
