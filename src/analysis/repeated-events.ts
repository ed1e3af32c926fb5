/**
 * Which events of agents that number them have been answered. Such an agent sends an event again when it has not heard
 * that it was stored, perhaps to another node, and both copies come into the journal, the later one perhaps first. The
 * first copy that is answered counts.
 *
 * Per agent, and never across agents: the numbers are an agent's own word, and must not silence another's. What an
 * agent keeps here is bounded by its epochs and by the gaps in them; beyond the bounds the oldest is forgotten, so that
 * an event is doubled rather than lost.
 *
 *   part  := count u32 (agent text, count u32 (number u64, bits text, count u32 (first u64 last u64)*)*)*
 */
import type { ByteWriter } from "../base/bytes.ts";
import type { EventEpoch, EventOrigin } from "../model/event.ts";
import { writeText, type StatePart, type StateReader } from "./state-part.ts";

/** An epoch is a start of the agent: more than a node that was away for long still brings. */
export const EPOCHS_MAX = 16;
/** Gaps are where two nodes have taken turns, and close when the slower one has caught up. */
export const INTERVALS_MAX = 64;

/** Seqs `first` to `last`. */
interface Interval {
  first: number;
  last: number;
}

/** Disjoint, not adjacent, in order. */
class Intervals {
  readonly #all: Interval[];

  constructor(all: Interval[] = []) {
    this.#all = all;
  }

  get all(): readonly Interval[] {
    return this.#all;
  }

  /** Adds a seq; false: it was there. */
  add(seq: number): boolean {
    const newest = this.#all.at(-1);
    // Nearly every event is the next one.
    if (newest !== undefined && seq === newest.last + 1) {
      newest.last = seq;
      return true;
    }
    let index = this.#all.length;
    while (index > 0 && (this.#all[index - 1]?.first ?? 0) > seq) index -= 1;
    const before = this.#all[index - 1];
    if (before !== undefined && seq <= before.last) return false;
    this.#insert(index, before, seq);
    return true;
  }

  #insert(index: number, before: Interval | undefined, seq: number): void {
    const after = this.#all[index];
    const joinsBefore = before !== undefined && before.last + 1 === seq;
    const joinsAfter = after !== undefined && after.first === seq + 1;
    if (joinsBefore && joinsAfter) {
      before.last = after.last;
      this.#all.splice(index, 1);
    } else if (joinsBefore) before.last = seq;
    else if (joinsAfter) after.first = seq;
    else {
      this.#all.splice(index, 0, { first: seq, last: seq });
      if (this.#all.length > INTERVALS_MAX) this.#all.shift();
    }
  }
}

interface KnownEpoch {
  readonly epoch: EventEpoch;
  readonly seqs: Intervals;
}

export class RepeatedEvents implements StatePart {
  readonly name = "repeated-events";
  /** By agent id: its epochs, the one that an event came of last at the end. */
  readonly #ofAgent = new Map<string, KnownEpoch[]>();

  /** Remembers the event; false: it has been answered. */
  isNew(agentId: string, { epoch, seq }: EventOrigin): boolean {
    let epochs = this.#ofAgent.get(agentId);
    if (epochs === undefined) {
      epochs = [];
      this.#ofAgent.set(agentId, epochs);
    }
    return this.#seqsOf(epochs, epoch).add(seq);
  }

  #seqsOf(epochs: KnownEpoch[], epoch: EventEpoch): Intervals {
    const newest = epochs.at(-1);
    if (newest !== undefined && isSame(newest.epoch, epoch)) return newest.seqs;
    const index = epochs.findIndex((known) => isSame(known.epoch, epoch));
    const [known = { epoch, seqs: new Intervals() }] = index < 0 ? [] : epochs.splice(index, 1);
    epochs.push(known);
    if (epochs.length > EPOCHS_MAX) epochs.shift();
    return known.seqs;
  }

  /** Its id is never given again. */
  forget(agentId: string): void {
    this.#ofAgent.delete(agentId);
  }

  write(writer: ByteWriter): void {
    if (this.#ofAgent.size === 0) return;
    writer.u32(this.#ofAgent.size);
    for (const [agentId, epochs] of this.#ofAgent) {
      writeText(writer, agentId);
      writer.u32(epochs.length);
      for (const { epoch, seqs } of epochs) {
        writer.u64(epoch.number);
        writeText(writer, epoch.bits);
        writer.u32(seqs.all.length);
        for (const { first, last } of seqs.all) writer.u64(first).u64(last);
      }
    }
  }

  read(reader: StateReader): void {
    reader.times(() => {
      const epochs: KnownEpoch[] = [];
      this.#ofAgent.set(reader.text(), epochs);
      reader.times(() => {
        const epoch = { number: reader.u64(), bits: reader.text() };
        const all: Interval[] = [];
        reader.times(() => all.push({ first: reader.u64(), last: reader.u64() }));
        epochs.push({ epoch, seqs: new Intervals(all) });
      });
    });
  }
}

const isSame = (a: EventEpoch, b: EventEpoch): boolean => a.number === b.number && a.bits === b.bits;
