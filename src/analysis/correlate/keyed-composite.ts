/**
 * Wazuh's composite rules (ruleset-spec 5.5).
 *
 * Equalities (`same_*`, the agent) are a *key*: only events with one key can meet, so a bucket is kept per key and a
 * search never visits the others. Inequalities (`different_*`) are *compared* during the search.
 */
import type { DecodedEvent } from "../decoded-event.ts";
import { BucketIndex, type IndexSpec } from "./bucket-index.ts";
import { nothingCompared, PREVIOUS_LOGS_MAX, type Composite, type FieldReader, type Seeker } from "./composite.ts";
import type { EntryQueue } from "./entry-queue.ts";
import { isBeyond, isOutside, reachOf } from "./reach.ts";
import { BUCKET_ENTRIES_MAX, type Bucket, type Entry, type Remembered } from "./window.ts";

export interface KeyedCompositeSpec {
  ruleId: number;
  level: number;
  /** The XML value; undefined when absent, which counts as 2. */
  frequency: number | undefined;
  timeframeMs: number;
  /** `global_frequency`: events of all agents meet. */
  isGlobal: boolean;
  /** Both events have the value and the values are equal. */
  same: readonly FieldReader[];
  /** An older event is skipped when both have the value and the values are equal. */
  different: readonly FieldReader[];
  /** `not_same_field` is used: an older event is skipped when neither event has any dynamic field. */
  comparesDynamicFields: boolean;
  /** `if_matched_regex`: only events of one decoder type meet. */
  comparesDecoderType: boolean;
  fingerprint: string;
}

export class KeyedComposite implements Composite {
  readonly ruleId: number;
  readonly level: number;
  readonly timeframeMs: number;
  readonly fingerprint: string;
  readonly entriesMax = BUCKET_ENTRIES_MAX;
  /** How many older events must be counted: frequency N fires on the N-th event, the current one included. */
  readonly #olderNeeded: number;
  /** Frequency 2 marks nothing older, and so goes on firing. */
  readonly #marksOlder: boolean;
  readonly #comparesDynamicFields: boolean;
  readonly #isGlobal: boolean;
  readonly #comparesDecoderType: boolean;
  readonly #same: readonly FieldReader[];
  readonly #different: readonly FieldReader[];
  readonly #indexSpec: IndexSpec;

  constructor(spec: KeyedCompositeSpec) {
    const frequency = spec.frequency ?? 2;
    this.ruleId = spec.ruleId;
    this.level = spec.level;
    this.timeframeMs = spec.timeframeMs;
    this.fingerprint = spec.fingerprint;
    this.#olderNeeded = Math.max(1, frequency - 1);
    this.#marksOlder = frequency > 2;
    this.#comparesDynamicFields = spec.comparesDynamicFields;
    this.#isGlobal = spec.isGlobal;
    this.#comparesDecoderType = spec.comparesDecoderType;
    this.#same = spec.same;
    this.#different = spec.different;
    // No key, since the bucket has one; what bars is asked behind the comparisons.
    this.#indexSpec = { sameCount: 0, comparedCount: spec.different.length, level: Number.POSITIVE_INFINITY };
  }

  keyOf(event: DecodedEvent): string | undefined {
    let key = this.#isGlobal ? "" : event.event.agentId;
    if (this.#comparesDecoderType) key += `\n${event.type}`;
    for (const read of this.#same) {
      const value = read(event);
      if (value === undefined) return undefined;
      // The length keeps two values from running into each other, whatever bytes they hold.
      key += `\n${value.length} ${value}`;
    }
    return key;
  }

  comparedOf(event: DecodedEvent): readonly (string | undefined)[] {
    return this.#different.length === 0 ? nothingCompared : this.#different.map((read) => read(event));
  }

  search(bucket: Bucket, seeker: Seeker): string[] | undefined {
    const queue = this.#queueOf(bucket, seeker);
    const reach = reachOf(seeker, this.timeframeMs);
    let counted = 0;
    let newest: Remembered | undefined;
    let logs: string[] | undefined;
    for (let index = queue.length - 1; index >= 0; index -= 1) {
      const entry = queue.at(index);
      if (entry === undefined || isBeyond(entry, reach)) return undefined;
      const older = entry.remembered;
      if (isOutside(older, reach)) continue;
      if (this.#comparesDynamicFields && !seeker.hasDynamicFields && !older.hasDynamicFields) continue;
      const equal = equalField(seeker.compared, entry.compared);
      if (equal >= 0) {
        // Those directly before it with the same value are skipped as well.
        index -= queue.runAt(index, equal);
        continue;
      }
      if (older.consumedLevel >= this.level) return undefined; // The barrier: what lies behind has had its alert.
      newest ??= older;
      logs ??= [];
      if (logs.length < PREVIOUS_LOGS_MAX) logs.push(older.log);
      counted += 1;
      if (counted < this.#olderNeeded) continue;
      if (this.#marksOlder) newest.consumedLevel = this.level;
      return logs;
    }
    return undefined;
  }

  /** All of the bucket, with runs of what must differ where that is worth while. */
  #queueOf(bucket: Bucket, { compared }: Seeker): EntryQueue<Entry> {
    if (this.#different.length === 0) return bucket;
    return BucketIndex.of(bucket, this.#indexSpec)?.queueOf(compared) ?? bucket;
  }
}

/**
 * The first inequality that fails, or -1: both values are there and equal. A missing value counts as different.
 */
function equalField(one: readonly (string | undefined)[], other: readonly (string | undefined)[]): number {
  for (let index = 0; index < one.length; index += 1) {
    const value = one[index];
    if (value !== undefined && value === other[index]) return index;
  }
  return -1;
}
