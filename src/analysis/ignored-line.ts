/**
 * `<ignore>` and `<check_if_ignored>` (ruleset-spec 5.4, 5.7): a rule puts a line of some of its event's values on a
 * list, and events whose line is there raise no alert by rules that ask. In Wazuh the stored lines end otherwise than
 * those that are looked for, so nothing is ever found; only OSSEC's flavour has a list.
 */
import type { ByteWriter } from "../base/bytes.ts";
import type { StaticFieldName } from "../model/alert.ts";
import type { Flavour } from "../syntax/pattern.ts";
import { BoundedSet } from "./bounded-set.ts";
import type { DecodedEvent } from "./decoded-event.ts";
import { writeText, type StatePart, type StateReader } from "./state-part.ts";

/** What a rule names, in lower case. */
export interface Ignoring {
  checked: readonly string[];
  added: readonly string[];
}

/** A line is cut here, so that one event cannot fill the memory of lines. */
const lineBytesMax = 4_096;

/** In the order in which a line has them, whatever the order of the rule. */
const fixedNames: readonly [name: string, field: StaticFieldName][] = [
  ["id", "id"],
  ["user", "dstuser"],
  ["srcip", "srcip"],
  ["dstip", "dstip"],
  ["data", "data"],
  ["system_name", "system_name"],
];
const otherNames: ReadonlySet<string> = new Set(["name", "location", ...fixedNames.map(([name]) => name)]);

export function ignoringOf(
  {
    ignoreFields: added,
    checkIfIgnored: checked,
  }: { ignoreFields: readonly string[]; checkIfIgnored: readonly string[] },
  flavour: Flavour,
): Ignoring | undefined {
  return flavour === "wazuh" || added.length + checked.length === 0 ? undefined : { checked, added };
}

/** The decoder's name and the values that are named, an absent one as nothing; dynamic fields come last. */
export function ignoredLineOf(names: readonly string[], event: DecodedEvent): string {
  let line = event.decoder?.name ?? "";
  for (const [name, field] of fixedNames) if (names.includes(name)) line += ` ${event.fields[field] ?? ""}`;
  if (names.includes("location")) line += ` ${event.location}`;
  for (const name of names) if (!otherNames.has(name)) line += ` ${event.dynamic(name) ?? ""}`;
  return line.slice(0, lineBytesMax);
}

export class IgnoredLines implements StatePart {
  readonly name = "ignored-lines";
  readonly #lines = new BoundedSet();

  has(line: string): boolean {
    return this.#lines.has(line);
  }

  /** Beyond `bytesMax` the oldest lines leave. */
  add(line: string, bytesMax: number): void {
    this.#lines.add(line, bytesMax);
  }

  write(writer: ByteWriter): void {
    if (this.#lines.size === 0) return;
    writer.u32(this.#lines.size);
    for (const line of this.#lines.values()) writeText(writer, line);
  }

  read(reader: StateReader): void {
    reader.times(() => this.add(reader.text(), Number.POSITIVE_INFINITY));
  }
}
