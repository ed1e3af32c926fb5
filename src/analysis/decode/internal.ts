/**
 * Events of agents' modules, whose text is no log (ruleset-spec 8): each kind of queue message has a decoder of its
 * own, and no decoder of a file touches it.
 */
import type { Baseline } from "../baseline.ts";
import type { DecodedEvent } from "../decoded-event.ts";
import type { Decoder } from "./decoder.ts";
import { decodeEventChannel } from "./internal/event-channel.ts";

/** What an internal decoder asks of the ruleset. */
export interface InternalNeeds {
  /** The decoder of that name which exists without a file; `decoded_as` compares its number. */
  internal(name: string): Decoder;
}

/**
 * Decodes an event that was just reset. Never throws on what it holds; what it does not understand, and what is no news
 * to the baseline, no rule looks at (`isPassedOver`).
 */
export type InternalDecoder = (decoded: DecodedEvent, needs: InternalNeeds, baseline: Baseline) => void;

/** Decoders that exist without a file; legal in `decoded_as`. */
export const internalNames = [
  "rootcheck",
  "syscheck_integrity_changed",
  "syscheck_new_entry",
  "syscheck_deleted",
  "syscheck_registry_key_modified",
  "syscheck_registry_key_added",
  "syscheck_registry_key_deleted",
  "syscheck_registry_value_modified",
  "syscheck_registry_value_added",
  "syscheck_registry_value_deleted",
  "hostinfo_new",
  "hostinfo_modified",
  "syscollector",
  "ciscat",
  "windows_eventchannel",
  "sca",
] as const;

/** OSSEC's own, beside those of the same names; a rule of either peer may ask for them. */
export const ossecInternalNames = ["syscheck_integrity_changed_2nd", "syscheck_integrity_changed_3rd"] as const;

const undecoded: InternalDecoder = () => undefined;

/** What no rule is for: inventories that are compared, and the progress of upgrades. */
const passOver: InternalDecoder = (decoded) => {
  decoded.isPassedOver = true;
};

/** By the first byte of a queue message (ruleset-spec 1.1). */
export const internalDecoders: ReadonlyMap<string, InternalDecoder> = new Map([
  ["3", undecoded],
  ["5", passOver],
  ["8", undecoded],
  ["9", undecoded],
  ["d", undecoded],
  ["e", undecoded],
  ["f", decodeEventChannel],
  ["p", undecoded],
  ["u", passOver],
]);
