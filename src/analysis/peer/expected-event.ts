/**
 * Expected answers to every single line of a peer's test files, one JSON object per line of text: the peer's own runner
 * judges the last line of a case only.
 */
import type { SuiteAnswer, SuiteCase } from "./suite-file.ts";

interface ExpectedEvent {
  file: string;
  section: string;
  option: string;
  /** Which line of the case, from 0. */
  event: number;
  decoder: string | null;
  rule: number | null;
  level: number | null;
}

const keyOf = (file: string, section: string, option: string, event: number): string =>
  JSON.stringify([file, section, option, event]);

export class ExpectedEvents {
  readonly #events = new Map<string, ExpectedEvent>();
  readonly #met = new Set<string>();

  /** Throws where a line is no JSON. */
  constructor(text: string) {
    for (const line of text.split("\n").filter(Boolean)) {
      const event = JSON.parse(line) as ExpectedEvent;
      this.#events.set(keyOf(event.file, event.section, event.option, event.event), event);
    }
  }

  /** How many of the expectations have been looked at. */
  get metCount(): number {
    return this.#met.size;
  }

  /** What the line of a case must be answered with; undefined where nothing is known of it. */
  of(file: string, one: SuiteCase, event: number): SuiteAnswer | undefined {
    const section = Buffer.from(one.section, "latin1").toString("utf8");
    const key = keyOf(file, section, one.option, event);
    const known = this.#events.get(key);
    if (known === undefined) return undefined;
    this.#met.add(key);
    const text = (value: string | number | null): string => (value === null ? "" : String(value));
    return { decoder: text(known.decoder), rule: text(known.rule), level: text(known.level) };
  }
}
