/** The ruleset of a home for `argus logtest`; a home without a configuration has the shipped one. */
import type { Disk } from "../base/disk.ts";
import { globalSection } from "../alerts/options.ts";
import { rulesetSection, rulesSection } from "../analysis/options.ts";
import { defaultRulesetOptions } from "../analysis/ruleset.ts";
import { readRuleset, type FoundRuleset } from "../analysis/ruleset-source.ts";
import { sharedConfigPath } from "../config/load.ts";
import { initialValues } from "../config/schema.ts";
import { loadNodeConfig } from "./config.ts";
import { shippedRuleset } from "./package-disk.ts";

export async function readHomeRulesetFiles(home: string, disk: Disk, zone: string): Promise<FoundRuleset> {
  const isConfigured = (await disk.stat(sharedConfigPath(home))) !== undefined;
  const config = isConfigured ? await loadNodeConfig(home, disk) : undefined;
  const sections = {
    ruleset: config?.configuration.one(rulesetSection).values ?? initialValues(rulesetSection.options),
    rules: config?.configuration.one(rulesSection).values ?? initialValues(rulesSection.options),
  };
  const geoipDatabase = config?.configuration.one(globalSection).values.geoipdb;
  const found = await readRuleset(disk, { home, shipped: shippedRuleset, geoipDatabase }, sections, {
    ...defaultRulesetOptions,
    zone,
  });
  return { ...found, problems: [...(config?.problems ?? []), ...found.problems] };
}
