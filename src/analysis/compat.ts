/**
 * `--compat`: what the peers' daemons do where Argus departs from them with a reason, so that a comparison shows true
 * differences only. Never in force outside comparisons; docs/operating/differences.md tells the operator of each.
 *
 * - Their clock is the time of reception, and an event that is late is not waited for.
 * - They remember 8,192 alerted events, where no `<memory_size>` says otherwise.
 * - They drop an event of a firewall in which a value is missing, before any rule sees it (ruleset-spec 1.3).
 * - Of three or more lists in one rule only the last two count (rules/condition.ts).
 * - OSSEC drops an event of type syslog whose text is one of the last three distinct ones (ruleset-spec 1.3).
 */
import type { ByteWriter } from "../base/bytes.ts";
import type { EngineEvent, StaticFieldName } from "../model/alert.ts";
import type { Flavour } from "../syntax/pattern.ts";
import type { DecodedEvent } from "./decoded-event.ts";
import { ownCopy } from "./own-copy.ts";
import type { RulesetOptions } from "./ruleset.ts";
import { writeText, type StatePart, type StateReader } from "./state-part.ts";

/** `memory_size` of the peers. */
const memorySizeOfPeers = 8_192;

/** How many alerted events are remembered; 0: time and bytes alone bound them. */
export function memorySizeOf({ memorySize, isCompat }: RulesetOptions): number {
  return memorySize === 0 && isCompat ? memorySizeOfPeers : memorySize;
}

/** How much longer than its timeframe a rule waits for events that are late. */
export function latenessOf({ latenessMs, isCompat }: RulesetOptions): number {
  return isCompat ? 0 : latenessMs;
}

/** The event as a peer has it: it happened when it was received. */
export function atReception(event: EngineEvent): EngineEvent {
  return event.eventMs === event.receivedMs ? event : { ...event, eventMs: event.receivedMs };
}

const neededOfFirewall: Record<Flavour, readonly StaticFieldName[]> = {
  wazuh: ["action", "srcip", "dstip", "srcport", "dstport", "protocol"],
  ossec: ["action", "srcip", "dstip", "protocol"],
};

export function isIncompleteFirewall({ type, fields }: DecodedEvent, flavour: Flavour): boolean {
  return type === "firewall" && neededOfFirewall[flavour].some((name) => fields[name] === undefined);
}

/** So many distinct texts are known again. */
const recentTextsMax = 3;

/** The last distinct texts of OSSEC's events of type syslog. */
export class RecentTexts implements StatePart {
  readonly name = "recent-texts";
  /** Oldest first. */
  readonly #texts: string[] = [];

  /** Whether the text is one of the last; it is from now on. */
  isRepeated(text: string): boolean {
    if (this.#texts.includes(text)) return true;
    this.#texts.push(ownCopy(text));
    if (this.#texts.length > recentTextsMax) this.#texts.shift();
    return false;
  }

  write(writer: ByteWriter): void {
    if (this.#texts.length === 0) return;
    writer.u32(this.#texts.length);
    for (const text of this.#texts) writeText(writer, text);
  }

  read(reader: StateReader): void {
    reader.times(() => this.#texts.push(reader.text()));
  }
}
