/**
 * Which ruleset answers: the files of the home become a snapshot, the snapshot is stored, and only then the journal is
 * told. What was accepted before that record is answered by the rules of then.
 */
import { join } from "node:path";
import type { CrashPoint } from "../base/crash-point.ts";
import type { Disk } from "../base/disk.ts";
import type { Log } from "../base/log.ts";
import { flavourOf } from "../analysis/options.ts";
import { compileRuleset, type RulesetOptions } from "../analysis/ruleset.ts";
import { defaultRulesetOptions } from "../analysis/ruleset.ts";
import { readRuleset } from "../analysis/ruleset-source.ts";
import { snapshotOf, type Snapshot } from "../analysis/snapshot.ts";
import { removeSnapshots, storeSnapshot } from "../analysis/snapshot-disk.ts";
import { describeForLog, describeProblem, hasErrors, type Problem } from "../config/problem.ts";
import { readControlRecord, writeControlRecord } from "../model/control-record.ts";
import type { Journal } from "../spool/journal.ts";
import { JournalReader } from "../spool/journal-reader.ts";
import { RulesetRefused } from "./errors.ts";
import type { Home } from "./home.ts";
import { argusVersion, shippedRuleset } from "./package-disk.ts";
import type { NodeSettings } from "./settings.ts";

/** What of a node's settings makes its ruleset. */
export type RulesetSettings = Pick<NodeSettings, "home" | "alerts" | "global" | "ruleset" | "rules"> & {
  cluster: { name: string } | undefined;
};

/** The options of the configuration that change an answer. */
export function rulesetOptionsOf(settings: RulesetSettings, zone: string): RulesetOptions {
  const { alerts, global, cluster } = settings;
  const { jsonout_output, alerts_log, logall, logall_json } = global;
  return {
    ...defaultRulesetOptions,
    flavour: flavourOf(settings),
    logAlertLevel: alerts.log_alert_level,
    emailAlertLevel: alerts.email_alert_level,
    latenessMs: global.lateness,
    memorySize: global.memory_size ?? 0,
    statsLevel: global.stats,
    windowBytesMax:
      global.window_memory.kind === "bytes" ? global.window_memory.bytes : defaultRulesetOptions.windowBytesMax,
    zone,
    clusterName: cluster?.name ?? "",
    outputs: { jsonout_output, alerts_log, logall, logall_json },
  };
}

/** The ruleset that stands in the files of a home. */
export interface HomeRuleset {
  snapshot: Snapshot;
  problems: Problem[];
  /** The files and folders that were looked at, there or not: what changes in none of them changes no answer. */
  places: readonly string[];
}

/**
 * Compiled once to see that it can be; `problems` holds what is wrong with it. One whose name is `known` is not, since
 * nothing can be new about it.
 */
export async function readHomeRuleset(
  disk: Disk,
  settings: RulesetSettings,
  zone: string,
  known?: string,
): Promise<HomeRuleset> {
  const place = { home: settings.home, shipped: shippedRuleset, geoipDatabase: settings.global.geoipdb };
  const { source, problems, places } = await readRuleset(disk, place, settings, rulesetOptionsOf(settings, zone));
  const found: Problem[] = [...problems];
  const snapshot = snapshotOf(source, argusVersion);
  if (snapshot.sha256 === known) return { snapshot, problems: found, places };
  try {
    compileRuleset(source, (problem) => found.push(problem));
  } catch (error) {
    if (!hasErrors(found)) throw error;
  }
  return { snapshot, problems: found, places };
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

/** A `ruleset` record of the journal: from its position on the snapshot answers. */
export interface RecordedRuleset {
  position: number;
  sha256: string;
}

/** A line `POSITION SHA256` for each ruleset record that a start may need; without it the record is written again. */
const recordedFile = (home: Home): string => join(home.rulesets, "recorded");
/** Some hundred thousand records; `forgetRulesets` keeps it to those of the journal that is there. */
const recordedBytesMax = 8 * 1_024 * 1_024;
const linePattern = /^(\d{1,16}) ([0-9a-f]{64})$/;

/** In the order of the journal. What is no such line is passed over: the record is then written once more. */
export async function recordedRulesets(disk: Disk, home: Home): Promise<RecordedRuleset[]> {
  const text = (await disk.readWhole(recordedFile(home), recordedBytesMax))?.toString("latin1") ?? "";
  const recorded: RecordedRuleset[] = [];
  for (const line of text.split("\n")) {
    const [, position, sha256] = linePattern.exec(line) ?? [];
    if (position !== undefined && sha256 !== undefined) recorded.push({ position: Number(position), sha256 });
  }
  return recorded.sort((a, b) => a.position - b.position);
}

async function writeRecorded(disk: Disk, home: Home, recorded: readonly RecordedRuleset[]): Promise<void> {
  const lines = recorded.map(({ position, sha256 }) => `${position} ${sha256}\n`);
  await disk.replace(recordedFile(home), Buffer.from(lines.join(""), "latin1"), 0o640);
}

/** The snapshot that answers a record at `position`, unless a ruleset record of its own stands there. */
export function inForceAt(recorded: readonly RecordedRuleset[], position: number): string | undefined {
  return recorded.findLast((one) => one.position < position)?.sha256;
}

/**
 * Those that the journal holds, or held before its oldest record. A journal that was lost, cut or replaced holds others
 * or none, and an analysis of it would find events before any ruleset.
 */
async function confirmed(
  { disk, home, journal }: RulesetPublication,
  recorded: readonly RecordedRuleset[],
): Promise<RecordedRuleset[]> {
  const found: RecordedRuleset[] = [];
  for (const one of recorded) {
    if (one.position < journal.oldestPosition) found.push(one);
    else if (one.position < journal.durablePosition && (await stands(disk, home, one, journal.durablePosition)))
      found.push(one);
  }
  return found;
}

async function stands(disk: Disk, home: Home, { position, sha256 }: RecordedRuleset, limit: number): Promise<boolean> {
  const reader = await JournalReader.open({ disk, folder: home.journal, from: position });
  try {
    const entry = await reader.next(limit);
    const record = entry?.kind === "control" ? readControlRecord(entry.bytes) : undefined;
    return record?.kind === "ruleset" && record.sha256 === sha256;
  } finally {
    await reader.close();
  }
}

/**
 * The ruleset that a start goes on with where the files of the home do not load, from what is on disk alone: a node may
 * run meanwhile. `undefined` where there is none. Rejects with the disk's own errors and `SpoolError`.
 */
export async function rulesetOfBefore(disk: Disk, home: Home): Promise<string | undefined> {
  const recorded = await recordedRulesets(disk, home);
  if (recorded.length === 0) return undefined;
  const { position: oldest } = await JournalReader.open({ disk, folder: home.journal, from: "oldest" });
  for (const one of recorded.toReversed()) {
    if (one.position < oldest || (await stands(disk, home, one, Infinity))) return one.sha256;
  }
  return undefined;
}

/**
 * Forgets the ruleset records that went with the journal's old segments, and removes the snapshots that neither the
 * journal from `oldestPosition` on nor one of the checkpoints (`keep`) names.
 */
export async function forgetRulesets(
  disk: Disk,
  home: Home,
  oldestPosition: number,
  keep: ReadonlySet<string>,
): Promise<void> {
  const recorded = await recordedRulesets(disk, home);
  const before = recorded.findLastIndex(({ position }) => position < oldestPosition);
  const kept = recorded.slice(Math.max(0, before));
  if (kept.length === 0) return; // Nothing is known of the journal, so nothing may go.
  if (kept.length < recorded.length) await writeRecorded(disk, home, kept);
  await removeSnapshots(disk, home.rulesets, new Set([...keep, ...kept.map(({ sha256 }) => sha256)]));
}

/** What a start, or a reload, has made of the home's files. */
export interface PublishedRuleset {
  /** In force from the journal's end on. */
  sha256: string;
  /** Why the present files are not in force, by file and line; empty where they are. */
  refused: readonly string[];
  /** Of the one in force, by file and line; undefined where the files are not what is in force. */
  warnings: readonly string[] | undefined;
  places: readonly string[];
}

/**
 * Makes the home's present files the ruleset in force, if they are not already. One that does not load leaves the one
 * of before in force, with the reasons logged; where there is none of before, rejects with `RulesetRefused`.
 */
export async function publishRuleset(publication: RulesetPublication): Promise<PublishedRuleset> {
  const { disk, home, settings, zone, log } = publication;
  const known = await confirmed(publication, await recordedRulesets(disk, home));
  const recorded = known.at(-1)?.sha256;
  const { snapshot, problems, places } = await readHomeRuleset(disk, settings, zone);
  const { sha256 } = snapshot;
  for (const problem of problems) {
    if (problem.severity === "error") log.error(describeForLog(problem));
    else log.warning(describeForLog(problem));
  }
  if (hasErrors(problems)) {
    const refused = problems.filter(({ severity }) => severity === "error").map(describeProblem);
    if (recorded === undefined) throw new RulesetRefused(refused);
    log.error(`the ruleset does not load; the one of before (${recorded.slice(0, 12)}) stays in force`);
    return { sha256: recorded, refused, warnings: undefined, places };
  }
  if (sha256 !== recorded) {
    await storeSnapshot(disk, home.rulesets, snapshot, publication.crash);
    await recordRuleset(publication, snapshot, known);
  }
  return { sha256, refused: [], warnings: problems.map(describeProblem), places };
}

/** Stores a snapshot and puts it in force from the journal's end on; `prepare` is waited for between the two. */
export async function replaceRuleset(
  publication: RulesetPublication,
  snapshot: Snapshot,
  prepare: (sha256: string) => Promise<void>,
): Promise<void> {
  const { disk, home, crash } = publication;
  await storeSnapshot(disk, home.rulesets, snapshot, crash);
  await prepare(snapshot.sha256);
  await recordRuleset(publication, snapshot, await recordedRulesets(disk, home));
}

/** The snapshot must be on disk. */
async function recordRuleset(
  { disk, home, journal, crash, log }: RulesetPublication,
  { sha256, source }: Snapshot,
  known: readonly RecordedRuleset[],
): Promise<void> {
  const position = await journal.appendControl(writeControlRecord({ kind: "ruleset", sha256 }));
  crash("snapshot.recorded");
  await writeRecorded(disk, home, [...known, { position, sha256 }]);
  const { decoders, rules, lists } = source;
  log.info(
    `ruleset ${sha256.slice(0, 12)} is in force from here on: ` +
      `${decoders.length} decoder files, ${rules.length} rule files, ${lists.length} lists`,
  );
}
