/** The `<dashboard>` section of ossec.conf: the only place where its names, defaults and limits are written. */
import { port, section, yesNo, type Values } from "../config/schema.ts";

/** What Wazuh's API has; whoever moves over has a rule for it already. */
export const PAGE_PORT = 55_000;

export const dashboardSection = section("dashboard", {
  help:
    "The page that shows the cluster, in a browser on the master's own machine: at http://127.0.0.1:PORT and nowhere " +
    "else. Every user of that machine can read it, and the alerts in it.",
  options: {
    enabled: yesNo({
      initial: false,
      help: "`yes`: the master serves the page. A worker serves none, whatever it says.",
    }),
    port: port({
      initial: PAGE_PORT,
      help: "The TCP port of the page on 127.0.0.1. Where it is taken the node runs without the page, and tries again.",
    }),
  },
});

export type DashboardSettings = Values<typeof dashboardSection.options>;
