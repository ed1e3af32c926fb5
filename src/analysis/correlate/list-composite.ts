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
import { nothingCompared, PREVIOUS_LOGS_MAX, type Composite, type FieldReader, type Seeker } from "./composite.ts";
import { isBeyond, isOutside, reachOf } from "./reach.ts";
import { BUCKET_ENTRIES_MAX, type Bucket, type Remembered } from "./window.ts";

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

  constructor(spec: ListCompositeSpec) {
    this.ruleId = spec.ruleId;
    this.level = spec.level;
    this.timeframeMs = spec.timeframeMs;
    this.fingerprint = spec.fingerprint;
    this.entriesMax = spec.countsOneRule ? oneRuleEntriesMax : BUCKET_ENTRIES_MAX;
    this.#olderNeeded = (spec.frequency ?? 0) + 1;
    this.#compared = [...spec.same, ...spec.different];
    this.#sameCount = spec.same.length;
  }

  keyOf(): string {
    return "";
  }

  comparedOf(event: DecodedEvent): readonly (string | undefined)[] {
    return this.#compared.length === 0 ? nothingCompared : this.#compared.map((read) => read(event));
  }

  search(bucket: Bucket, seeker: Seeker): string[] | undefined {
    const reach = reachOf(seeker, this.timeframeMs);
    let counted = 0;
    let logs: string[] | undefined;
    for (let index = bucket.length - 1; index >= 0; index -= 1) {
      const entry = bucket.at(index);
      if (entry === undefined || isBeyond(entry, reach)) return undefined;
      const older = entry.remembered;
      if (isOutside(older, reach)) continue;
      if (older.consumedLevel >= this.level) return undefined;
      if (!this.#meets(seeker.compared, entry.compared)) continue;
      logs ??= [];
      if (logs.length < PREVIOUS_LOGS_MAX) logs.push(older.log);
      counted += 1;
      if (counted < this.#olderNeeded) continue;
      this.#consume(older);
      this.#consume(bucket.at(bucket.length - 1)?.remembered);
      return logs;
    }
    return undefined;
  }

  #consume(remembered: Remembered | undefined): void {
    if (remembered !== undefined) remembered.consumedLevel = Math.max(remembered.consumedLevel, this.level);
  }

  /** Whether all values are there in both events, and equal or different as they must be. */
  #meets(one: readonly (string | undefined)[], other: readonly (string | undefined)[]): boolean {
    for (let index = 0; index < one.length; index += 1) {
      const [value, old] = [one[index], other[index]];
      if (value === undefined || old === undefined) return false;
      if ((value === old) !== index < this.#sameCount) return false;
    }
    return true;
  }
}
