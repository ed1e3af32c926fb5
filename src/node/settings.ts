/** What a node is started with: its home's configuration, read, checked and made into one typed value. */
import { hostname } from "node:os";
import type { Disk } from "../base/disk.ts";
import { alertsSection, globalSection, type Alerts, type Global } from "../alerts/options.ts";
import { rulesetSection, rulesSection, type RulesetSection, type RulesSection } from "../analysis/options.ts";
import { dashboardSection, type DashboardSettings } from "../api/options.ts";
import type { FollowedLocation } from "../collect/file-collector.ts";
import { followedLocationOf, localfileSection } from "../collect/options.ts";
import type { Configuration } from "../config/load.ts";
import { describeProblem, type Problem } from "../config/problem.ts";
import { isAgentListener, pendingEventsMaxOf, remoteSection, syslogRemoteOf } from "../intake/options.ts";
import type { SyslogRemote } from "../intake/syslog-listener.ts";
import type { ClusterConf } from "../membership/cluster-conf.ts";
import { dialTargets, type DialTarget } from "../membership/dial.ts";
import type { ClusterOptions } from "../membership/options.ts";
import { isNodeName, type NodeRole } from "../model/node.ts";
import { journalSection, spoolSection, type JournalSettings, type SpoolSettings } from "../spool/options.ts";
import { readAgentSettings, type AgentSettings } from "./agent-settings.ts";
import { loadNodeConfig } from "./config.ts";

export interface NodeSettings {
  home: string;
  name: string;
  role: NodeRole;
  isHidden: boolean;
  /** Undefined on a single node. */
  cluster: ClusterOptions | undefined;
  /** The master's list of workers; empty on a worker, which needs none. */
  listed: ClusterConf;
  dialTargets: readonly DialTarget[];
  syslogRemotes: readonly SyslogRemote[];
  agents: AgentSettings;
  pendingEventsMax: number;
  followed: readonly FollowedLocation[];
  spool: SpoolSettings;
  journal: JournalSettings;
  ruleset: RulesetSection;
  rules: RulesSection;
  global: Global;
  alerts: Alerts;
  dashboard: DashboardSettings;
  /** Warnings, and errors when `isUsable` is false. */
  problems: readonly Problem[];
  isUsable: boolean;
}

/** The name of a node that nobody named: its host's, as far as a node may be called so. */
function defaultName(): string {
  const host = hostname().split(".")[0] ?? "";
  return isNodeName(host) ? host : "node01";
}

/** Rejects only with the disk's own errors: what is wrong in the files is in `problems`. */
export async function readSettings(home: string, disk: Disk): Promise<NodeSettings> {
  const {
    configuration,
    cluster,
    role,
    name = defaultName(),
    clusterConf,
    problems,
    isUsable,
  } = await loadNodeConfig(home, disk);
  return {
    ...{ home, name, role, cluster, problems, isUsable, listed: clusterConf },
    isHidden: cluster?.hidden ?? false,
    dialTargets: cluster === undefined ? [] : dialTargets(cluster, clusterConf),
    ...readIntake(configuration),
    agents: readAgentSettings(configuration, cluster?.bind_addr ?? "0.0.0.0"),
    spool: configuration.one(spoolSection).values,
    journal: configuration.one(journalSection).values,
    ruleset: configuration.one(rulesetSection).values,
    rules: configuration.one(rulesSection).values,
    global: configuration.one(globalSection).values,
    alerts: configuration.one(alertsSection).values,
    dashboard: configuration.one(dashboardSection).values,
  };
}

function readIntake(configuration: Configuration): {
  syslogRemotes: SyslogRemote[];
  pendingEventsMax: number;
  followed: FollowedLocation[];
} {
  const remotes = configuration.all(remoteSection).map(({ values }) => values);
  const followed: FollowedLocation[] = [];
  for (const { values } of configuration.all(localfileSection)) {
    const location = followedLocationOf(values);
    if (location !== undefined) followed.push(location);
  }
  return {
    syslogRemotes: remotes.filter((remote) => !isAgentListener(remote)).map(syslogRemoteOf),
    pendingEventsMax: pendingEventsMaxOf(remotes),
    followed,
  };
}

/** The errors of a configuration as lines. */
export function errorLines(problems: readonly Problem[]): string[] {
  return problems.filter(({ severity }) => severity === "error").map(describeProblem);
}
