/**
 * `npm run -s bench -- lines --seed N --count N` prints log lines; `relay`, `engine`, `intake` and `spool` measure
 * the whole path or one stage, with `[--seed N] [--count N]`, and `relay` also with `[--workers N] [--dir DIR]`;
 * `agent-intake [--bytes N]` measures agents' messages from the socket on, `wire [--bytes N]` their protocol alone, and
 * `strangers [--strangers N]` what connections without proof cost. `agents [--count N] [--eps N] [--seconds N]` are
 * thousands of simulated agents at a real worker (agents.ts). `engine` takes other rulesets and logs, and
 * `compare` holds its answers against those of a peer (engine.ts, answers.ts). A measurement is one JSON object on
 * stdout, with the commit and the machine that it belongs to.
 */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { cpus, release, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { relay } from "./end-to-end.ts";
import { compareAnswers } from "./answers.ts";
import { engineFigures, type EngineBench } from "./engine.ts";
import { agentIntake } from "./agent-intake.ts";
import { agentsFigures } from "./agents.ts";
import { intake } from "./intake.ts";
import { mixedLines } from "./mixed-log.ts";
import { spoolFigures } from "./spool.ts";
import { strangersFigures } from "./strangers.ts";
import { wireFigures } from "./wire.ts";

function commit(): string {
  try {
    const head = execFileSync("git", ["rev-parse", "--short=12", "HEAD"], { encoding: "utf8" }).trim();
    const isClean = execFileSync("git", ["status", "--porcelain"], { encoding: "utf8" }).trim() === "";
    return isClean ? head : `${head}+changes`;
  } catch {
    return "unknown"; // Not a checkout.
  }
}

function machine(): object {
  const cores = cpus();
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  return { node: process.version, cpu: cores[0]?.model ?? "", cores: cores.length, memoryGiB, kernel: release() };
}

async function printLines(seed: number, count: number): Promise<void> {
  let block = "";
  for (const line of mixedLines(seed, count)) {
    block += `${line}\n`;
    if (block.length < 65_536) continue;
    if (!process.stdout.write(block)) await once(process.stdout, "drain");
    block = "";
  }
  process.stdout.write(block);
}

function print(bench: string, figures: object): number {
  process.stdout.write(`${JSON.stringify({ bench, commit: commit(), machine: machine(), ...figures }, null, 2)}\n`);
  return 0;
}

interface EngineValues {
  flavour: string;
  rules: string;
  log: string;
  queue: string;
  answers: string;
  expected: string;
  compat: boolean;
}

function engineOptions(values: EngineValues): Omit<EngineBench, "seed" | "count"> {
  const { flavour, rules, log, queue, answers, compat } = values;
  return { flavour: flavour === "ossec" ? "ossec" : "wazuh", rules, log, queue, answers, isCompat: compat };
}

function compare({ answers, expected, log }: EngineValues): number {
  const { text, isEqual } = compareAnswers(answers, expected, log);
  process.stdout.write(text);
  return isEqual ? 0 : 1;
}

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      seed: { type: "string", default: "7" },
      count: { type: "string" },
      eps: { type: "string", default: "20000" },
      seconds: { type: "string", default: "20" },
      profile: { type: "string", default: "" },
      workers: { type: "string", default: "2" },
      dir: { type: "string", default: "" },
      segments: { type: "string", default: "160" },
      strangers: { type: "string", default: "2000" },
      bytes: { type: "string", default: "200" },
      flavour: { type: "string", default: "wazuh" },
      rules: { type: "string", default: "" },
      log: { type: "string", default: "" },
      queue: { type: "string", default: "1:/var/log/syslog" },
      answers: { type: "string", default: "" },
      expected: { type: "string", default: "" },
      compat: { type: "boolean", default: false },
    },
  });
  const countUsual = positionals[0] === "agents" ? "5000" : "200000";
  const [seed, workerCount] = [Number(values.seed), Number(values.workers)];
  const count = Number(values.count ?? countUsual);
  const isSound = [seed, count, workerCount].every((value) => Number.isSafeInteger(value) && value >= 0);
  switch (isSound ? positionals[0] : undefined) {
    case "lines":
      await printLines(seed, count);
      return 0;
    case "relay":
      return print("relay", await relay({ seed, lineCount: count, workerCount, dir: values.dir }));
    case "engine":
      return print("engine", await engineFigures({ seed, count, ...engineOptions(values) }));
    case "compare":
      return compare(values);
    case "intake":
      return print("intake", await intake(seed, count));
    case "agent-intake":
      return print("agent-intake", await agentIntake(seed, count, Number(values.bytes)));
    case "agents": {
      const [eventsPerSecond, seconds, eventBytes] = [values.eps, values.seconds, values.bytes].map(Number);
      const asked = { eventsPerSecond: eventsPerSecond ?? 0, seconds: seconds ?? 0, eventBytes: eventBytes ?? 0 };
      return print("agents", await agentsFigures({ seed, count, ...asked, profile: values.profile }));
    }
    case "spool":
      return print("spool", await spoolFigures(count, Number(values.segments)));
    case "strangers":
      return print("strangers", await strangersFigures(Number(values.strangers)));
    case "wire":
      return print("wire", wireFigures(seed, count, Number(values.bytes)));
    default:
      process.stderr.write(
        "usage: npm run -s bench -- lines|relay|engine|intake|spool [--seed N] [--count N] [--workers N] [--dir DIR]\n" +
          "       npm run -s bench -- engine [--flavour wazuh|ossec] [--rules DIR] [--log FILE] [--queue T:LOCATION]\n" +
          "                           [--answers FILE] [--compat]\n" +
          "       npm run -s bench -- compare --answers FILE --expected FILE [--log FILE]\n" +
          "       npm run -s bench -- agent-intake|wire [--seed N] [--count N] [--bytes N]\n" +
          "       npm run -s bench -- agents [--count N] [--eps N] [--seconds N] [--bytes N] [--profile DIR]\n" +
          "       npm run -s bench -- strangers [--strangers N]\n",
      );
      return 2;
  }
}

process.exitCode = await main(process.argv.slice(2));
