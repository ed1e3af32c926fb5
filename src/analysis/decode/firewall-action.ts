/**
 * OSSEC's words for what a firewall did. Its daemon writes them in place of the device's own before rules see the event
 * (ruleset-spec 1.3), and its rules ask for them; Wazuh's rules see what the device says.
 */
import type { DecodedEvent } from "../decoded-event.ts";

/** Devices say it in full, in any tense and case, or by a letter: `Deny`, `denied`, `b`; `Built`, `OPEN`, `p`. */
const words: readonly (readonly [RegExp, string])[] = [
  [/^(?:den(?:y|ied)|drop|reject|block|discard|b$)/i, "DROP"],
  [/^(?:close|teardown|reset)/i, "CLOSED"],
  [/^(?:accept|allow|pass|permit|open|built|p$)/i, "ALLOW"],
];

/** For an event of type firewall that has an action. */
export function normaliseAction({ fields }: DecodedEvent): void {
  const action = fields.action ?? "";
  fields.action = words.find(([pattern]) => pattern.test(action))?.[1] ?? "UNKNOWN";
}
