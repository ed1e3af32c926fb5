/** The five bands of a rule's level, as Wazuh divides them, with low split because most alerts are of 0 to 3. */

export type Band = "critical" | "high" | "medium" | "low" | "quiet";

/** From here on an alert is never scaled away, and stands in a list of its own. */
export const GRAVE_LEVEL = 12;

/** Severest first, each with its lowest level and the levels in words. */
export const bands = [
  { band: "critical", from: 15, levels: "15" },
  { band: "high", from: GRAVE_LEVEL, levels: `${GRAVE_LEVEL}–14` },
  { band: "medium", from: 7, levels: "7–11" },
  { band: "low", from: 4, levels: "4–6" },
  { band: "quiet", from: 0, levels: "0–3" },
] as const satisfies readonly { band: Band; from: number; levels: string }[];

/** The bands of those. */
export const graveBands = ["critical", "high"] as const satisfies readonly Band[];

export function isGraveBand(band: Band): boolean {
  return graveBands.some((grave) => grave === band);
}

/** The band of a level; 16 counts as critical, and what is no number as quiet. */
export function bandOf(level: number): Band {
  return bands.find(({ from }) => level >= from)?.band ?? "quiet";
}

/** A number for each band. */
export function perBand(of: (band: Band) => number): Record<Band, number> {
  return {
    critical: of("critical"),
    high: of("high"),
    medium: of("medium"),
    low: of("low"),
    quiet: of("quiet"),
  };
}
