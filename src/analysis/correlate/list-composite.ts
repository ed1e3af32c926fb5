/**
 * OSSEC's composite rules (ruleset-spec 5.5, *OSSEC*), where they differ from Wazuh's:
 *
 * - One flat list: the barrier and the newest entry count whatever their values are, so there is no key but one.
 * - Frequency N fires on the (N+2)-th event.
 * - The barrier stands before the comparisons: an unrelated event that was consumed stops a search.
 * - A firing marks the newest entry of the list, counted or not, and the oldest that it counted.
 * - Agents are not told apart; rules use `same_location`, which compares the host names.
 * - What `different_url` compares must be there in both events.
 * - The list of a rule that is counted by its id holds 128 events.
 */
import type { DecodedEvent } from "../decoded-event.ts";
import { BucketIndex, type IndexSpec } from "./bucket-index.ts";
import { nothingCompared, PREVIOUS_LOGS_MAX, type Composite, type FieldReader, type Seeker } from "./composite.ts";
import { isBeyond, isOutside, reachOf } from "./reach.ts";
import { BUCKET_ENTRIES_MAX, entriesOfEvent, type Bucket, type Entry } from "./window.ts";

export interface ListCompositeSpec {
  ruleId: number;
  level: number;
  /** The XML value; undefined when absent, which counts as 0. */
  frequency: number | undefined;
  timeframeMs: number;
  same: readonly FieldReader[];
  different: readonly FieldReader[];
  /** `if_matched_sid`. */
  countsOneRule: boolean;
  fingerprint: string;
}

/** `sid_prev_matched_max`. */
const oneRuleEntriesMax = 128;

export class ListComposite implements Composite {
  readonly ruleId: number;
  readonly level: number;
  readonly timeframeMs: number;
  readonly fingerprint: string;
  readonly entriesMax: number;
  readonly #olderNeeded: number;
  /** Those that must be equal come first. */
  readonly #compared: readonly FieldReader[];
  readonly #sameCount: number;
  readonly #indexSpec: IndexSpec;

  constructor(spec: ListCompositeSpec) {
    this.ruleId = spec.ruleId;
    this.level = spec.level;
    this.timeframeMs = spec.timeframeMs;
    this.fingerprint = spec.fingerprint;
    this.entriesMax = spec.countsOneRule ? oneRuleEntriesMax : BUCKET_ENTRIES_MAX;
    this.#olderNeeded = (spec.frequency ?? 0) + 1;
    this.#compared = [...spec.same, ...spec.different];
    this.#sameCount = spec.same.length;
    this.#indexSpec = { sameCount: this.#sameCount, comparedCount: this.#compared.length, level: this.level };
  }

  keyOf(): string {
    return "";
  }

  comparedOf(event: DecodedEvent): readonly (string | undefined)[] {
    return this.#compared.length === 0 ? nothingCompared : this.#compared.map((read) => read(event));
  }

  search(bucket: Bucket, seeker: Seeker): string[] | undefined {
    const index = this.#compared.length === 0 ? undefined : BucketIndex.of(bucket, this.#indexSpec);
    // What has another key cannot be counted; where it bars, that is known beforehand.
    const queue = index === undefined ? bucket : index.queueOf(seeker.compared);
    if (queue === undefined) return undefined;
    const reach = reachOf(seeker, this.timeframeMs);
    const barringSeq = index?.barringSeq(reach) ?? 0;
    let counted = 0;
    let logs: string[] | undefined;
    for (let at = queue.length - 1; at >= 0; at -= 1) {
      const entry = queue.at(at);
      if (entry === undefined || isBeyond(entry, reach)) return undefined;
      const older = entry.remembered;
      if (isOutside(older, reach)) continue;
      if (older.seq <= barringSeq || older.consumedLevel >= this.level) return undefined;
      const failing = this.#failingField(seeker.compared, entry.compared);
      if (failing >= 0) {
        // Those directly before it with the same value fail as well.
        at -= queue.runAt(at, failing);
        continue;
      }
      logs ??= [];
      if (logs.length < PREVIOUS_LOGS_MAX) logs.push(older.log);
      counted += 1;
      if (counted < this.#olderNeeded) continue;
      this.#consume(entry);
      this.#consume(bucket.at(bucket.length - 1));
      return logs;
    }
    return undefined;
  }

  #consume(entry: Entry | undefined): void {
    const before = entry?.remembered.consumedLevel ?? this.level;
    if (entry === undefined || before >= this.level) return;
    entry.remembered.consumedLevel = this.level;
    for (const one of entriesOfEvent(entry)) one.bucket.index?.consumed(one, before);
  }

  /** The first value that is not there in both events, or not equal or different as it must be; -1 where none is. */
  #failingField(one: readonly (string | undefined)[], other: readonly (string | undefined)[]): number {
    for (let index = 0; index < one.length; index += 1) {
      const [value, old] = [one[index], other[index]];
      if (value === undefined || old === undefined) return index;
      if ((value === old) !== index < this.#sameCount) return index;
    }
    return -1;
  }
}
