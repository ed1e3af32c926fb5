/**
 * What an edit of client.keys by somebody else means. The file is the authority for id, name, address and key: lines
 * that are new, changed or gone since we last knew it become the same changes of the registry. Pure.
 *
 * One thing is not believed: an edit that undoes what we wrote ourselves a moment ago. Whoever read the file before,
 * and writes it back as a whole, does not know of that; the line is written again.
 */
import type { KeysEdit, KeysLine } from "./needs.ts";

export interface KeysChange {
  /** What the registry knows of the id; undefined when it is new. */
  readonly before: KeysLine | undefined;
  /** Undefined when the line is gone. */
  readonly after: KeysLine | undefined;
}

export function isSameLine(a: KeysLine | undefined, b: KeysLine | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.id === b.id && a.name === b.name && a.address === b.address && a.key === b.key && a.isRemoved === b.isRemoved
  );
}

/**
 * In the order of the file, then those that are gone; an agent whose line cannot be read is not. Of several lines with
 * one id the first counts.
 */
export function changesOf({ before, after, unreadable }: KeysEdit): KeysChange[] {
  const [old, now] = [byId(before), byId(after)];
  const changes: KeysChange[] = [];
  for (const [id, line] of now) {
    if (!isSameLine(old.get(id), line)) changes.push({ before: old.get(id), after: line });
  }
  for (const [id, line] of old) {
    if (!now.has(id) && !unreadable.has(id)) changes.push({ before: line, after: undefined });
  }
  return changes;
}

function byId(lines: readonly KeysLine[]): Map<string, KeysLine> {
  const found = new Map<string, KeysLine>();
  for (const line of lines) if (!found.has(line.id)) found.set(line.id, line);
  return found;
}
