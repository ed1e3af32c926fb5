// ruleset-spec 3.7, *accumulate*.
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { ldapDecoders } from "../../../test/support/log-seeds.ts";
import { eventOf, rulesetOf } from "../../../test/support/ruleset.ts";
import { ByteWriter } from "../../base/bytes.ts";
import type { EngineEvent, StaticFields } from "../../model/alert.ts";
import { DecodedEvent } from "../decoded-event.ts";
import { Engine } from "../engine.ts";
import { StateReader } from "../state-part.ts";
import { Accumulator } from "./accumulate.ts";

const decoders = `${ldapDecoders}
<decoder name="ldap-other"><parent>ldap</parent><prematch>OTHER</prematch>
  <regex>^conn=(\\S+) OTHER</regex><order>id</order></decoder>
<decoder name="plain"><prematch>^plain </prematch>
  <regex>^plain conn=(\\S+)</regex><order>id</order><accumulate/></decoder>`;
const rules = '<rule id="100" level="3"><match>conn=</match><description>a connection</description></rule>';
const ruleset = rulesetOf(rules, { decoders });

const said = (fields: StaticFields): string =>
  Object.entries(fields)
    .flatMap(([name, value]) => (name === "id" ? [] : [value]))
    .join(" ");

class Play {
  engine = new Engine(ruleset);

  /** The fields beside the id. */
  at(seconds: number, log: string, change: Partial<EngineEvent> = {}): string {
    return said(this.engine.answer(eventOf(log, seconds, change)).decoded.fields);
  }
}

test("each log of a connection has what those before it had, and gives what it has beyond that", () => {
  const play = new Play();
  equal(play.at(0, "conn=1 ACCEPT 192.0.2.7"), "192.0.2.7");
  equal(play.at(1, "conn=1 BIND anna"), "192.0.2.7 anna");
  equal(play.at(2, "conn=1 RESULT"), "192.0.2.7 anna");
});

test("what an event says itself stays, and what was kept first too", () => {
  const play = new Play();
  play.at(0, "conn=1 BIND anna");
  equal(play.at(1, "conn=1 BIND berta"), "berta");
  equal(play.at(2, "conn=1 RESULT"), "anna");
});

test("another id, decoder or host has nothing to do with it, and a decoder that does not accumulate neither", () => {
  const play = new Play();
  play.at(0, "conn=1 ACCEPT 192.0.2.7");
  equal(play.at(1, "conn=2 RESULT"), "");
  equal(play.at(1, "plain conn=1"), "");
  equal(play.at(1, "conn=1 RESULT", { host: "elsewhere" }), "");
  equal(play.at(1, "conn=1 RESULT", { agentId: "001", agentName: "web" }), "");
  equal(play.at(1, "conn=1 OTHER"), "");
  equal(play.at(1, "conn=1 RESULT"), "192.0.2.7");
});

test("after more than 120 seconds without an event of the id it begins anew, in either direction of time", () => {
  const play = new Play();
  play.at(0, "conn=1 ACCEPT 192.0.2.7");
  equal(play.at(120, "conn=1 RESULT"), "192.0.2.7");
  equal(play.at(240, "conn=1 BIND anna"), "192.0.2.7 anna");
  equal(play.at(361, "conn=1 RESULT"), "");
  play.at(400, "conn=2 ACCEPT 192.0.2.7");
  equal(play.at(279, "conn=2 RESULT"), "");
});

test("a value is kept to 80 bytes, and an id too long for a key of 255 bytes keeps none", () => {
  const play = new Play();
  play.at(0, `conn=1 BIND ${"u".repeat(100)}`);
  equal(play.at(1, "conn=1 RESULT"), "u".repeat(80));
  const long = "9".repeat(250);
  play.at(0, `conn=${long} BIND anna`);
  equal(play.at(1, `conn=${long} RESULT`), "");
});

test("a removed agent's logs are forgotten", () => {
  const play = new Play();
  const agent = { agentId: "001", agentName: "web", agentIp: "192.0.2.1" };
  play.at(0, "conn=1 ACCEPT 192.0.2.7", agent);
  play.at(0, "conn=1 ACCEPT 192.0.2.8");
  play.engine.agentRemoved("001");
  equal(play.at(1, "conn=1 RESULT", agent), "");
  equal(play.at(1, "conn=1 RESULT"), "192.0.2.8");
});

test("it is in the state: an engine that goes on from it answers as if nothing had been between", () => {
  const play = new Play();
  play.at(0, "conn=1 ACCEPT 192.0.2.7");
  play.at(1, "conn=2 ACCEPT 192.0.2.8");
  play.at(2, "conn=1 BIND anna");
  const state = play.engine.saveState();
  play.engine = new Engine(ruleset, state);
  deepEqual(play.engine.saveState(), state);
  equal(play.at(3, "conn=1 RESULT"), "192.0.2.7 anna");
  equal(play.at(121, "conn=2 RESULT"), "192.0.2.8");
});

function fill(accumulator: Accumulator, id: string, srcip?: string): string | undefined {
  const decoded = new DecodedEvent().reset(eventOf("log"));
  decoded.fields.id = id;
  decoded.fields.srcip = srcip;
  accumulator.fill(decoded);
  return decoded.fields.srcip;
}

test("when there are too many ids the one that was not used for longest is forgotten", () => {
  const accumulator = new Accumulator(2);
  fill(accumulator, "1", "a");
  fill(accumulator, "2", "b");
  fill(accumulator, "1");
  fill(accumulator, "3", "c");
  equal(accumulator.size, 2);
  deepEqual([fill(accumulator, "1"), fill(accumulator, "3")], ["a", "c"]);
  equal(fill(accumulator, "2"), undefined);
});

test("which one is forgotten next is in the state", () => {
  const accumulator = new Accumulator(2);
  fill(accumulator, "1", "a");
  fill(accumulator, "2", "b");
  fill(accumulator, "1");
  const writer = new ByteWriter();
  accumulator.write(writer);
  const copy = new Accumulator(2);
  copy.read(new StateReader(writer.view()));
  fill(copy, "3", "c");
  deepEqual([fill(copy, "1"), fill(copy, "2")], ["a", undefined]);
});

test("an event without an id keeps nothing, and nothing is written of nothing", () => {
  const accumulator = new Accumulator();
  accumulator.fill(new DecodedEvent().reset(eventOf("log")));
  const writer = new ByteWriter();
  accumulator.write(writer);
  deepEqual([accumulator.size, writer.view().length], [0, 0]);
});
