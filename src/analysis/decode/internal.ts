/**
 * Events of agents' modules, whose text is no log (ruleset-spec 8): each kind of queue message has a decoder of its
 * own, and no decoder of a file touches it.
 */
import { decodeEventChannel } from "./internal/event-channel.ts";
import { decodeFileEvent } from "./internal/file-event.ts";
import { decodeFileRecord } from "./internal/file-record.ts";
import { decodeHostInfo } from "./internal/host-info.ts";
import { decodeCiscat, decodeSyscollector } from "./internal/inventory.ts";
import type { InternalDecoder } from "./internal/internal-decoder.ts";
import { decodeRootcheck } from "./internal/rootcheck.ts";
import { decodeSca } from "./internal/sca.ts";

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

/** What no rule is for: inventories that are compared, and the progress of upgrades. */
const passOver: InternalDecoder = (decoded) => {
  decoded.isPassedOver = true;
};

/** Both forms come on one queue; a record never begins like JSON. */
const decodeFileIntegrity: InternalDecoder = (decoded, needs, baseline) => {
  if (decoded.log.raw.startsWith("{")) decodeFileEvent(decoded, needs);
  else decodeFileRecord(decoded, needs, baseline);
};

/** By the first byte of a queue message (ruleset-spec 1.1). */
export const internalDecoders: ReadonlyMap<string, InternalDecoder> = new Map([
  ["3", decodeHostInfo],
  ["5", passOver],
  ["8", decodeFileIntegrity],
  ["9", decodeRootcheck],
  ["d", decodeSyscollector],
  ["e", decodeCiscat],
  ["f", decodeEventChannel],
  ["p", decodeSca],
  ["u", passOver],
]);
