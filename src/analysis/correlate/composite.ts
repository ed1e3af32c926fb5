/**
 * What makes a rule composite, compiled: which remembered events may meet the current one, and how many are needed.
 *
 * Equalities (`same_*`, the agent) are a *key*: only events with one key can meet, so a window is kept per key and a
 * search never visits the others. Inequalities (`different_*`) are *compared* during the search. Both are computed
 * once per event and rule, when the event is appended or looked for.
 */
import type { StaticFieldName } from "../../model/alert.ts";
import { must } from "../../base/assert.ts";
import type { DecodedEvent } from "../decoded-event.ts";

export type FieldReader = (event: DecodedEvent) => string | undefined;

export interface CompositeSpec {
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
  /** Events remembered under another fingerprint are not this rule's. */
  fingerprint: string;
}

export class Composite {
  readonly ruleId: number;
  readonly level: number;
  readonly timeframeMs: number;
  readonly comparesDynamicFields: boolean;
  readonly fingerprint: string;
  /** How many older events must be counted: frequency N fires on the N-th event, the current one included. */
  readonly olderNeeded: number;
  /** Frequency 2 marks nothing older, and so goes on firing (ruleset-spec 5.5). */
  readonly marksOlder: boolean;
  readonly #isGlobal: boolean;
  readonly #comparesDecoderType: boolean;
  readonly #same: readonly FieldReader[];
  readonly #different: readonly FieldReader[];

  constructor(spec: CompositeSpec) {
    const frequency = spec.frequency ?? 2;
    this.ruleId = spec.ruleId;
    this.level = spec.level;
    this.timeframeMs = spec.timeframeMs;
    this.comparesDynamicFields = spec.comparesDynamicFields;
    this.fingerprint = spec.fingerprint;
    this.olderNeeded = Math.max(1, frequency - 1);
    this.marksOlder = frequency > 2;
    this.#isGlobal = spec.isGlobal;
    this.#comparesDecoderType = spec.comparesDecoderType;
    this.#same = spec.same;
    this.#different = spec.different;
  }

  /** Undefined: a value that must be equal is missing, so the event can meet none. */
  keyOf(event: DecodedEvent): string | undefined {
    let key = this.#isGlobal ? "" : event.event.agentId;
    if (this.#comparesDecoderType) key += `\n${event.decoder?.type ?? "syslog"}`;
    for (const read of this.#same) {
      const value = read(event);
      if (value === undefined) return undefined;
      // The length keeps two values from running into each other, whatever bytes they hold.
      key += `\n${value.length} ${value}`;
    }
    return key;
  }

  /** The values that are compared, one per inequality; the shared empty list where there are none. */
  comparedOf(event: DecodedEvent): readonly (string | undefined)[] {
    return this.#different.length === 0 ? nothingCompared : this.#different.map((read) => read(event));
  }
}

const nothingCompared: readonly (string | undefined)[] = Object.freeze([]);

/** Whether any inequality fails: both values are there and equal. A missing value counts as different. */
export function isAnyEqual(one: readonly (string | undefined)[], other: readonly (string | undefined)[]): boolean {
  for (let index = 0; index < one.length; index += 1) {
    const value = one[index];
    if (value !== undefined && value === other[index]) return true;
  }
  return false;
}

/** Readers of what `same_X` and `different_X` name (ruleset-spec 5.1). */
const staticReaders = new Map<string, FieldReader>(
  (
    [
      ["srcip", "srcip"],
      ["dstip", "dstip"],
      ["srcport", "srcport"],
      ["dstport", "dstport"],
      ["protocol", "protocol"],
      ["action", "action"],
      ["srcuser", "srcuser"],
      ["user", "dstuser"],
      ["id", "id"],
      ["url", "url"],
      ["data", "data"],
      ["extra_data", "extra_data"],
      ["status", "status"],
      ["system_name", "system_name"],
    ] satisfies [string, StaticFieldName][]
  ).map(([word, field]) => [word, (event: DecodedEvent) => event.fields[field]]),
);
staticReaders.set("location", (event) => event.event.location);

/** The X of `same_X` and `different_X` that are known. */
export const comparableNames: ReadonlySet<string> = new Set(staticReaders.keys());

export function staticReader(word: string): FieldReader {
  return must(staticReaders.get(word), `no reader for ${word}`);
}

/** `lower`: the name of the dynamic field in lower case. */
export function dynamicReader(lower: string): FieldReader {
  return (event) => event.dynamic(lower);
}
