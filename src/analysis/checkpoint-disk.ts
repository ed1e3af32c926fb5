/** Checkpoints on disk: `queue/checkpoints/<position>.ckpt`, the last two kept. */
import type { CrashPoint } from "../base/crash-point.ts";
import type { Disk } from "../base/disk.ts";
import type { Checkpoint, CheckpointHead } from "./checkpoint.ts";

export interface LoadedCheckpoint extends Checkpoint {
  path: string;
}

export declare class CheckpointStore {
  constructor(disk: Disk, folder: string, crash: CrashPoint);
  /**
   * The newest checkpoint with a readable head, one with a readable body first where there are two; undefined when there is none. `problems`
   * says in words what was passed over.
   */
  load(): Promise<{ checkpoint: LoadedCheckpoint | undefined; problems: string[] }>;
  /** Written beside, synced, renamed; then all but the last two are removed. Not to be called while one is running. */
  save(head: CheckpointHead, state: Uint8Array): Promise<void>;
  /** The snapshots that the kept checkpoints name. */
  snapshots(): Promise<Set<string>>;
}
