/** What is wrong with the ruleset of a home, for `argus config check`. */
import { nodeDisk } from "../base/disk.ts";
import { systemZone } from "../base/local-time.ts";
import { rulesetSection } from "../analysis/options.ts";
import { checkRuleset, defaultRulesetOptions } from "../analysis/ruleset.ts";
import { readRuleset } from "../analysis/ruleset-source.ts";
import type { Problem } from "../config/problem.ts";
import type { NodeConfig } from "./config.ts";
import { shippedRuleset } from "./package-disk.ts";

/** All problems of the decoders, rules and lists that the configuration of `home` names. */
export async function checkHomeRuleset(home: string, config: NodeConfig): Promise<readonly Problem[]> {
  const section = config.configuration.one(rulesetSection).values;
  const options = { ...defaultRulesetOptions, zone: systemZone() };
  const { source, problems } = await readRuleset(nodeDisk, { home, shipped: shippedRuleset }, section, options);
  return [...problems, ...checkRuleset(source)];
}
