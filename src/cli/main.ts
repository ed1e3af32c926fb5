/** The entry of the `argus` command: the table of commands made into a parser, and what a person sees of an error. */
import { createInterface } from "node:readline";
import { resolve } from "node:path";
import { Command as Parser, CommanderError, Option } from "commander";
import { ArgusError, describeError } from "../base/error.ts";
import { argusVersion } from "../node/package-disk.ts";
import { agentEnrol, agentRun } from "./agent.ts";
import { groupsAssign, groupsCreate, groupsFiles, groupsList, groupsRemove } from "./agent-groups.ts";
import {
  agentsAdd,
  agentsExtractKey,
  agentsList,
  agentsReconnect,
  agentsRemove,
  agentsRestart,
  agentsShow,
} from "./agents.ts";
import { alertsTail } from "./alerts.ts";
import { clusterNodes, clusterStatus } from "./cluster.ts";
import type { Command, CommandContext, CommandValues, OutputFormat } from "./command.ts";
import { configCheck, configExplain } from "./config.ts";
import { journalCheck } from "./journal.ts";
import { logtest } from "./logtest.ts";
import { node } from "./node.ts";
import { EXIT_DONE, EXIT_UNWELL, EXIT_USAGE, processOutput, type Output } from "./output.ts";
import { rulesetTest } from "./ruleset.ts";
import { rulesetCost } from "./ruleset-cost.ts";
import { rulesetReload } from "./ruleset-reload.ts";
import { rulesetQuarantine, rulesetRelease } from "./ruleset-release.ts";
import { up } from "./up.ts";

/** Where OSSEC has always been. */
const defaultHome = "/var/ossec";

const commands: readonly Command[] = [
  up,
  node,
  configCheck,
  configExplain,
  logtest,
  rulesetTest,
  rulesetCost,
  rulesetReload,
  rulesetQuarantine,
  rulesetRelease,
  journalCheck,
  clusterNodes,
  clusterStatus,
  ...[agentsList, agentsShow, agentsAdd, agentsExtractKey, agentsRemove, agentsRestart, agentsReconnect],
  ...[groupsList, groupsFiles, groupsCreate, groupsRemove, groupsAssign],
  alertsTail,
  ...[agentEnrol, agentRun],
];

const nounSummaries: Readonly<Record<string, string>> = {
  config: "The configuration of a home.",
  ruleset: "Decoders and rules.",
  journal: "The journal of a master.",
  cluster: "The cluster as seen from this node.",
  agents: "The agents of the cluster, and what they are given.",
  "agents groups": "Groups of agents, and the files that each is given.",
  alerts: "Alerts.",
  agent: "Our own agent, on the machine whose logs it sends.",
};

/** Runs one command; resolves with the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const unread = new AbortController();
  const output = processOutput(process.stdout, process.stderr, () => unread.abort());
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once("SIGINT", onSignal);
  process.once("SIGTERM", onSignal);
  // Timers of ours do not keep a process alive; a running command does.
  const alive = setInterval(() => undefined, 60_000);
  try {
    return await runCommand(argv, output, { stop: stop.signal, unread: unread.signal });
  } finally {
    clearInterval(alive);
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  }
}

interface Signals {
  /** Ctrl-C or SIGTERM. */
  stop: AbortSignal;
  /** Nobody reads standard output any more. */
  unread: AbortSignal;
}

async function runCommand(argv: readonly string[], output: Output, { stop, unread }: Signals): Promise<number> {
  let exitCode: number = EXIT_DONE;
  const parser = buildParser(output, async (command, values, args) => {
    const signal = command.worksUnread === true ? stop : AbortSignal.any([stop, unread]);
    exitCode = await command.run(contextOf(values, output, signal), values, args);
  });
  try {
    await parser.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_DONE : EXIT_USAGE;
    if (!(error instanceof ArgusError)) throw error;
    output.problem(`argus: ${describeError(error)}`);
    return usageCodes.has(error.code) ? EXIT_USAGE : EXIT_UNWELL;
  }
}

/** Errors of whoever typed or configured; all others say that the thing asked about is not well. */
const usageCodes: ReadonlySet<string> = new Set([
  "ARGUS_CLI_USAGE",
  "ARGUS_NODE_CONFIG_REFUSED",
  "ARGUS_NODE_HOME_UNUSABLE",
  "ARGUS_NODE_RULESET_REFUSED",
]);

type Run = (command: Command, values: CommandValues, args: readonly string[]) => Promise<void>;

function buildParser(output: Output, run: Run): Parser {
  const parser = new Parser("argus")
    .description("A clustered security-event manager.")
    .version(argusVersion, "-V, --version", "Print the version.")
    .helpOption("-h, --help", "Print what there is to type.")
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .showHelpAfterError("(see: argus --help)");
  const nouns = new Map<string, Parser>([["", parser]]);
  /** The parser of these words, the last of which is a noun. */
  const placeOf = (words: readonly string[]): Parser => {
    const name = words.join(" ");
    const known = nouns.get(name);
    if (known !== undefined) return known;
    const made = placeOf(words.slice(0, -1))
      .command(words.at(-1) ?? "")
      .description(nounSummaries[name] ?? name);
    nouns.set(name, made);
    return made;
  };
  for (const command of commands)
    addCommand(placeOf(command.words.slice(0, -1)), command.words.at(-1) ?? "", command, run);
  applyToAll(parser, (one) => {
    one.exitOverride();
    one.configureOutput({
      writeOut: (text) => output.raw(text),
      writeErr: (text) => output.problem(text.trimEnd()),
    });
  });
  return parser;
}

function addCommand(place: Parser, word: string, command: Command, run: Run): void {
  const note = command.isOffline ? " Works offline: no node needs to run." : "";
  const added = place.command(word).description(command.summary + note);
  for (const argument of command.arguments) added.argument(argument.name, argument.help);
  for (const { flags, help, initial } of command.options) added.option(flags, help, initial);
  added.option("--home <dir>", `The home of the node; ARGUS_HOME, or ${defaultHome}.`);
  added.addOption(new Option("-o, --output <format>", "How to print.").choices(["table", "json"]).default("table"));
  added.action(async () => {
    await run(command, added.opts<Record<string, string | boolean | undefined>>(), added.args);
  });
}

function applyToAll(parser: Parser, change: (one: Parser) => void): void {
  change(parser);
  for (const child of parser.commands) applyToAll(child, change);
}

function contextOf(values: CommandValues, output: Output, signal: AbortSignal): CommandContext {
  const { home, output: format } = values;
  return {
    output,
    home: resolve(typeof home === "string" ? home : (process.env["ARGUS_HOME"] ?? defaultHome)),
    format: (format === "json" ? "json" : "table") satisfies OutputFormat,
    signal,
    stdinLines: () => createInterface({ input: process.stdin.setEncoding("latin1"), crlfDelay: Infinity }),
  };
}
