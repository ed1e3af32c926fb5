/** `argus ruleset reload`: changed decoders, rules and lists are put in force without a restart. */
import { ApiClient } from "../api/client-connection.ts";
import { reloadRoute } from "../api/contract/route.ts";
import type { ReloadReply, RulesetReply } from "../api/contract/reply.ts";
import type { Command } from "./command.ts";
import { elapsedText } from "./live-status.ts";
import { EXIT_DONE, EXIT_UNWELL } from "./output.ts";

const shown = (sha256: string): string => sha256.slice(0, 12);

/** In words, a line each. */
export function describeReload({ outcome, sha256, problems }: ReloadReply): string[] {
  if (outcome === "unchanged") return [...problems, `ruleset ${shown(sha256)} is in force already`];
  if (outcome === "replaced") return [...problems, `ruleset ${shown(sha256)} is in force from here on`];
  return [...problems, `the ruleset does not load; the one of before (${shown(sha256)}) stays in force`];
}

/** Of `argus cluster status`; the reasons are in the log, at `argus config check` and at `argus ruleset reload`. */
export function rulesetLine({ sha256, sinceMs, refused }: RulesetReply, nowMs: number): string {
  const inForce = `${shown(sha256)}, in force for ${elapsedText(nowMs - sinceMs)}`;
  if (refused === null) return inForce;
  const count = refused.problems.length === 1 ? "" : ` (and ${refused.problems.length - 1} more)`;
  return `${inForce}; the files of the home do not load: ${refused.problems[0] ?? "for a reason not told"}${count}`;
}

export const rulesetReload: Command = {
  words: ["ruleset", "reload"],
  summary: "Put decoders, rules and lists in force as they stand in the master's files. Exit 1 when they do not load.",
  isOffline: false,
  arguments: [],
  options: [],
  async run({ output, home, format }) {
    const reply = await new ApiClient(home).get(reloadRoute);
    if (format === "json") output.line(JSON.stringify(reply));
    else for (const line of describeReload(reply)) output.line(line);
    return reply.outcome === "refused" ? EXIT_UNWELL : EXIT_DONE;
  },
};
