/** `argus config check` and `argus config explain`. */
import { nodeDisk } from "../base/disk.ts";
import { checkConfig, describeReport, explain, explainAsJson } from "../node/config-check.ts";
import { checkHomeRuleset } from "../node/ruleset-check.ts";
import type { Command } from "./command.ts";
import { UsageError } from "./errors.ts";
import { EXIT_DONE } from "./output.ts";

export const configCheck: Command = {
  words: ["config", "check"],
  summary: "Look for problems in ossec.conf, cluster.conf, decoders, rules and lists, each by file:line:column.",
  isOffline: true,
  arguments: [],
  options: [],
  async run({ output, home, format }) {
    const report = await checkConfig(home, nodeDisk, checkHomeRuleset);
    if (format === "json") output.line(JSON.stringify(report));
    else for (const line of describeReport(report)) output.line(line);
    return report.exitCode;
  },
};

export const configExplain: Command = {
  words: ["config", "explain"],
  summary: "Say what the options of a section mean; without a section, list the sections.",
  isOffline: true,
  arguments: [{ name: "[section]", help: "A section of ossec.conf, or cluster.conf." }],
  options: [],
  run({ output, format }, _values, [name]) {
    const lines = explain(name);
    if (lines === undefined) throw new UsageError(`there is no section ${name}; list them with: argus config explain`);
    if (format === "json") output.line(JSON.stringify(name === undefined ? lines : explainAsJson(name)));
    else for (const line of lines) output.line(line);
    return Promise.resolve(EXIT_DONE);
  },
};
