/**
 * Which ruleset answers: the files of the home become a snapshot, the snapshot is stored, and only then the journal is
 * told (design-journal section 3). What was accepted before that record is answered by the rules of then.
 */
import { join } from "node:path";
import type { CrashPoint } from "../base/crash-point.ts";
import type { Disk } from "../base/disk.ts";
import type { Log } from "../base/log.ts";
import { compileRuleset, type RulesetOptions } from "../analysis/ruleset.ts";
import { defaultRulesetOptions } from "../analysis/ruleset.ts";
import { readRuleset } from "../analysis/ruleset-source.ts";
import { snapshotOf, type Snapshot } from "../analysis/snapshot.ts";
import { storeSnapshot } from "../analysis/snapshot-disk.ts";
import { describeProblem, hasErrors, type Problem } from "../config/problem.ts";
import { writeControlRecord } from "../model/control-record.ts";
import type { Journal } from "../spool/journal.ts";
import { RulesetRefused } from "./errors.ts";
import type { Home } from "./home.ts";
import { argusVersion, shippedRuleset } from "./package-disk.ts";
import type { NodeSettings } from "./settings.ts";

const hashPattern = /^[0-9a-f]{64}$/;

/** The options of the configuration that change an answer. */
export function rulesetOptionsOf(settings: NodeSettings, zone: string): RulesetOptions {
  const { alerts, global, cluster } = settings;
  const { jsonout_output, alerts_log, logall, logall_json } = global;
  return {
    ...defaultRulesetOptions,
    logAlertLevel: alerts.log_alert_level,
    emailAlertLevel: alerts.email_alert_level,
    latenessMs: global.lateness,
    windowBytesMax:
      global.window_memory.kind === "bytes" ? global.window_memory.bytes : defaultRulesetOptions.windowBytesMax,
    zone,
    clusterName: cluster?.name ?? "",
    outputs: { jsonout_output, alerts_log, logall, logall_json },
  };
}

/** The ruleset of a home, compiled once to see that it can be; `problems` holds what is wrong with it. */
export async function readHomeRuleset(
  disk: Disk,
  settings: NodeSettings,
  zone: string,
): Promise<{ snapshot: Snapshot; problems: Problem[] }> {
  const place = { home: settings.home, shipped: shippedRuleset };
  const { source, problems } = await readRuleset(disk, place, settings.ruleset, rulesetOptionsOf(settings, zone));
  const found: Problem[] = [...problems];
  try {
    compileRuleset(source, (problem) => found.push(problem));
  } catch (error) {
    if (!hasErrors(found)) throw error;
  }
  return { snapshot: snapshotOf(source, argusVersion), problems: found };
}

export interface RulesetPublication {
  disk: Disk;
  home: Home;
  settings: NodeSettings;
  zone: string;
  journal: Journal;
  crash: CrashPoint;
  log: Log;
}

/** The file that remembers which snapshot the journal was told last; without it the record is written once more. */
const recordedFile = (home: Home): string => join(home.rulesets, "recorded");

export async function lastRecordedSnapshot(disk: Disk, home: Home): Promise<string | undefined> {
  const text = (await disk.readWhole(recordedFile(home), 1_024))?.toString("latin1").trim();
  return text !== undefined && hashPattern.test(text) ? text : undefined;
}

/**
 * Makes the home's present files the ruleset in force, if they are not already. One that does not load leaves the one
 * of before in force, with the reasons logged; where there is none of before, rejects with `RulesetRefused`.
 */
export async function publishRuleset(publication: RulesetPublication): Promise<string> {
  const { disk, home, settings, zone, journal, crash, log } = publication;
  const recorded = await lastRecordedSnapshot(disk, home);
  const { snapshot, problems } = await readHomeRuleset(disk, settings, zone);
  for (const problem of problems) {
    if (problem.severity === "error") log.error(describeProblem(problem));
    else log.warning(describeProblem(problem));
  }
  if (hasErrors(problems)) {
    const lines = problems.filter(({ severity }) => severity === "error").map(describeProblem);
    if (recorded === undefined) throw new RulesetRefused(lines);
    log.error(`the ruleset does not load; the one of before (${recorded.slice(0, 12)}) stays in force`);
    return recorded;
  }
  if (snapshot.sha256 === recorded) return recorded;
  await storeSnapshot(disk, home.rulesets, snapshot, crash);
  await journal.appendControl(writeControlRecord({ kind: "ruleset", sha256: snapshot.sha256 }));
  crash("snapshot.recorded");
  await disk.replace(recordedFile(home), Buffer.from(`${snapshot.sha256}\n`, "latin1"), 0o640);
  const { decoders, rules, lists } = snapshot.source;
  log.info(
    `ruleset ${snapshot.sha256.slice(0, 12)} is in force from here on: ` +
      `${decoders.length} decoder files, ${rules.length} rule files, ${lists.length} lists`,
  );
  return snapshot.sha256;
}
