/** What composite rules keep of an alerted answer (ruleset-spec 5.4, steps 8 and 9). */
import { latenessOf, memorySizeOf } from "../compat.ts";
import type { DecodedEvent } from "../decoded-event.ts";
import type { CompiledRuleset } from "../ruleset.ts";
import type { Rule } from "../rules/rule.ts";
import type { EngineState } from "../state.ts";
import { watching } from "../watch.ts";
import type { Composite } from "./composite.ts";
import type { Remembered } from "./window.ts";

export class Memory {
  readonly #ruleset: CompiledRuleset;
  readonly #state: EngineState;
  readonly #memorySize: number;
  /** As old as the largest frequency, taken for seconds, what a full ring forgets at once. */
  readonly #ringAgeMs: number;
  watch: Int32Array | undefined = undefined;

  constructor(ruleset: CompiledRuleset, state: EngineState) {
    this.#ruleset = ruleset;
    this.#state = state;
    this.#memorySize = memorySizeOf(ruleset.options);
    this.#ringAgeMs = 1_000 * Math.max(0, ...ruleset.rules.rules.map(({ draft }) => draft.frequency ?? 0));
    if (this.#memorySize === 0) state.ring.clear();
  }

  /**
   * `rule` answered above level 0 and nothing silenced it. A rule that feeds an `if_matched_sid` feeds no group
   * composite. `consumedLevel`: of the composite that fired on the event; -1: none.
   */
  add(rule: Rule, decoded: DecodedEvent, consumedLevel: number): void {
    this.#say(watching.remembering);
    const { event } = decoded;
    const state = this.#state;
    const seq = state.nextSeq;
    state.nextSeq += 1;
    if (this.#memorySize > 0) this.#countInRing(seq, event.receivedMs, rule.id);
    const feeds = rule.sidFeeds.length > 0 ? rule.sidFeeds : rule.groupFeeds;
    const { regexFeeds } = this.#ruleset.rules;
    if (feeds.length === 0 && regexFeeds.length === 0) return;
    const remembered: Remembered = {
      seq,
      agentId: event.agentId,
      eventMs: event.eventMs,
      receivedMs: event.receivedMs,
      log: event.log,
      hasDynamicFields: decoded.dynamicNames.length > 0,
      consumedLevel,
      entryCount: 0,
    };
    for (const { composite, times } of feeds) {
      for (let left = times; left > 0; left -= 1) this.#append(composite, remembered, decoded);
    }
    for (const { composite, expression } of regexFeeds) {
      if (state.quarantined.has(composite.ruleId)) continue; // This may be what it is in quarantine for.
      this.#say(composite.ruleId);
      const isCounted = expression.test(decoded.log);
      this.#say(watching.remembering);
      if (isCounted) this.#append(composite, remembered, decoded);
    }
    const { windowBytesMax } = this.#ruleset.options;
    if (state.totals.bytes > windowBytesMax) state.dropOldest(windowBytesMax);
  }

  #say(what: number): void {
    if (this.watch !== undefined) this.watch[0] = what;
  }

  #countInRing(seq: number, receivedMs: number, ruleId: number): void {
    const { ring, windows } = this.#state;
    const { rules, options } = this.#ruleset;
    ring.push(seq, receivedMs, this.#memorySize, this.#ringAgeMs);
    if (!options.isCompat || options.flavour !== "ossec") return;
    for (const goneId of ring.pushRule(seq, ruleId)) {
      for (const { composite, times } of rules.byId.get(goneId)?.groupFeeds ?? []) {
        const window = windows.get(composite.ruleId);
        for (let left = times; left > 0; left -= 1) window?.dropOldest();
      }
    }
  }

  #append(composite: Composite, remembered: Remembered, decoded: DecodedEvent): void {
    const key = composite.keyOf(decoded);
    if (key === undefined) return;
    const window = this.#state.windowOf(composite.ruleId, composite.fingerprint);
    window.append(key, remembered, composite.comparedOf(decoded), composite.entriesMax);
  }

  /** Removes what has left the windows of the ruleset's rules; nothing that could still be counted. */
  sweep(receivedMs: number): void {
    const { rules, options } = this.#ruleset;
    const { firstSeq } = this.#state.ring;
    const latenessMs = latenessOf(options);
    for (const [ruleId, window] of this.#state.windows) {
      const composite = rules.composites.get(ruleId);
      if (composite === undefined) continue;
      const earliestMs = receivedMs - composite.timeframeMs - latenessMs;
      window.removeOldest(({ receivedMs: atMs, seq }) => atMs < earliestMs || seq < firstSeq);
    }
  }
}
