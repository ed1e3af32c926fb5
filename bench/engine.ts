/**
 * `npm run -s bench -- engine [--seed N] [--count N]`: one engine over the shipped ruleset and generated lines, in this
 * process, with nothing read from a disk in the measured part. One JSON object on stdout.
 */
import { join } from "node:path";
import { nodeDisk } from "../src/base/disk.ts";
import { initialValues } from "../src/config/schema.ts";
import { Engine } from "../src/analysis/engine.ts";
import { rulesetSection } from "../src/analysis/options.ts";
import { readRuleset } from "../src/analysis/ruleset-source.ts";
import { compileRuleset, defaultRulesetOptions } from "../src/analysis/ruleset.ts";
import { mixedLines } from "./mixed-log.ts";

export interface EngineFigures {
  events: number;
  alerts: number;
  seconds: number;
  eventsPerSecond: number;
  eventsPerCpuSecond: number;
  cpuMicrosPerEvent: number;
  rssMiB: number;
  windowMiB: number;
  stateMiB: number;
}

/** Lines come 100 in a second of event time, as from a busy host. */
const perSecond = 100;
const startMs = Date.UTC(2026, 10, 25, 10, 0, 0);

export async function engineFigures(seed: number, count: number): Promise<EngineFigures> {
  const place = { home: "/nonexistent", shipped: join(process.cwd(), "ruleset") };
  const section = initialValues(rulesetSection.options);
  const { source } = await readRuleset(nodeDisk, place, section, defaultRulesetOptions);
  const engine = new Engine(compileRuleset(source, () => undefined));
  const lines = [...mixedLines(seed, count)].map((line) => Buffer.from(line, "utf8").toString("latin1"));
  const cpuBefore = process.cpuUsage();
  const before = performance.now();
  for (const [index, log] of lines.entries()) {
    const atMs = startMs + Math.floor(index / perSecond) * 1_000;
    engine.answer({
      queue: "1",
      agentId: "000",
      agentName: "",
      agentIp: "",
      location: "/var/log/syslog",
      log,
      isTruncated: false,
      eventMs: atMs,
      receivedMs: atMs,
      node: "bench",
      host: "bench",
      isHidden: false,
    });
  }
  const seconds = (performance.now() - before) / 1_000;
  const cpu = process.cpuUsage(cpuBefore);
  const cpuSeconds = (cpu.user + cpu.system) / 1e6;
  const { events, alerts, windowBytes } = engine.metrics;
  const rounded = (value: number): number => Math.round(value * 100) / 100;
  return {
    ...{ events, alerts, seconds: rounded(seconds), eventsPerSecond: Math.round(events / seconds) },
    eventsPerCpuSecond: Math.round(events / cpuSeconds),
    cpuMicrosPerEvent: rounded((cpuSeconds * 1e6) / events),
    rssMiB: Math.round(process.memoryUsage().rss / 2 ** 20),
    windowMiB: rounded(windowBytes / 2 ** 20),
    stateMiB: rounded(engine.saveState().length / 2 ** 20),
  };
}
