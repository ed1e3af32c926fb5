/**
 * The baseline of an analysis, and when its store takes part. The store is of one position, that of its last commit:
 *
 *   journal  ├── before the store's position ──┼── from there on
 *   found in  a memory of its own               the store, and what has changed since
 *
 * Where the analysis begins before that position (no checkpoint can be read, or its body cannot) the events up to it
 * are in the store already; they are answered as if the baseline began with them, and leave nothing in the store.
 */
import { silentLog, type Log } from "../base/log.ts";
import { AGENT_BYTES_MAX, Baseline, type BaselineStore } from "../analysis/baseline.ts";

/** What waits for a commit is written before it is more than this. */
const changedBytesMax = 64 * 1_024 * 1_024;

export class AnalysedBaseline {
  readonly baseline: Baseline;
  readonly #store: BaselineStore | undefined;
  readonly #log: Log;
  #refused = 0;
  #isHeldUp = false;
  /** The store takes part from here on; Infinity when it does, and where there is none. */
  #storeFrom: number;

  /**
   * `position`: where the analysis begins, `end`: where the journal ends. A store that stands beyond is of a journal
   * that was lost; what it holds is still what agents have said.
   */
  constructor(store: BaselineStore | undefined, position: number, end: number, log: Log = silentLog) {
    this.#store = store;
    this.#log = log;
    // From now on there is a position to come back to, also when the first commit does not come.
    if (store !== undefined && (store.position ?? Infinity) > end) new Baseline().commitTo(store, position);
    const isAhead = (store?.position ?? 0) > position;
    this.baseline = new Baseline(isAhead ? undefined : store);
    this.#storeFrom = isAhead ? (store?.position ?? 0) : Number.POSITIVE_INFINITY;
  }

  /** Before the record at `position` is answered. */
  advanceTo(position: number): void {
    if (position < this.#storeFrom) return;
    this.#storeFrom = Number.POSITIVE_INFINITY;
    if (this.#store !== undefined) this.baseline.useRows(this.#store);
  }

  /** Whether a checkpoint at `position` would have a baseline to stand beside. */
  canCommit(position: number): boolean {
    return this.#storeFrom === Number.POSITIVE_INFINITY || position >= this.#storeFrom;
  }

  /** Whether so much has changed that a commit should not wait for its time. */
  get isFull(): boolean {
    return this.#store !== undefined && this.baseline.changedBytes > changedBytesMax;
  }

  /** Whether a commit can come now; false: another process holds the store, which is told once. */
  begin(): boolean {
    const canCommit = this.#store?.begin() ?? true;
    if (!canCommit && !this.#isHeldUp) {
      this.#log.warning("another process holds queue/state/state.db: checkpoints wait until it lets go of it");
    }
    this.#isHeldUp = !canCommit;
    return canCommit;
  }

  /** All that was answered before `position` is in the store when it returns. */
  commit(position: number): void {
    this.advanceTo(position);
    if (this.#store !== undefined) this.baseline.commitTo(this.#store, position);
    const { refused } = this.baseline;
    if (refused === this.#refused) return;
    this.#log.warning(
      `baseline: ${refused - this.#refused} records of agents are not remembered and raise nothing: ` +
        `they are too long, or their agent has used up its share of ${AGENT_BYTES_MAX / 1_048_576} MiB`,
    );
    this.#refused = refused;
  }
}
