/** Locations that stand for several files: `*`, `?` and `[…]` in names, and the local date as `%Y-%m-%d`. */
import type { Disk } from "../base/disk.ts";
import { monthNames, pad2, type LocalParts } from "../base/local-time.ts";

const wildcard = /[*?[]/;

/** Whether the location names files that are only known by looking. */
export function isPattern(location: string): boolean {
  return wildcard.test(location);
}

const dateParts: Record<string, (at: LocalParts) => string> = {
  Y: (at) => String(at.year),
  y: (at) => pad2(at.year % 100),
  m: (at) => pad2(at.month + 1),
  b: (at) => monthNames[at.month] ?? "",
  d: (at) => pad2(at.day),
  e: (at) => String(at.day).padStart(2, " "),
  H: (at) => pad2(at.hour),
  M: (at) => pad2(at.minute),
  S: (at) => pad2(at.second),
  "%": () => "%",
};

/** The location with its date parts (as in strftime) filled in; what is no date part stays as it is written. */
export function withDate(location: string, at: LocalParts): string {
  return location.replace(/%(.)/g, (written, letter: string) => dateParts[letter]?.(at) ?? written);
}

/** One name of a path as a regular expression; as in a shell, a leading dot must be written. */
function toRegExp(name: string): RegExp {
  let source = wildcard.test(name[0] ?? "") ? "(?!\\.)" : "";
  for (let at = 0; at < name.length; at += 1) {
    const character = name[at] ?? "";
    const close = character === "[" ? name.indexOf("]", at + 2) : -1;
    if (character === "*") source += "[^/]*";
    else if (character === "?") source += "[^/]";
    else if (close > 0) {
      const set = name
        .slice(at + 1, close)
        .replace(/[\\[\]]/g, "\\$&")
        .replace(/^[!^]/, "^");
      source += `[${set}]`;
      at = close;
    } else source += character.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  }
  try {
    return new RegExp(`^${source}$`, "su");
  } catch {
    return /(?!)/; // A set such as [z-a] matches nothing, as in a shell.
  }
}

/** A quick test of whole paths against a pattern, name by name. */
export function pathMatcher(pattern: string): (path: string) => boolean {
  const names = pattern.split("/").map((name) => toRegExp(name));
  return (path) => {
    const parts = path.split("/");
    return parts.length === names.length && parts.every((part, index) => names[index]?.test(part) === true);
  };
}

/**
 * The paths that an absolute pattern matches now, sorted, at most `countMax`. Folders that cannot be read match
 * nothing.
 */
export async function matchingPaths(disk: Disk, pattern: string, countMax: number): Promise<string[]> {
  let paths = [""];
  for (const name of pattern.split("/").slice(1)) {
    if (!wildcard.test(name)) {
      paths = paths.map((path) => `${path}/${name}`);
      continue;
    }
    const wanted = toRegExp(name);
    const next: string[] = [];
    for (const path of paths) {
      const found = await disk.list(path === "" ? "/" : path).catch(() => []);
      for (const entry of found) if (next.length < countMax && wanted.test(entry)) next.push(`${path}/${entry}`);
    }
    paths = next;
  }
  return paths;
}
