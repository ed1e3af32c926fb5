/**
 * From one event to its answer: predecode, decode, match, remember. An answer is a function of the ruleset, the state
 * and the event: no clock, no randomness, no zone of the process. The state is one object (state.ts) that a checkpoint
 * writes and reads back; the same events give the same answers wherever the run is cut.
 */
import type { Answer, AnsweredRule, EngineEvent } from "../model/alert.ts";
import type { Composite } from "./correlate/composite.ts";
import type { Remembered } from "./correlate/window.ts";
import { decodeEvent } from "./decode/decoder-set.ts";
import { DecodedEvent } from "./decoded-event.ts";
import { Matcher, watching } from "./matcher.ts";
import type { CompiledRuleset } from "./ruleset.ts";
import type { Rule, RuleNode } from "./rules/rule.ts";
import { EngineState, readState, SWEEP_INTERVAL_MS, writeState } from "./state.ts";

/** Figures since the engine was made; not part of the state. */
export interface EngineMetrics {
  events: number;
  /** Events that a rule answered, level 0 included. */
  answered: number;
  alerts: number;
  /** Remembered events, and their bytes by our own arithmetic. */
  windowEvents: number;
  windowBytes: number;
  /** Remembered events and first-seen keys that a memory cap dropped before their time, ever (part of the state). */
  windowDropped: number;
  ftsDropped: number;
}

const hourMs = 3_600_000;

export class Engine {
  #ruleset: CompiledRuleset;
  readonly #state: EngineState;
  #matcher: Matcher;
  readonly #scratch = new DecodedEvent();
  #watch: Int32Array | undefined = undefined;
  #events = 0;
  #answered = 0;
  #alerts = 0;

  /** `state`: what `saveState` gave, of this or an older ruleset. Throws `CheckpointError` when it cannot be read. */
  constructor(ruleset: CompiledRuleset, state?: Uint8Array) {
    this.#ruleset = ruleset;
    this.#state = state === undefined ? new EngineState() : readState(state);
    this.#keepStateOf(ruleset);
    this.#matcher = new Matcher(ruleset, this.#state);
  }

  get ruleset(): CompiledRuleset {
    return this.#ruleset;
  }

  /**
   * Shared memory of one number in which the engine says what it is at, for the supervisor's watch on poisonous events:
   * the id of the rule that is tested, 0 while decoding, -1 between events.
   */
  set watch(shared: Int32Array | undefined) {
    this.#watch = shared;
    this.#matcher.watch = shared;
    this.#say(watching.idle);
  }

  /** Events are given in journal order. Never throws on what an event holds. */
  answer(event: EngineEvent): Answer {
    this.#advanceTo(event.receivedMs);
    this.#events += 1;
    this.#say(watching.decoding);
    const decoded = decodeEvent(this.#ruleset.decoders, event, this.#scratch);
    const node = this.#matcher.match(decoded);
    const answer = node === undefined ? this.#noAnswer(event, decoded) : this.#answerOf(node, event, decoded);
    this.#say(watching.idle);
    return answer;
  }

  #say(what: number): void {
    if (this.#watch !== undefined) this.#watch[0] = what;
  }

  /** What depends on the time of arrival alone: counters begin again each hour, windows are swept each minute. */
  #advanceTo(receivedMs: number): void {
    const state = this.#state;
    const hour = Math.max(0, Math.floor(receivedMs / hourMs));
    if (hour !== state.hour) {
      state.hour = hour;
      state.firedTimes.clear();
    }
    if (receivedMs < state.nextSweepMs) return;
    state.nextSweepMs = receivedMs + SWEEP_INTERVAL_MS;
    const { composites } = this.#ruleset.rules;
    for (const [ruleId, window] of state.windows) {
      const composite = composites.get(ruleId);
      if (composite === undefined) continue;
      const earliestMs = receivedMs - composite.timeframeMs - this.#ruleset.options.latenessMs;
      window.removeOldest((remembered) => remembered.receivedMs < earliestMs);
    }
  }

  #noAnswer(event: EngineEvent, decoded: DecodedEvent): Answer {
    return {
      event,
      decoded: decoded.toDecoded(),
      rule: undefined,
      isAlert: false,
      hidesFullLog: false,
      previousOutput: [],
      previousLog: undefined,
    };
  }

  #answerOf(matched: RuleNode, event: EngineEvent, decoded: DecodedEvent): Answer {
    this.#answered += 1;
    const rule = this.#afterIgnore(matched, event.eventMs);
    const firedTimes = this.#countFiring(rule);
    const isAlert = rule.level > 0 && rule.logs && !this.#isSilenced;
    if (isAlert) this.#alerts += 1;
    if (rule.level > 0 && !this.#isSilenced) this.#remember(rule, event, decoded);
    return {
      event,
      decoded: decoded.toDecoded(),
      rule: this.#answeredRule(rule, decoded, firedTimes),
      isAlert,
      hidesFullLog: rule.draft.hidesFullLog,
      previousOutput: this.#matcher.previousLogs,
      previousLog: undefined,
    };
  }

  /** Set by `#afterIgnore`: the answer is a rule that keeps silent and has no parent to answer in its place. */
  #isSilenced = false;

  /**
   * The rule that answers: the matched one, or its parent while the rule keeps silent after a firing (`ignore`). The
   * time is the event's, in either direction, as in windows, so that events which arrive late are silenced alike.
   */
  #afterIgnore(matched: RuleNode, eventMs: number): Rule {
    const { rule, parent } = matched;
    this.#isSilenced = false;
    if (rule.ignoreMs === 0 || rule.level === 0) return rule;
    const last = this.#state.lastFired.get(rule.id);
    if (last === undefined || Math.abs(eventMs - last) > rule.ignoreMs) {
      this.#state.lastFired.set(rule.id, eventMs);
      this.#state.fingerprints.set(rule.id, rule.draft.fingerprint);
      return rule;
    }
    this.#isSilenced = parent === undefined || this.#ruleset.options.flavour === "ossec";
    return this.#isSilenced || parent === undefined ? rule : parent.rule;
  }

  #countFiring(rule: Rule): number {
    const count = (this.#state.firedTimes.get(rule.id) ?? 0) + 1;
    this.#state.firedTimes.set(rule.id, count);
    if (count === 1) this.#state.fingerprints.set(rule.id, rule.draft.fingerprint);
    return count;
  }

  #answeredRule(rule: Rule, decoded: DecodedEvent, firedTimes: number): AnsweredRule {
    const { draft } = rule;
    return {
      id: rule.idText,
      level: rule.level,
      description: rule.describe(decoded),
      groups: rule.groupNames,
      mitre: rule.mitre,
      cve: draft.cve,
      info: draft.info,
      frequency: rule.composite === undefined ? undefined : draft.frequency,
      firedtimes: draft.hasNoCounter ? undefined : firedTimes,
      mail: rule.mails,
    };
  }

  /** A rule that feeds an `if_matched_sid` feeds no group composite (ruleset-spec 5.4). */
  #remember(rule: Rule, event: EngineEvent, decoded: DecodedEvent): void {
    const feeds = rule.sidFeeds.length > 0 ? rule.sidFeeds : rule.groupFeeds;
    const { regexFeeds } = this.#ruleset.rules;
    if (feeds.length === 0 && regexFeeds.length === 0) return;
    const state = this.#state;
    const remembered: Remembered = {
      seq: state.nextSeq,
      agentId: event.agentId,
      eventMs: event.eventMs,
      receivedMs: event.receivedMs,
      log: event.log,
      hasDynamicFields: decoded.dynamicNames.length > 0,
      consumedLevel: this.#matcher.consumedLevel,
      entryCount: 0,
    };
    for (const { composite, times } of feeds) {
      for (let left = times; left > 0; left -= 1) this.#append(composite, remembered, decoded);
    }
    for (const { composite, expression } of regexFeeds) {
      if (expression.test(decoded.log)) this.#append(composite, remembered, decoded);
    }
    if (remembered.entryCount > 0) state.nextSeq += 1;
    const { windowBytesMax } = this.#ruleset.options;
    if (state.totals.bytes > windowBytesMax) state.dropOldest(windowBytesMax);
  }

  #append(composite: Composite, remembered: Remembered, decoded: DecodedEvent): void {
    const key = composite.keyOf(decoded);
    if (key === undefined) return;
    const window = this.#state.windowOf(composite.ruleId, composite.fingerprint);
    window.append(key, remembered, composite.comparedOf(decoded));
  }

  /** Control record: the master's clock stepped by `byMs`; arrivals in windows are shifted. */
  clockStepped(byMs: number): void {
    this.#state.shiftArrivals(byMs);
  }

  /** Control record: what windows remember of the agent is forgotten. */
  agentRemoved(agentId: string): void {
    for (const window of this.#state.windows.values()) {
      window.removeWhere((remembered) => remembered.agentId === agentId);
    }
  }

  /** Rule `ruleId` is passed over from the next event on, until a ruleset in which its text differs. */
  quarantine(ruleId: string): void {
    const rule = this.#ruleset.rules.byId.get(Number(ruleId));
    if (rule === undefined) return;
    this.#state.quarantined.set(rule.id, rule.draft.fingerprint);
    this.#matcher.passOver(rule.id);
  }

  /** Control record: answers by `ruleset` from the next event on. State of rules whose text is unchanged is kept. */
  replaceRuleset(ruleset: CompiledRuleset): void {
    this.#keepStateOf(ruleset);
    this.#ruleset = ruleset;
    this.#matcher = new Matcher(ruleset, this.#state);
    this.#matcher.watch = this.#watch;
  }

  #keepStateOf({ rules }: CompiledRuleset): void {
    this.#state.keepOnly(
      (ruleId) => rules.byId.get(ruleId)?.draft.fingerprint,
      (ruleId) => rules.composites.get(ruleId)?.fingerprint,
    );
  }

  /** All state, for the body of a checkpoint. Equal states give equal bytes. */
  saveState(): Uint8Array {
    return writeState(this.#state);
  }

  get metrics(): EngineMetrics {
    const { totals, ftsDropped } = this.#state;
    return {
      events: this.#events,
      answered: this.#answered,
      alerts: this.#alerts,
      windowEvents: totals.events,
      windowBytes: totals.bytes,
      windowDropped: totals.dropped,
      ftsDropped,
    };
  }
}
