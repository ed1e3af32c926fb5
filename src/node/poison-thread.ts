/**
 * The trial of one event: a fresh engine without any state but the quarantines answers it alone, and tries the rule
 * that is suspected by itself, under the eyes of the supervisor (poison-trial.ts). Whoever hangs or dies here does so
 * by the event and the ruleset, and by nothing else.
 */
import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import { must } from "../base/assert.ts";
import { nodeDisk } from "../base/disk.ts";
import { describeError } from "../base/error.ts";
import { Engine } from "../analysis/engine.ts";
import { compileRuleset } from "../analysis/ruleset.ts";
import { loadSnapshot } from "../analysis/snapshot-disk.ts";
import { watchedPart, type WatchedPart } from "../analysis/watched-part.ts";
import type { EngineEvent } from "../model/alert.ts";
import { readEventBatch, type Event } from "../model/event.ts";
import { JournalReader, type JournalEntry } from "../spool/journal-reader.ts";
import { EngineWatch, type WatchedPlace } from "./engine-watch.ts";
import { homeAt, type Home } from "./home.ts";
import type { QuarantineRecord } from "./quarantine-book.ts";
import { tellThreadNumber } from "./thread-time.ts";

export interface TrialSetup {
  home: string;
  suspect: WatchedPlace;
  /** What is passed over at the event. */
  quarantines: readonly QuarantineRecord[];
  watch: SharedArrayBuffer;
}

/** The event as it is put aside for a person to look at. */
export interface PoisonEvent {
  node: string;
  receivedMs: number;
  takenInMs: number;
  source: Event["source"];
  isTruncated: boolean;
  log: Buffer;
}

/** `ready`: the event will be answered now; `part`: what it was that the suspicion is about, where it has a name. */
export type FromTrial =
  | { type: "ready"; event: PoisonEvent; part: WatchedPart | undefined }
  | { type: "passed" }
  | { type: "failed"; message: string };

async function eventAt(home: Home, { position, event }: WatchedPlace): Promise<PoisonEvent> {
  const reader = await JournalReader.open({ disk: nodeDisk, folder: home.journal, from: position });
  try {
    const entry = await reader.next(Number.POSITIVE_INFINITY);
    return must(entry && eventOf(entry, event), `there is no event ${event} at ${position}`);
  } finally {
    await reader.close();
  }
}

function eventOf(entry: JournalEntry, index: number): PoisonEvent | undefined {
  const payload = entry.kind === "batch" ? entry.payload() : undefined;
  const taken = payload === undefined ? undefined : readEventBatch(payload)?.[index];
  if (entry.kind !== "batch" || taken === undefined) return undefined;
  const { source, isTruncated, takenInMs, log } = taken;
  return { node: entry.node, receivedMs: entry.receivedMs, takenInMs, source, isTruncated, log: Buffer.from(log) };
}

async function main(port: MessagePort, setup: TrialSetup): Promise<void> {
  const say = (message: FromTrial): void => port.postMessage(message);
  const home = homeAt(setup.home);
  const watch = new EngineWatch(setup.watch);
  tellThreadNumber(watch);
  const event = await eventAt(home, setup.suspect);
  const { source } = await loadSnapshot(nodeDisk, home.rulesets, setup.suspect.snapshotSha256);
  const ruleset = compileRuleset(source, () => undefined);
  const engine = new Engine(ruleset);
  for (const { part: kind, id, fingerprint } of setup.quarantines) engine.quarantine({ kind, id, fingerprint });
  engine.watch = watch.words;
  watch.position = setup.suspect.position;
  watch.event = setup.suspect.event;
  watch.snapshotSha256 = setup.suspect.snapshotSha256;
  say({ type: "ready", event, part: watchedPart(ruleset, setup.suspect.what) });
  const { queue, agentId, agentName, agentIp, location } = event.source;
  const taken: EngineEvent = {
    ...{ queue, agentId, agentName, agentIp, location, log: event.log.toString("latin1") },
    ...{ isTruncated: event.isTruncated, eventMs: event.takenInMs, receivedMs: event.receivedMs },
    ...{ node: event.node, host: event.node, isHidden: false },
  };
  engine.answer(taken);
  engine.probe(setup.suspect.what, taken);
  say({ type: "passed" });
}

const port = must(parentPort, "the trial was not started as a thread");
main(port, workerData as TrialSetup)
  .catch((error: unknown) => port.postMessage({ type: "failed", message: describeError(error) } satisfies FromTrial))
  .finally(() => port.close());
