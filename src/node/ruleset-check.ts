/** What is wrong with the ruleset of a home, for `argus config check`. */
import { isAbsolute, join } from "node:path";
import { nodeDisk } from "../base/disk.ts";
import { systemZone } from "../base/local-time.ts";
import { globalSection } from "../alerts/options.ts";
import { rulesetSection, rulesSection } from "../analysis/options.ts";
import { checkRuleset, defaultRulesetOptions } from "../analysis/ruleset.ts";
import { readRuleset } from "../analysis/ruleset-source.ts";
import type { Problem } from "../config/problem.ts";
import type { NodeConfig } from "./config.ts";
import { shippedRuleset } from "./package-disk.ts";

/** All problems of the decoders, rules and lists that the configuration of `home` names, by whole paths. */
export async function checkHomeRuleset(home: string, config: NodeConfig): Promise<readonly Problem[]> {
  const { configuration } = config;
  const sections = { ruleset: configuration.one(rulesetSection).values, rules: configuration.one(rulesSection).values };
  const options = { ...defaultRulesetOptions, zone: systemZone() };
  const place = { home, shipped: shippedRuleset, geoipDatabase: configuration.one(globalSection).values.geoipdb };
  const { source, problems } = await readRuleset(nodeDisk, place, sections, options);
  const hasOwnRuleset = (await nodeDisk.stat(join(home, "ruleset"))) !== undefined;
  const whole = (path: string): string => {
    if (isAbsolute(path)) return path;
    const isShipped = path.startsWith("ruleset/") && !hasOwnRuleset;
    return isShipped ? join(shippedRuleset, path.slice("ruleset/".length)) : join(home, path);
  };
  return [...problems, ...checkRuleset(source)].map((problem) => ({ ...problem, file: whole(problem.file) }));
}
