/**
 * `<ignore>` and `<check_if_ignored>` (ruleset-spec 5.4, 5.7): a rule puts a line of some of its event's values on a
 * list, and events whose line is there raise no alert by rules that ask. In Wazuh the stored lines end otherwise than
 * those that are looked for, so nothing is ever found; only OSSEC's flavour has a list.
 */
import type { ByteWriter } from "../base/bytes.ts";
import type { StaticFieldName } from "../model/alert.ts";
import type { Flavour } from "../syntax/pattern.ts";
import type { DecodedEvent } from "./decoded-event.ts";
import { ownCopy } from "./own-copy.ts";
import type { StatePart, StateReader } from "./state-part.ts";

/** What a rule names, in lower case. */
export interface Ignoring {
  checked: readonly string[];
  added: readonly string[];
}

/** A line is cut here, so that one event cannot fill the memory of lines. */
const lineBytesMax = 4_096;
/** What a line costs beside its text. */
const entryBytes = 64;

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
  /** Oldest first. */
  readonly #lines = new Set<string>();
  #bytes = 0;

  has(line: string): boolean {
    return this.#lines.has(line);
  }

  /** Beyond `bytesMax` the oldest lines leave. */
  add(line: string, bytesMax: number): void {
    if (this.#lines.has(line)) return;
    this.#lines.add(ownCopy(line));
    this.#bytes += entryBytes + line.length;
    for (const oldest of this.#lines) {
      if (this.#bytes <= bytesMax) break;
      this.#lines.delete(oldest);
      this.#bytes -= entryBytes + oldest.length;
    }
  }

  write(writer: ByteWriter): void {
    if (this.#lines.size === 0) return;
    writer.u32(this.#lines.size);
    for (const line of this.#lines) writer.bytes32(Buffer.from(line, "utf8"));
  }

  read(reader: StateReader): void {
    reader.times(() => this.add(reader.text(), Number.POSITIVE_INFINITY));
  }
}
