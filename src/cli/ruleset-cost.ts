/** `argus ruleset cost`: which rules and decoders take the time, measured over the lines of a log. */
import { hostname } from "node:os";
import { systemClock } from "../base/clock.ts";
import { nodeDisk } from "../base/disk.ts";
import { systemZone } from "../base/local-time.ts";
import { CostMeter, type PartCost } from "../analysis/cost.ts";
import { Engine } from "../analysis/engine.ts";
import { compileRuleset, type CompiledRuleset } from "../analysis/ruleset.ts";
import { describeProblem } from "../config/problem.ts";
import { readHomeRulesetFiles } from "../node/logtest-ruleset.ts";
import { textOf, type Command } from "./command.ts";
import { EXIT_DONE, EXIT_USAGE } from "./output.ts";
import { paintFor } from "./paint.ts";
import { renderTable, type Cell, type Column } from "./table.ts";

const columns: readonly Column[] = [
  { title: "µs/EVENT", align: "right" },
  { title: "SHARE", align: "right" },
  { title: "µs/TRY", align: "right" },
  { title: "TRIED", align: "right" },
  { title: "MATCHED", align: "right" },
  { title: "PART" },
  { title: "PLACE", isFlexible: true },
];

const shownInitial = "30";

/**
 * The lines are answered so many times, each time by a fresh engine, and of each part the shortest time counts: code
 * that is new to the runtime is slow, and whatever else runs on the machine takes time now and then.
 */
const passes = 3;

export function costRow(part: PartCost, eventCount: number, totalMicros: number): Cell[] {
  const perEvent = part.micros / eventCount;
  const texts = [
    perEvent.toFixed(3),
    `${((100 * part.micros) / totalMicros).toFixed(1)}%`,
    (part.micros / part.tried).toFixed(2),
    String(part.tried),
    String(part.matched),
    `${part.kind} ${part.name}`,
    part.place,
  ];
  return texts.map((text) => ({ text }));
}

export const rulesetCost: Command = {
  words: ["ruleset", "cost"],
  summary: "What each rule and decoder of the home costs over the lines of standard input, the dearest first.",
  isOffline: true,
  arguments: [],
  options: [
    { flags: "--location <text>", help: "The location that the lines get.", initial: "stdin" },
    { flags: "--top <count>", help: "So many rules and decoders are shown.", initial: shownInitial },
  ],
  async run({ output, home, format, signal, stdinLines }, values) {
    const { source, problems } = await readHomeRulesetFiles(home, nodeDisk, systemZone());
    const errors = problems.filter(({ severity }) => severity === "error");
    for (const problem of errors) output.problem(describeProblem(problem));
    const top = Number(textOf(values, "top") ?? shownInitial);
    if (!Number.isInteger(top) || top < 1) output.problem("argus: --top is a number of rules and decoders, 1 or more");
    if (errors.length > 0 || !Number.isInteger(top) || top < 1) return EXIT_USAGE;
    const ruleset = compileRuleset(source, () => undefined);
    const location = textOf(values, "location") ?? "stdin";
    const lines: string[] = [];
    for await (const line of stdinLines()) {
      if (signal.aborted) break;
      lines.push(line);
    }
    if (lines.length === 0) {
      output.problem("argus: there is no line on standard input");
      return EXIT_USAGE;
    }
    const parts = leastOf(Array.from({ length: passes }, () => measure(ruleset, lines, location)));
    const partMicros = parts.reduce((sum, part) => sum + part.micros, 0);
    if (format === "json") output.line(JSON.stringify({ events: lines.length, micros: partMicros, parts }));
    else {
      const rows = parts.slice(0, top).map((part) => costRow(part, lines.length, partMicros));
      const columnCount = output.isTerminal ? process.stdout.columns : undefined;
      const options = { paint: paintFor(output.isTerminal, process.env), columns: columnCount };
      for (const line of renderTable(columns, rows, options)) output.line(line);
      const perEvent = (partMicros / lines.length).toFixed(2);
      output.line(`${lines.length} events; rules and decoders took ${perEvent} µs of each`);
    }
    return EXIT_DONE;
  },
};

/** Of equal runs; each part with its shortest time, the dearest first. */
export function leastOf(runs: readonly (readonly PartCost[])[]): PartCost[] {
  const least = new Map<string, PartCost>();
  for (const part of runs.flat()) {
    const key = `${part.kind} ${part.name} ${part.place}`;
    const known = least.get(key);
    if (known === undefined || part.micros < known.micros) least.set(key, part);
  }
  return [...least.values()].sort((a, b) => b.micros - a.micros);
}

function measure(ruleset: CompiledRuleset, lines: readonly string[], location: string): PartCost[] {
  const engine = new Engine(ruleset);
  const meter = new CostMeter(ruleset, systemClock.monotonicMs);
  engine.meter = meter;
  const nowMs = systemClock.wallMs();
  const host = hostname();
  for (const log of lines) {
    engine.answer({
      queue: "1",
      agentId: "000",
      agentName: "",
      agentIp: "",
      location,
      log,
      isTruncated: false,
      eventMs: nowMs,
      receivedMs: nowMs,
      node: host,
      host,
      isHidden: false,
    });
  }
  return meter.parts();
}
