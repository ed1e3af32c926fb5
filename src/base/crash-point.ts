/**
 * Named places at which a test kills the process, to prove that every durable step may be the last one. They do nothing
 * unless the process was started with the test option (`ARGUS_TEST_CRASH=name` or `name:3` for the third passing).
 */
export type CrashPoint = (name: CrashPointName) => void;

/** In data-path order. A kill test runs once per name; docs/protocol/spool-format.md says what each one separates. */
export const crashPointNames = [
  "spool.epoch.written", // The new epoch lies in a file beside that has no name yet.
  "spool.epoch.synced",
  "spool.batch.written", // A batch is written, not synced.
  "spool.batch.synced", // Synced, neither shipped nor acknowledged.
  "spool.segment.begun", // A new segment file exists and has its table.
  "spool.release.before", // The ack has been heard, the segment is not yet removed.
  "spool.release.after",
  "link.batch.shipped", // Sent, no ack yet.
  "link.ack.before", // On the master: durable in the journal, the ack is not sent.
  "journal.batch.written",
  "journal.batch.synced",
  "journal.segment.begun",
  "journal.segment.removed",
  "snapshot.written", // The ruleset snapshot is on disk, its control record is not.
  "snapshot.recorded",
  "alerts.written", // Bytes appended to the alert files, not synced.
  "alerts.synced", // Alert files synced, no checkpoint yet.
  "checkpoint.written", // The new checkpoint lies beside, not renamed.
  "checkpoint.renamed", // It has its name; the baseline's transaction, which is what counts, is not committed.
  "baseline.committed",
  "alerts.day.begun", // The first file of a new day exists.
] as const;

export type CrashPointName = (typeof crashPointNames)[number];

export const noCrash: CrashPoint = () => undefined;

/** The crash point of a process: `kill` ends it at once, without any cleaning up. */
export function armedCrash(setting: string, kill: () => void): CrashPoint {
  const [name = "", nth = "1"] = setting.split(":");
  let left = Number(nth);
  return (passed) => {
    if (passed !== name) return;
    left -= 1;
    if (left === 0) kill();
  };
}
