/** `argus ruleset cost`: which rules and decoders take the time, measured over the lines of a log. */
import { hostname } from "node:os";
import { systemClock } from "../base/clock.ts";
import { nodeDisk } from "../base/disk.ts";
import { systemZone } from "../base/local-time.ts";
import { CostMeter, type PartCost } from "../analysis/cost.ts";
import { Engine } from "../analysis/engine.ts";
import { compileRuleset } from "../analysis/ruleset.ts";
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

/** So many lines from the start are run before anything is measured: code that is new to the runtime is slow. */
const warmLines = 2_000;

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
    const warm = new CostMeter(ruleset, systemClock.monotonicMs);
    answer(new Engine(ruleset), warm, lines.slice(0, warmLines), location);
    const meter = new CostMeter(ruleset, systemClock.monotonicMs);
    const beganMs = systemClock.monotonicMs();
    answer(new Engine(ruleset), meter, lines, location);
    const micros = (systemClock.monotonicMs() - beganMs) * 1_000;
    const parts = meter.parts();
    const partMicros = parts.reduce((sum, part) => sum + part.micros, 0);
    if (format === "json") output.line(JSON.stringify({ events: lines.length, micros, partMicros, parts }));
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

function answer(engine: Engine, meter: CostMeter, lines: readonly string[], location: string): void {
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
}
