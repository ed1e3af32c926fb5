/** The `mitre` block of an alert (ruleset-spec 9.1): ids as the rule has them, names as far as they are known. */
import type { Mitre } from "../model/alert.ts";
import { tacticNames, techniques } from "./mitre-table.ts";

/** What a rule says of one technique. */
export interface NamedTechnique {
  id: string;
  /** The newer form names the tactic too, which is then the only one that is shown. */
  tacticId: string | undefined;
}

/**
 * Undefined where there is none. The names of a technique and of its tactics stand in the order of the ids, each tactic
 * once; an id that is not known has no names. Where a rule has both forms, the older one is dropped.
 */
export function mitreOf(named: readonly NamedTechnique[]): Mitre | undefined {
  const newer = named.filter(({ tacticId }) => tacticId !== undefined);
  const shown = newer.length > 0 ? newer : named;
  if (shown.length === 0) return undefined;
  const tactics = shown.flatMap(({ id, tacticId }) => (tacticId === undefined ? tacticsOf(id) : [nameOf(tacticId)]));
  return {
    id: shown.map(({ id }) => id),
    tactic: [...new Set(tactics)],
    technique: shown.flatMap(({ id }) => techniques.get(id)?.name ?? []),
  };
}

const nameOf = (tacticId: string): string => tacticNames.get(tacticId) ?? tacticId;

/** Some rules of Wazuh name a tactic where a technique is meant. */
function tacticsOf(id: string): readonly string[] {
  const tactic = tacticNames.get(id);
  return tactic === undefined ? (techniques.get(id)?.tactics ?? []) : [tactic];
}
