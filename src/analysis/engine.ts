/**
 * From one event to its answer: predecode, decode, match, remember. An answer is a function of the ruleset, the state
 * and the event: no clock, no randomness, no zone of the process. The state is one object (state.ts) that a checkpoint
 * writes and reads back; the same events give the same answers wherever the run is cut.
 */
import { must } from "../base/assert.ts";
import type { Answer, AnsweredRule, EngineEvent } from "../model/alert.ts";
import type { EventOrigin } from "../model/event.ts";
import { Baseline } from "./baseline.ts";
import { atReception, isIncompleteFirewall } from "./compat.ts";
import { Memory } from "./correlate/remember.ts";
import type { CostMeter } from "./cost.ts";
import { decodeEvent } from "./decode/decoder-set.ts";
import { DecodedEvent } from "./decoded-event.ts";
import { rateRule } from "./hourly-rate.ts";
import { ignoredLineOf } from "./ignored-line.ts";
import { Matcher, type RuleObserver } from "./matcher.ts";
import type { CompiledRuleset } from "./ruleset.ts";
import type { Rule, RuleNode } from "./rules/rule.ts";
import { EngineState, readState, SWEEP_INTERVAL_MS, writeState } from "./state.ts";
import { watching } from "./watch.ts";
import { decodersAt, fingerprintOf, type WatchedPart } from "./watched-part.ts";

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
  #memory: Memory;
  readonly #baseline: Baseline;
  readonly #scratch = new DecodedEvent();
  #watch: Int32Array | undefined = undefined;
  #events = 0;
  #answered = 0;
  #alerts = 0;

  /**
   * `state`: what `saveState` gave, of this or an older ruleset; `baseline`: as it was then. Throws `CheckpointError`
   * when the state cannot be read.
   */
  constructor(ruleset: CompiledRuleset, state?: Uint8Array, baseline: Baseline = new Baseline()) {
    this.#ruleset = ruleset;
    this.#scratch.places = ruleset.places;
    this.#baseline = baseline;
    this.#state = state === undefined ? new EngineState() : readState(state);
    this.#keepStateOf(ruleset);
    this.#matcher = new Matcher(ruleset, this.#state, baseline);
    this.#scratch.passedOver = this.#state.quarantinedDecoders.flagsOf(ruleset);
    this.#memory = new Memory(ruleset, this.#state);
  }

  /** For `argus ruleset cost`, over a ruleset that is not replaced. */
  set meter(meter: CostMeter) {
    this.#matcher.meter = meter;
    this.#scratch.meter = meter;
  }

  get ruleset(): CompiledRuleset {
    return this.#ruleset;
  }

  /**
   * Shared memory in whose first word the engine says what it is at, as watch.ts has it, for the supervisor's watch on
   * poisonous events.
   */
  set watch(shared: Int32Array) {
    this.#watch = shared;
    this.#matcher.watch = shared;
    this.#scratch.watch = shared;
    this.#memory.watch = shared;
    this.#say(watching.idle);
  }

  /** Told of each rule that is tried, until the ruleset is replaced. Slow: for `argus logtest -v`. */
  set observer(observer: RuleObserver | undefined) {
    this.#matcher.observer = observer;
  }

  /** Events are given in journal order. Never throws on what an event holds. */
  answer(taken: EngineEvent): Answer {
    return must(this.#answer(taken, true), "every answer was asked for");
  }

  /**
   * The same for who wants alerts alone: undefined for an event that raises none. Most events raise none, and nothing
   * is put together for them.
   */
  alertOf(taken: EngineEvent): Answer | undefined {
    // Any answer may be the one in whose place it is told that there are more events than usual.
    const answer = this.#answer(taken, this.#ruleset.options.statsLevel > 0);
    return answer?.isAlert === true ? answer : undefined;
  }

  /** Undefined only where `wantsAll` is false and the event raises no alert. */
  #answer(taken: EngineEvent, wantsAll: boolean): Answer | undefined {
    const { decoders, options } = this.#ruleset;
    const event = options.isCompat ? atReception(taken) : taken;
    this.#advanceTo(event.receivedMs);
    this.#events += 1;
    this.#say(watching.decoding);
    const decoded = decodeEvent(decoders, event, this.#scratch, this.#baseline);
    if (decoded.decoder?.accumulate === true) this.#state.accumulator.fill(decoded);
    const isDropped = options.isCompat && this.#isDroppedByPeers(decoded);
    const node = isDropped || decoded.isPassedOver ? undefined : this.#matcher.match(decoded);
    // The decoded event's, since a decoder may have rewritten its log.
    const shown = decoded.event;
    let answer: Answer | undefined;
    if (node !== undefined) answer = this.#answerOf(node, shown, decoded, wantsAll);
    else if (wantsAll) answer = this.#noAnswer(shown, decoded, isDropped ? "dropped" : "answered");
    this.#say(watching.idle);
    return answer !== undefined && options.statsLevel > 0 ? this.#withRate(answer) : answer;
  }

  /** Whether an event that its agent has numbered is to be answered; false: it has been, and is to be left alone. */
  isNew(agentId: string, origin: EventOrigin): boolean {
    return this.#state.repeatedEvents.isNew(agentId, origin);
  }

  /**
   * Tests one rule's conditions on the event, wherever the rule stands in the tree: whether an event comes to it may
   * depend on what is remembered, as below a composite rule, and how long it then takes does not. Nothing is answered.
   */
  probe(ruleId: number, event: EngineEvent): void {
    const { decoders, rules } = this.#ruleset;
    const rule = rules.byId.get(ruleId);
    if (rule === undefined) return;
    this.#say(watching.decoding);
    const decoded = decodeEvent(decoders, event, this.#scratch, this.#baseline);
    this.#say(ruleId);
    if (rule.before.every((condition) => condition(decoded))) rule.after.every((condition) => condition(decoded));
    for (const { composite, expression } of rules.regexFeeds) {
      if (composite.ruleId === ruleId) expression.test(decoded.log);
    }
    this.#say(watching.idle);
  }

  /** Answers an event that is not to be looked at: nothing decodes it, and no rule sees it. */
  passOver(event: EngineEvent): Answer {
    this.#advanceTo(event.receivedMs);
    this.#events += 1;
    return this.#noAnswer(event, this.#scratch.reset(event), "answered");
  }

  /** An alert that there are more events than usual takes the place of an answer that is no alert. */
  #withRate(answer: Answer): Answer {
    const { statsLevel, logAlertLevel, emailAlertLevel, zone } = this.#ruleset.options;
    const { hourlyRate } = this.#state;
    if (!hourlyRate.isExcessive(answer.event.receivedMs, zone) || answer.isAlert) return answer;
    hourlyRate.told();
    const isAlert = statsLevel >= logAlertLevel;
    if (isAlert) this.#alerts += 1;
    return {
      ...answer,
      outcome: "answered",
      rule: rateRule(statsLevel, emailAlertLevel),
      isAlert,
      hidesFullLog: false,
    };
  }

  #isDroppedByPeers(decoded: DecodedEvent): boolean {
    const { flavour } = this.#ruleset.options;
    if (isIncompleteFirewall(decoded, flavour)) return true;
    if (flavour !== "ossec" || decoded.type !== "syslog") return false;
    return this.#state.recentTexts.isRepeated(decoded.event.log);
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
    this.#memory.sweep(receivedMs);
  }

  #noAnswer(event: EngineEvent, decoded: DecodedEvent, outcome: Answer["outcome"]): Answer {
    return {
      event,
      decoded: decoded.toDecoded(),
      outcome,
      rule: undefined,
      isAlert: false,
      hidesFullLog: false,
      previousOutput: [],
      previousLog: undefined,
    };
  }

  #answerOf(matched: RuleNode, event: EngineEvent, decoded: DecodedEvent, wantsAll: boolean): Answer | undefined {
    this.#answered += 1;
    this.#countFiring(matched.rule);
    const answering = this.#afterIgnore(matched, event);
    const inPlace = answering === undefined || this.#isIgnored(answering, decoded) ? undefined : answering;
    const rule = inPlace ?? matched.rule;
    const isAlert = inPlace !== undefined && rule.level > 0 && rule.logs;
    if (isAlert) this.#alerts += 1;
    if (inPlace !== undefined && rule.level > 0) this.#memory.add(rule, decoded, this.#matcher.consumedLevel);
    if (!isAlert && !wantsAll) return undefined;
    return {
      event,
      decoded: decoded.toDecoded(),
      outcome: inPlace === undefined ? "silenced" : "answered",
      rule: this.#answeredRule(rule, decoded),
      isAlert,
      hidesFullLog: rule.draft.hidesFullLog,
      previousOutput: this.#matcher.previousLogs,
      previousLog: this.#matcher.previousLog,
    };
  }

  /**
   * The rule that answers: the matched one, or its parent while the rule keeps silent after a firing (`ignore`);
   * undefined when none answers in its place.
   */
  #afterIgnore({ rule, parent }: RuleNode, event: EngineEvent): Rule | undefined {
    if (rule.ignoreMs === 0 || rule.level === 0) return rule;
    const { flavour, isCompat, latenessMs } = this.#ruleset.options;
    const { firings, fingerprints } = this.#state;
    if (firings.isSilent(rule.id, event.eventMs, rule.ignoreMs)) return flavour === "ossec" ? undefined : parent?.rule;
    firings.add(rule.id, event, isCompat ? 0 : rule.ignoreMs + latenessMs);
    fingerprints.set(rule.id, rule.draft.fingerprint);
    return rule;
  }

  /** Whether the event is on the list of what is ignored. One that is not is put there when the rule says so. */
  #isIgnored({ ignoring, level }: Rule, decoded: DecodedEvent): boolean {
    if (ignoring === undefined || level === 0) return false;
    const { ignored } = this.#state;
    const { checked, added } = ignoring;
    if (checked.length > 0 && ignored.has(ignoredLineOf(checked, decoded))) return true;
    if (added.length > 0) ignored.add(ignoredLineOf(added, decoded), this.#ruleset.options.ftsBytesMax);
    return false;
  }

  /** Of the rule that matched, also where it is level 0 or keeps silent (ruleset-spec 5.4). */
  #countFiring(rule: Rule): void {
    const count = (this.#state.firedTimes.get(rule.id) ?? 0) + 1;
    this.#state.firedTimes.set(rule.id, count);
    if (count === 1) this.#state.fingerprints.set(rule.id, rule.draft.fingerprint);
  }

  #answeredRule(rule: Rule, decoded: DecodedEvent): AnsweredRule {
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
      firedtimes: draft.hasNoCounter ? undefined : (this.#state.firedTimes.get(rule.id) ?? 0),
      mail: rule.mails,
    };
  }

  /** Control record: the master's clock stepped by `byMs`; arrivals in windows are shifted. */
  clockStepped(byMs: number): void {
    this.#state.shiftArrivals(byMs);
  }

  /** Control record: what windows and the baseline remember of the agent is forgotten. */
  agentRemoved(agentId: string): void {
    this.#baseline.forget(agentId);
    this.#state.accumulator.forget(agentId);
    this.#state.repeatedEvents.forget(agentId);
    for (const window of this.#state.windows.values()) {
      window.removeWhere((remembered) => remembered.agentId === agentId);
    }
  }

  /**
   * The rule or decoder is passed over from the next event on, until a ruleset in which its text differs, or a release.
   * Nothing happens where its text is another one already.
   */
  quarantine({ kind, id, fingerprint }: Pick<WatchedPart, "kind" | "id" | "fingerprint">): void {
    if (kind === "rule") {
      const rule = this.#ruleset.rules.byId.get(Number(id));
      if (rule?.draft.fingerprint !== fingerprint) return;
      this.#state.quarantined.set(rule.id, fingerprint);
      this.#matcher.passOver(rule.id);
    } else if (decodersAt(this.#ruleset, id).some((decoder) => fingerprintOf(decoder) === fingerprint)) {
      this.#state.quarantinedDecoders.add(id, fingerprint);
      this.#scratch.passedOver = this.#state.quarantinedDecoders.flagsOf(this.#ruleset);
    }
  }

  /** Control record: a rule by its id, or the decoder that was quarantined at `FILE:LINE`, is at work again. */
  release(id: string): void {
    if (this.#state.quarantined.delete(Number(id))) this.#matcher.restore(Number(id));
    this.#state.quarantinedDecoders.release(id);
    this.#scratch.passedOver = this.#state.quarantinedDecoders.flagsOf(this.#ruleset);
  }

  /** The ids of the rules and the places of the decoders that are passed over. */
  get quarantined(): string[] {
    return [...[...this.#state.quarantined.keys()].map(String), ...this.#state.quarantinedDecoders.places];
  }

  /** Control record: answers by `ruleset` from the next event on. State of rules whose text is unchanged is kept. */
  replaceRuleset(ruleset: CompiledRuleset): void {
    this.#keepStateOf(ruleset);
    this.#ruleset = ruleset;
    this.#scratch.places = ruleset.places;
    this.#matcher = new Matcher(ruleset, this.#state, this.#baseline);
    this.#matcher.watch = this.#watch;
    this.#scratch.passedOver = this.#state.quarantinedDecoders.flagsOf(ruleset);
    this.#memory = new Memory(ruleset, this.#state);
    this.#memory.watch = this.#watch;
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
