/** `check_diff`: whether a log differs from the one before it of the same rule and host (ruleset-spec 5.7). */
import { DIFF_BYTES_MAX, type Baseline } from "./baseline.ts";
import type { DecodedEvent } from "./decoded-event.ts";

/** An agent is its own host; what others send tells its host in the log. */
function keyOf(ruleId: number, { event, hostname }: DecodedEvent): string {
  return event.agentId === "000" ? `${ruleId} ${hostname}` : `${ruleId}`;
}

/**
 * The log of before, when this one differs from it; undefined for the first one and for an equal one. This one is then
 * the log of before. Of a longer log only the first `DIFF_BYTES_MAX` bytes are looked at, and one that finds no room
 * in the baseline changes nothing there: the first log of a host is then not known to the second.
 */
export function changedFrom(baseline: Baseline, ruleId: number, event: DecodedEvent): string | undefined {
  const { agentId } = event.event;
  const key = keyOf(ruleId, event);
  const log = event.log.raw.slice(0, DIFF_BYTES_MAX);
  const before = baseline.get(agentId, "diff", key);
  if (before === log) return undefined;
  baseline.set(agentId, "diff", key, log);
  return before;
}
