/**
 * From one event to its answer: predecode, decode, match. An answer is a function of the ruleset, the state and the
 * event: no clock, no randomness, no zone of the process. The state is one object (state.ts) that a checkpoint writes
 * and reads back; the same events give the same answers wherever the run is cut.
 */
import type { Answer, EngineEvent } from "../model/alert.ts";
import type { CompiledRuleset } from "./ruleset.ts";

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

export declare class Engine {
  /** `state`: what `saveState` gave, of this or an older ruleset. Throws `CheckpointError` when it cannot be read. */
  constructor(ruleset: CompiledRuleset, state?: Uint8Array);
  get ruleset(): CompiledRuleset;
  /** Events are given in journal order. Never throws on what an event holds. */
  answer(event: EngineEvent): Answer;
  /** Control record: the master's clock stepped by `byMs`; arrivals in windows are shifted. */
  clockStepped(byMs: number): void;
  /** Control record: what windows remember of the agent is forgotten. */
  agentRemoved(agentId: string): void;
  /** Rule `ruleId` is passed over from the next event on, until a ruleset in which its text differs. */
  quarantine(ruleId: string): void;
  /** Control record: answers by `ruleset` from the next event on. Windows of rules whose text is unchanged are kept. */
  replaceRuleset(ruleset: CompiledRuleset): void;
  /** All state, for the body of a checkpoint. Equal states give equal bytes. */
  saveState(): Uint8Array;
  get metrics(): EngineMetrics;
  /** What the walk touches now, for the supervisor's watch on poisonous events: rule id, or -1 between events. */
  onRule: ((ruleId: number) => void) | undefined;
}
