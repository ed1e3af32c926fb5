/**
 * Changed logs, from a seed, against everything that reads logs. Whatever a log holds: the engine does
 * not throw, its memory stays within its bounds, an alert is one line of JSON, and an answer is a function of ruleset,
 * state and events, so that an engine which is saved and loaded on the way answers as one that is not.
 *
 * `ARGUS_FUZZ_MUTATIONS=1000000 node --test dist/src/analysis/mutated-log.disk.test.js` makes a long run of it,
 * `ARGUS_FUZZ_SEED=7` another one. A failure names the seed and the number of the event.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { logSeeds, pluginDecoders, pluginRules } from "../../test/support/log-seeds.ts";
import { LogMutator, type QueuedLog } from "../../test/support/log-mutator.ts";
import { peerRuleset } from "../../test/support/peer-data.ts";
import { eventOf, rulesetOf } from "../../test/support/ruleset.ts";
import { seededRandom, type SeededRandom } from "../../test/support/seeded-random.ts";
import { writeAlertJson } from "../alerts/alert-json.ts";
import { nodeDisk } from "../base/disk.ts";
import { LocalTime } from "../base/local-time.ts";
import type { Answer, EngineEvent } from "../model/alert.ts";
import type { Flavour } from "../syntax/pattern.ts";
import { Baseline } from "./baseline.ts";
import { DYNAMIC_FIELDS_MAX } from "./decoded-event.ts";
import { Engine } from "./engine.ts";
import { readSuite, suiteFiles } from "./peer/conformance.ts";
import { readPeerRuleset } from "./peer/ruleset-folder.ts";
import { compileRuleset, type CompiledRuleset, defaultRulesetOptions } from "./ruleset.ts";

const mutationsOfOneRun = Number(process.env["ARGUS_FUZZ_MUTATIONS"] ?? 4_000);
const seed = Number(process.env["ARGUS_FUZZ_SEED"] ?? 1);
/** Small, so that they are reached. */
const bounds = { windowBytesMax: 512 * 1_024, ftsBytesMax: 64 * 1_024, logAlertLevel: 1 };
/** Bounds and what has bounds of its own: accumulated values and the last alerted events. */
const stateBytesMax = 16 * 1_024 * 1_024;
/** Among a million changed logs the slowest took 0.4 s; a log that takes much longer is one that stops an analysis. */
const cpuMsOfEventMax = 5_000;
const savedEvery = 500;
const time = new LocalTime("UTC");

/** Without them a run would test little: each plugin, each kind of module, what is counted, what is forwarded. */
const reachedDecoders = [
  ...["json", "json2", "pf", "sonicwall", "symantec", "ossec", "ossec-alert", "ldap", "sshd", "rootcheck", "sca"],
  ...["syscheck_new_entry", "syscheck_integrity_changed", "hostinfo_new", "syscollector", "ciscat"],
  "windows_eventchannel",
];
const reachedRules = ["100", "101", "103", "104", "105", "106", "107", "108", "109"];

const agents = [
  { agentId: "000", agentName: "", agentIp: "", location: "/var/log/messages" },
  { agentId: "001", agentName: "web", agentIp: "192.0.2.1", location: "EventChannel" },
  { agentId: "002", agentName: "mail", agentIp: "any", location: "syscheck" },
];

/** Events of logs, whose times mostly go on, sometimes jump, and sometimes lie behind. */
class Events {
  readonly #random: SeededRandom;
  readonly #logs: LogMutator;
  #atMs = 0;

  constructor(random: SeededRandom, corpus: readonly QueuedLog[]) {
    this.#random = random;
    this.#logs = new LogMutator(random, corpus);
  }

  next(): EngineEvent {
    const random = this.#random;
    this.#atMs += random.oneIn(1_000) ? 3_600_000 : random.below(500);
    const event = eventOf("", this.#atMs / 1_000, { ...this.#logs.next(), ...agents[random.below(agents.length)] });
    return random.oneIn(50) ? { ...event, eventMs: event.eventMs - random.below(600_000) } : event;
  }
}

function checkAnswer(answer: Answer): void {
  const { decoded, isAlert } = answer;
  ok(decoded.dynamicFields.length <= DYNAMIC_FIELDS_MAX);
  if (!isAlert) return;
  const json = writeAlertJson(answer, { id: "1.2", time, cluster: "argus", showsFullLog: true });
  ok(!json.includes("\n"), "an alert is one line");
  equal(typeof JSON.parse(Buffer.from(json, "latin1").toString("utf8")), "object");
}

interface Seen {
  decoders: Set<string>;
  rules: Set<string>;
  alerts: number;
  slowestMs: number;
  slowest: string;
}

/** Two engines answer each event; one of them is saved and made anew on the way. */
function run(ruleset: CompiledRuleset, corpus: readonly QueuedLog[], count: number): Seen {
  const events = new Events(seededRandom(seed), corpus);
  const baseline = new Baseline();
  const undisturbed = new Engine(ruleset);
  let other = new Engine(ruleset, undefined, baseline);
  const seen: Seen = { decoders: new Set(), rules: new Set(), alerts: 0, slowestMs: 0, slowest: "" };
  for (let number = 0; number < count; number += 1) {
    const event = events.next();
    const where = `seed ${seed}, event ${number}, queue ${event.queue}: ${JSON.stringify(event.log.slice(0, 2_000))}`;
    try {
      const before = process.cpuUsage();
      const answer = undisturbed.answer(event);
      const { user, system } = process.cpuUsage(before);
      note(seen, answer, (user + system) / 1_000, where);
      checkAnswer(answer);
      const again = other.answer(event);
      if (JSON.stringify(again) !== JSON.stringify(answer)) equal(again, answer);
    } catch (error) {
      throw new Error(where, { cause: error });
    }
    if (number % savedEvery === savedEvery - 1) {
      const state = other.saveState();
      ok(state.length <= stateBytesMax, `${where}: the state has ${state.length} bytes`);
      ok(undisturbed.metrics.windowBytes <= bounds.windowBytesMax, where);
      other = new Engine(ruleset, state, baseline);
    }
  }
  ok(Buffer.from(undisturbed.saveState()).equals(other.saveState()), "both engines remember the same");
  return seen;
}

function note(seen: Seen, { decoded, rule, isAlert }: Answer, cpuMs: number, where: string): void {
  if (decoded.decoder !== undefined) seen.decoders.add(decoded.decoder.name);
  if (rule !== undefined) seen.rules.add(rule.id);
  if (isAlert) seen.alerts += 1;
  if (cpuMs <= seen.slowestMs) return;
  seen.slowestMs = cpuMs;
  seen.slowest = where;
}

function tell(seen: Seen): string {
  const { decoders, rules, alerts, slowestMs, slowest } = seen;
  return (
    `${decoders.size} decoders, ${rules.size} rules, ${alerts} alerts; ` +
    `slowest ${Math.round(slowestMs)} ms: ${slowest.slice(0, 300)}`
  );
}

test("changed logs do no harm to plugins, to the decoders of agents' modules, nor to what is remembered", (context) => {
  const ruleset = rulesetOf(pluginRules, { decoders: pluginDecoders, options: bounds });
  const seen = run(ruleset, logSeeds, mutationsOfOneRun * 3);
  context.diagnostic(tell(seen));
  deepEqual(
    reachedDecoders.filter((name) => !seen.decoders.has(name)),
    [],
  );
  deepEqual(
    reachedRules.filter((id) => !seen.rules.has(id)),
    [],
  );
  ok(seen.slowestMs < cpuMsOfEventMax, tell(seen));
});

async function peerCorpus(folder: string, flavour: Flavour): Promise<QueuedLog[]> {
  const tests = join(folder, "tests");
  const corpus: QueuedLog[] = [...logSeeds];
  for (const file of await suiteFiles(nodeDisk, tests)) {
    for (const { lines } of await readSuite(nodeDisk, tests, file, flavour)) {
      for (const log of lines) corpus.push({ queue: "1", log });
    }
  }
  return corpus;
}

for (const flavour of ["wazuh", "ossec"] as const) {
  const { folder, skip } = peerRuleset(flavour);
  test(`changed logs do no harm to the ruleset of ${flavour}`, { skip }, async (context) => {
    const source = await readPeerRuleset(nodeDisk, folder, flavour);
    const options = { ...defaultRulesetOptions, ...bounds, flavour };
    const ruleset = compileRuleset({ ...source, options }, () => undefined);
    const seen = run(ruleset, await peerCorpus(folder, flavour), mutationsOfOneRun);
    context.diagnostic(tell(seen));
    ok(seen.decoders.size >= 30, tell(seen));
    ok(seen.slowestMs < cpuMsOfEventMax, tell(seen));
  });
}
