/**
 * What makes a rule composite, compiled: which remembered events may meet the current one, and how many are needed.
 *
 * Wazuh and OSSEC count differently (keyed-composite.ts, list-composite.ts). Both keep what they count in windows
 * (window.ts): an answer is appended to the bucket that `keyOf` names, with the values that `comparedOf` gives, and a
 * search of the current event goes through that one bucket. Both are computed once per event and rule.
 */
import { must } from "../../base/assert.ts";
import type { StaticFieldName } from "../../model/alert.ts";
import type { DecodedEvent } from "../decoded-event.ts";
import type { Bucket } from "./window.ts";

export type FieldReader = (event: DecodedEvent) => string | undefined;

/** What the current event brings to a search. */
export interface Seeker {
  eventMs: number;
  receivedMs: number;
  /** How long beyond the timeframe an entry stays, counted from its arrival. */
  latenessMs: number;
  /** Entries below it have left the ring of alerted events (alert-ring.ts) and are not there any more. */
  firstSeq: number;
  hasDynamicFields: boolean;
  compared: readonly (string | undefined)[];
}

export interface Composite {
  readonly ruleId: number;
  readonly level: number;
  readonly timeframeMs: number;
  /** Events remembered under another fingerprint are not this rule's. */
  readonly fingerprint: string;
  /** Most entries of one bucket. */
  readonly entriesMax: number;
  /** Undefined: a value that must be equal is missing, so the event can meet none. */
  keyOf(event: DecodedEvent): string | undefined;
  /** The values that are compared during a search; the shared empty list where there are none. */
  comparedOf(event: DecodedEvent): readonly (string | undefined)[];
  /**
   * Counts older events from the newest to the oldest. Returns the counted logs, newest first, when the rule fires, and
   * marks what it consumes; `undefined` when it does not, and then nothing is changed.
   */
  search(bucket: Bucket, seeker: Seeker): string[] | undefined;
}

/** ruleset-spec 5.5: so many older logs are kept for `previous_output`. */
export const PREVIOUS_LOGS_MAX = 11;

export const nothingCompared: readonly (string | undefined)[] = Object.freeze([]);

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
staticReaders.set("location", (event) => event.location);
staticReaders.set("srcgeoip", (event) => event.placeOf("srcip"));
staticReaders.set("dstgeoip", (event) => event.placeOf("dstip"));

/** The X of `same_X` and `different_X` that are known. */
export const comparableNames: ReadonlySet<string> = new Set(staticReaders.keys());

export function staticReader(word: string): FieldReader {
  return must(staticReaders.get(word), `no reader for ${word}`);
}

/** `lower`: the name of the dynamic field in lower case. */
export function dynamicReader(lower: string): FieldReader {
  return (event) => event.dynamic(lower);
}
