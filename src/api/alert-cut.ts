/**
 * An alert made short enough for the page, which shows hundreds: its long texts are cut, its `id` never. Alerts hold
 * what strangers wrote, so nothing of their form is taken for granted: not the length or number of fields, not how deep
 * one lies in another.
 */

/** Alerts have about 1 KiB; a screen of those that are 200 KiB long would be 20 MiB. */
export const ALERT_BYTES_MAX = 16 * 1_024;

/** Tried one after the other. The last is longer than any id. */
const shortest = 64;
const textLengths = [4_096, 1_024, 256, shortest];
/** No decoder of ours nests deeper than data.win.eventdata. */
const depthMax = 8;
const cutMark = "…";

/** A line of alerts.json in at most `ALERT_BYTES_MAX` bytes, as JSON. Only for one that has more. */
export function cutAlert(json: string): string {
  const alert: unknown = JSON.parse(json);
  for (const lengthMax of textLengths) {
    const cut = JSON.stringify(cutValue(alert, lengthMax, 0));
    if (Buffer.byteLength(cut) <= ALERT_BYTES_MAX) return cut;
  }
  // Thousands of fields: those that every alert has, and its log.
  return JSON.stringify(cutValue(keepFields(alert), shortest, 0));
}

function cutValue(value: unknown, lengthMax: number, depth: number): unknown {
  if (typeof value === "string") return cutText(value, lengthMax);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= depthMax) return cutMark;
  if (Array.isArray(value)) return value.map((item) => cutValue(item, lengthMax, depth + 1));
  // fromEntries makes a field of its own even of `__proto__`.
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [cutText(name, lengthMax), cutValue(inner, lengthMax, depth + 1)]),
  );
}

function cutText(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  const lastUnit = text.charCodeAt(lengthMax - 1);
  const isHalf = lastUnit >= 0xd800 && lastUnit <= 0xdbff; // The first half of a character of two units.
  return text.slice(0, isHalf ? lengthMax - 1 : lengthMax) + cutMark;
}

const fieldsKept: Readonly<Record<string, readonly string[]>> = {
  timestamp: [],
  rule: ["level", "description", "id"],
  agent: ["id", "name", "ip"],
  manager: ["name"],
  id: [],
  cluster: ["name", "node"],
  full_log: [],
  location: [],
};

/** The fields that are kept in the end: each is a text or a number, or an object of such. */
function keepFields(alert: unknown): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(fieldsKept)) {
    const value = fieldOf(alert, name);
    if (inner.length === 0) kept[name] = plain(value);
    else if (value !== undefined) {
      kept[name] = Object.fromEntries(inner.map((field) => [field, plain(fieldOf(value, field))]));
    }
  }
  return kept;
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

/** Absent fields stay absent: JSON has no word for `undefined`. */
const plain = (value: unknown): unknown => (typeof value === "object" && value !== null ? cutMark : value);
