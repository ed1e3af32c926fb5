/**
 * `npm run -s bench -- engine [--seed N] [--count N]`: one engine over the shipped ruleset and generated lines, in this
 * process, with nothing read from a disk in the measured part. With `--rules DIR` the ruleset is a peer's (`--flavour
 * wazuh|ossec`), with `--log FILE` the lines are a file's; `--queue 1:/var/log/syslog` is the message type and location
 * that lines get, `--answers FILE` takes each line's answer, and `--compat` answers as the peers' daemons do and holds
 * the clock still, as a peer has it that is given the whole log within a second (compat.ts). One JSON object on stdout.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { nodeDisk } from "../src/base/disk.ts";
import { describeProblem } from "../src/config/problem.ts";
import { initialValues } from "../src/config/schema.ts";
import { Engine } from "../src/analysis/engine.ts";
import { rulesetSection, rulesSection } from "../src/analysis/options.ts";
import { readPeerRuleset } from "../src/analysis/peer/ruleset-folder.ts";
import { readRuleset } from "../src/analysis/ruleset-source.ts";
import { compileRuleset, defaultRulesetOptions, type RulesetSource } from "../src/analysis/ruleset.ts";
import { must } from "../src/base/assert.ts";
import type { EngineEvent } from "../src/model/alert.ts";
import type { Source } from "../src/model/event.ts";
import { readQueueMessage } from "../src/model/queue-message.ts";
import type { Flavour } from "../src/syntax/pattern.ts";
import { answerLine, logLines } from "./answers.ts";
import { mixedLines } from "./mixed-log.ts";

export interface EngineBench {
  seed: number;
  count: number;
  flavour: Flavour;
  /** Empty: the shipped ruleset. */
  rules: string;
  /** Empty: generated lines. */
  log: string;
  /** Message type, colon, location. */
  queue: string;
  /** Empty: nowhere. */
  answers: string;
  isCompat: boolean;
}

export interface EngineFigures {
  events: number;
  alerts: number;
  loadMs: number;
  /** CPU time of the process while the ruleset was compiled. */
  loadCpuMs: number;
  seconds: number;
  eventsPerSecond: number;
  eventsPerCpuSecond: number;
  cpuMicrosPerEvent: number;
  /** Of the events after the first ones, when the runtime has compiled what it runs. */
  warmEventsPerCpuSecond: number;
  rssMiB: number;
  windowMiB: number;
  stateMiB: number;
}

/** The first events, up to a quarter of them, are not counted as warm. */
const coldEventsMax = 60_000;
/** Lines come 100 in a second of event time, as from a busy host. */
const perSecond = 100;
const startMs = Date.UTC(2026, 10, 25, 10, 0, 0);
/** Answers are written in pieces of so many bytes. */
const pieceBytes = 65_536;

async function readSource({ flavour, rules, isCompat }: EngineBench): Promise<RulesetSource> {
  const options = { ...defaultRulesetOptions, flavour, isCompat };
  if (rules !== "") return { ...(await readPeerRuleset(nodeDisk, rules, flavour)), options };
  const place = { home: "/nonexistent", shipped: join(process.cwd(), "ruleset") };
  const sections = {
    ruleset: { ...initialValues(rulesetSection.options), flavour },
    rules: initialValues(rulesSection.options),
  };
  return (await readRuleset(nodeDisk, place, sections, options)).source;
}

/** All of them at once: reading is not what is measured. */
async function readLines({ log, seed, count }: EngineBench): Promise<string[]> {
  if (log === "") return [...mixedLines(seed, count)].map((line) => Buffer.from(line, "utf8").toString("latin1"));
  const lines: string[] = [];
  for await (const line of logLines(log)) lines.push(line);
  return lines;
}

/** Whose the lines are: `--queue 1:[001] (web) 10.0.0.1->/var/log/syslog` makes them an agent's. */
function sourceOf({ queue, flavour }: EngineBench): Source {
  return must(readQueueMessage(`${queue}:-`, flavour), `--queue ${queue} is no type and location of a message`).source;
}

function eventOf(log: string, index: number, bench: EngineBench, source: Source): EngineEvent {
  const atMs = bench.isCompat ? startMs : startMs + Math.floor(index / perSecond) * 1_000;
  const { queue, agentId, agentName, agentIp, location } = source;
  return {
    queue,
    agentId,
    agentName,
    agentIp,
    location,
    log,
    isTruncated: false,
    eventMs: atMs,
    receivedMs: atMs,
    node: "bench",
    host: "bench",
    isHidden: false,
  };
}

function cpuSecondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

export async function engineFigures(bench: EngineBench): Promise<EngineFigures> {
  const files = await readSource(bench);
  const loadCpuBefore = process.cpuUsage();
  const loadBefore = performance.now();
  const ruleset = compileRuleset(files, (problem) => {
    if (problem.severity === "error") process.stderr.write(`${describeProblem(problem)}\n`);
  });
  const loadMs = Math.round(performance.now() - loadBefore);
  const loadCpuMs = Math.round(cpuSecondsSince(loadCpuBefore) * 1_000);
  const engine = new Engine(ruleset);
  const lines = await readLines(bench);
  const source = sourceOf(bench);
  const answers = bench.answers === "" ? undefined : openSync(bench.answers, "w");
  let piece = "";
  const warmFrom = Math.min(coldEventsMax, lines.length >> 2);
  const cpuBefore = process.cpuUsage();
  const before = performance.now();
  let warmBefore = cpuBefore;
  for (const [index, log] of lines.entries()) {
    if (index === warmFrom) warmBefore = process.cpuUsage();
    const event = eventOf(log, index, bench, source);
    if (answers === undefined) {
      // As a master does that writes no archives.
      engine.alertOf(event);
      continue;
    }
    piece += answerLine(index, engine.answer(event));
    if (piece.length < pieceBytes) continue;
    writeSync(answers, piece);
    piece = "";
  }
  const seconds = (performance.now() - before) / 1_000;
  const cpuSeconds = cpuSecondsSince(cpuBefore);
  const warmCpuSeconds = cpuSecondsSince(warmBefore);
  if (answers !== undefined) {
    writeSync(answers, piece);
    closeSync(answers);
  }
  const { events, alerts, windowBytes } = engine.metrics;
  const rounded = (value: number): number => Math.round(value * 100) / 100;
  return {
    ...{ events, alerts, loadMs, loadCpuMs },
    ...{ seconds: rounded(seconds), eventsPerSecond: Math.round(events / seconds) },
    eventsPerCpuSecond: Math.round(events / cpuSeconds),
    cpuMicrosPerEvent: rounded((cpuSeconds * 1e6) / events),
    warmEventsPerCpuSecond: Math.round((lines.length - warmFrom) / warmCpuSeconds),
    rssMiB: Math.round(process.memoryUsage().rss / 2 ** 20),
    windowMiB: rounded(windowBytes / 2 ** 20),
    stateMiB: rounded(engine.saveState().length / 2 ** 20),
  };
}
