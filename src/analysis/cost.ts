/**
 * What each rule and decoder of a ruleset costs over a run of events: how often it was tried, how often it matched, and
 * how long its own conditions took. The engine calls a meter only where one is set; it has no clock of its own.
 */
import type { CompiledRuleset } from "./ruleset.ts";
import { placeOf } from "./watched-part.ts";

export interface PartCost {
  kind: "rule" | "decoder";
  /** The rule's id, or the decoder's own name. */
  name: string;
  /** `FILE:LINE`. */
  place: string;
  /** Those that were ruled out by look-ups alone, and so cost nothing, are not counted. */
  tried: number;
  matched: number;
  micros: number;
}

/** What is tried and matched by number, and how long it took. */
class Sums {
  readonly tried: Float64Array;
  readonly matched: Float64Array;
  readonly ms: Float64Array;

  constructor(count: number) {
    this.tried = new Float64Array(count);
    this.matched = new Float64Array(count);
    this.ms = new Float64Array(count);
  }

  add(index: number, ms: number): void {
    this.tried[index] = (this.tried[index] ?? 0) + 1;
    this.ms[index] = (this.ms[index] ?? 0) + ms;
  }

  match(index: number): void {
    this.matched[index] = (this.matched[index] ?? 0) + 1;
  }
}

const calibrations = 1_000;

export class CostMeter {
  readonly #ruleset: CompiledRuleset;
  readonly #nowMs: () => number;
  /** What it takes to read the clock, which every measurement holds once. */
  readonly #clockMs: number;
  readonly #rules: Sums;
  readonly #decoders: Sums;
  #beganMs = 0;
  /** The decoder that is at work; -1: none. */
  #decoder = -1;

  /** `nowMs`: a clock that never goes back, with fractions. */
  constructor(ruleset: CompiledRuleset, nowMs: () => number) {
    this.#ruleset = ruleset;
    this.#nowMs = nowMs;
    this.#rules = new Sums(ruleset.rules.rules.length);
    this.#decoders = new Sums(ruleset.decoders.decoders.length);
    let clockMs = Number.POSITIVE_INFINITY;
    for (let left = calibrations; left > 0; left -= 1) {
      const beganMs = nowMs();
      clockMs = Math.min(clockMs, nowMs() - beganMs);
    }
    this.#clockMs = clockMs;
  }

  #elapsedMs(): number {
    return Math.max(0, this.#nowMs() - this.#beganMs - this.#clockMs);
  }

  /** A decoder is at work from now on, and the one before it no more. */
  decoderBegins(index: number): void {
    // It is said once for the prematch and once for what the decoder then runs.
    if (index === this.#decoder) return;
    this.#endDecoder();
    this.#decoder = index;
    this.#beganMs = this.#nowMs();
  }

  /** `matched`: the event's decoder, -1 where it has none. */
  decodingEnds(matched: number): void {
    this.#endDecoder();
    if (matched >= 0) this.#decoders.match(matched);
  }

  #endDecoder(): void {
    if (this.#decoder >= 0) this.#decoders.add(this.#decoder, this.#elapsedMs());
    this.#decoder = -1;
  }

  ruleBegins(): void {
    this.#beganMs = this.#nowMs();
  }

  /** By the rule's `index`. */
  ruleEnds(index: number, isMatching: boolean): void {
    this.#rules.add(index, this.#elapsedMs());
    if (isMatching) this.#rules.match(index);
  }

  /** All that was tried, the dearest first. */
  parts(): PartCost[] {
    const rules = this.#ruleset.rules.rules.map((rule): PartCost => {
      const { file, line } = rule.draft.place;
      return { ...costOf(this.#rules, rule.index), kind: "rule", name: rule.idText, place: `${file}:${line}` };
    });
    const decoders = this.#ruleset.decoders.decoders.map((decoder): PartCost => ({
      ...costOf(this.#decoders, decoder.index),
      kind: "decoder",
      name: decoder.ownName,
      place: placeOf(decoder),
    }));
    return [...rules, ...decoders].filter(({ tried }) => tried > 0).sort((a, b) => b.micros - a.micros);
  }
}

function costOf(sums: Sums, index: number): Pick<PartCost, "tried" | "matched" | "micros"> {
  return {
    tried: sums.tried[index] ?? 0,
    matched: sums.matched[index] ?? 0,
    micros: (sums.ms[index] ?? 0) * 1_000,
  };
}
