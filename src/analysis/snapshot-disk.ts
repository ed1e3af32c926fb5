/** Ruleset snapshots on disk: `queue/rulesets/<sha256>/`, a manifest and the files it names. */
import type { Disk } from "../base/disk.ts";
import type { CrashPoint } from "../base/crash-point.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * Stores a snapshot durably (nothing to do when it is there and whole). To be done before its control record is
 * appended; passes the crash point `snapshot.written`.
 */
export declare function storeSnapshot(
  disk: Disk,
  folder: string,
  snapshot: Snapshot,
  crash: CrashPoint,
): Promise<void>;

/** Rejects with `SnapshotError` when it is absent or its content does not have that hash. */
export declare function loadSnapshot(disk: Disk, folder: string, sha256: string): Promise<Snapshot>;

/** Removes all snapshots but those in `keep`. */
export declare function removeSnapshots(disk: Disk, folder: string, keep: ReadonlySet<string>): Promise<void>;
