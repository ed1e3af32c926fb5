/** Durations and sizes as operators write them. */

const durationUnitsMs: Readonly<Record<string, number>> = {
  ...{ ms: 1, "": 1_000, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 },
};

/** Milliseconds; `undefined` when the text is no duration. A bare number is seconds. */
export function parseDuration(written: string): number | undefined {
  const [, digits = "", unit = ""] = /^(\d{1,9})\s*(ms|[smhdw]?)$/i.exec(written) ?? [];
  const unitMs = durationUnitsMs[unit.toLowerCase()];
  return digits === "" || unitMs === undefined ? undefined : Number(digits) * unitMs;
}

/** A number of bytes, or a share of the file system that it is about. */
export type Size =
  | { readonly kind: "bytes"; readonly bytes: number }
  | { readonly kind: "percent"; readonly percent: number };

const sizePowers: Readonly<Record<string, number>> = { "": 0, k: 1, m: 2, g: 3, t: 4 };

/** `undefined` when the text is no size, or none above 0. Units are powers of 1,024. */
export function parseSize(written: string): Size | undefined {
  const percent = /^(\d{1,3}(?:\.\d{1,3})?)\s*%$/.exec(written)?.[1];
  if (percent !== undefined) {
    const share = Number(percent);
    return share > 0 && share <= 100 ? { kind: "percent", percent: share } : undefined;
  }
  const [, digits = "", unit = ""] = /^(\d{1,15}(?:\.\d{1,3})?)\s*([kmgt]?)(?:i?b)?$/i.exec(written) ?? [];
  const power = sizePowers[unit.toLowerCase()];
  if (digits === "" || power === undefined) return undefined;
  const bytes = Math.round(Number(digits) * 1_024 ** power);
  return Number.isSafeInteger(bytes) && bytes > 0 ? { kind: "bytes", bytes } : undefined;
}
