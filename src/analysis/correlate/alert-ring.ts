/**
 * `<global><memory_size>`: the peers remember so many alerted events, whatever rules count them (ruleset-spec 5.5,
 * *Limits*). When there is one more, at least the ten oldest are forgotten, and with them all that are older than the
 * largest frequency, which is taken for seconds. Only the numbers of the events are kept here; what a window holds of
 * an event that has left is not counted, and is removed when windows are swept.
 *
 * Events of one batch have one time of arrival, so the times are kept as runs.
 *
 * OSSEC loses more than that: an event that is forgotten takes the oldest entry out of each group list that its rule
 * belongs to, whether or not it was appended there, and a rule that feeds a list by its id never is. So a rule that is
 * counted by its id, when it is frequent, empties the group lists, and composite rules with `if_matched_group` stop
 * firing once the ring is full. For `--compat` alone the ring therefore also keeps whose events they were.
 */
import type { ByteWriter } from "../../base/bytes.ts";
import type { StatePart, StateReader } from "../state-part.ts";

interface Run {
  receivedMs: number;
  /** The number of its last event. */
  lastSeq: number;
}

/** `analysisd` forgets so many at once. */
const droppedAtOnce = 10;

export class AlertRing implements StatePart {
  readonly name = "alert-ring";
  /** The oldest event that is remembered; 0: all are. */
  firstSeq = 0;
  /** Oldest first; empty while no limit is set. */
  #runs: Run[] = [];
  /** Of the events from `firstSeq` on, oldest first; empty where nobody asks for them. */
  #ruleIds: number[] = [];

  /**
   * The event `seq` was alerted. `ageMs`: how old an event must be to be forgotten with the oldest.
   * Events from before a limit was first set have no time here and count as young.
   */
  push(seq: number, receivedMs: number, limit: number, ageMs: number): void {
    const last = this.#runs.at(-1);
    if (last?.receivedMs === receivedMs) last.lastSeq = seq;
    else this.#runs.push({ receivedMs, lastSeq: seq });
    if (this.firstSeq === 0) this.firstSeq = Math.max(1, seq - limit + 1);
    if (seq - this.firstSeq < limit) return;
    this.firstSeq += droppedAtOnce;
    let count = 0;
    for (const run of this.#runs) {
      const isOld = run.receivedMs < receivedMs - ageMs;
      if (!isOld && run.lastSeq >= this.firstSeq) break;
      if (isOld) this.firstSeq = Math.max(this.firstSeq, run.lastSeq + 1);
      count += 1;
    }
    if (count > 0) this.#runs.splice(0, count);
  }

  /** Whose event `seq` is, which was just pushed. Gives the rules of the events that left, oldest first. */
  pushRule(seq: number, ruleId: number): number[] {
    this.#ruleIds.push(ruleId);
    return this.#ruleIds.splice(0, this.#ruleIds.length - (seq - this.firstSeq + 1));
  }

  /** No limit is set any more. */
  clear(): void {
    this.firstSeq = 0;
    this.#runs = [];
    this.#ruleIds = [];
  }

  /** Moves the times when the clock that they were read from has stepped. */
  shift(byMs: number): void {
    for (const run of this.#runs) run.receivedMs += byMs;
  }

  write(writer: ByteWriter): void {
    if (this.firstSeq === 0) return;
    writer.u64(this.firstSeq).u32(this.#runs.length);
    for (const { receivedMs, lastSeq } of this.#runs) writer.f64(receivedMs).u64(lastSeq);
    writer.u32(this.#ruleIds.length);
    for (const ruleId of this.#ruleIds) writer.u32(ruleId);
  }

  read(reader: StateReader): void {
    this.firstSeq = reader.u64();
    reader.times(() => this.#runs.push({ receivedMs: reader.f64(), lastSeq: reader.u64() }));
    reader.times(() => this.#ruleIds.push(reader.u32()));
  }
}
