/** Locations that stand for several files: `*`, `?` and `[…]` in names, and the local date as `%Y-%m-%d`. */
import type { Disk } from "../base/disk.ts";

const wildcard = /[*?[]/;

/** Whether the location names files that are only known by looking. */
export function isPattern(location: string): boolean {
  return wildcard.test(location);
}

const two = (value: number): string => String(value).padStart(2, "0");
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const dateParts: Record<string, (date: Date) => string> = {
  Y: (date) => String(date.getFullYear()),
  y: (date) => two(date.getFullYear() % 100),
  m: (date) => two(date.getMonth() + 1),
  b: (date) => months[date.getMonth()] ?? "",
  d: (date) => two(date.getDate()),
  e: (date) => String(date.getDate()).padStart(2, " "),
  H: (date) => two(date.getHours()),
  M: (date) => two(date.getMinutes()),
  S: (date) => two(date.getSeconds()),
  "%": () => "%",
};

/** The location with its date parts (as in strftime) of `wallMs` in the zone of this machine; others stay as written. */
export function withDate(location: string, wallMs: number): string {
  if (!location.includes("%")) return location;
  const date = new Date(wallMs);
  return location.replace(/%(.)/g, (written, letter: string) => dateParts[letter]?.(date) ?? written);
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
      const set = name.slice(at + 1, close).replace(/\\/g, "\\\\").replace(/\[/g, "\\[").replace(/^[!^]/, "^");
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

/** The paths that an absolute pattern matches now, sorted, at most `countMax`. Folders that cannot be read match nothing. */
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
