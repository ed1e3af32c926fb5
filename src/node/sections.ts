/** The options of all stages together: the one list that the loader, `config check`, `explain` and the manual go by. */
import { alertsSection, globalSection } from "../alerts/options.ts";
import { rulesetSection, rulesSection } from "../analysis/options.ts";
import { dashboardSection } from "../api/options.ts";
import { localfileSection } from "../collect/options.ts";
import type { Section } from "../config/schema.ts";
import { remoteSection } from "../intake/options.ts";
import { clusterSection } from "../membership/options.ts";
import { authSection } from "../registry/options.ts";
import { journalSection, spoolSection } from "../spool/options.ts";

/** In the order in which an operator meets them. */
export const sections: readonly Section[] = [
  clusterSection,
  remoteSection,
  authSection,
  localfileSection,
  globalSection,
  rulesetSection,
  rulesSection,
  alertsSection,
  spoolSection,
  journalSection,
  dashboardSection,
];
