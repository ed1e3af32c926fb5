/**
 * What an agent of Argus sends on one connection: numbered events, and the answer when they are durable here
 * (docs/protocol/agent.md section 7). Until that answer the agent keeps them, and after any break it sends them again,
 * here or to another node; so nothing is remembered of them here, and whoever analyses passes what comes twice.
 *
 * An event that is none, or one of a kind that is dropped, is answered like all others: it would be none the next time.
 */
import type { EventSink } from "../collect/needs.ts";
import type { EventOrigin } from "../model/event.ts";
import { type NumberedBatch, numberedEvents, type StoredAnswer } from "../wire/numbered-batch.ts";

export interface NumberedEventsNeeds {
  readonly sink: Pick<EventSink, "whenDurable">;
  /** Hands one event to the sink, or drops and counts it. */
  accept(payload: Buffer, isTruncated: boolean, origin: EventOrigin): void;
  /** Says it to the agent, if it is still there. */
  answer(stored: StoredAnswer): void;
}

export class NumberedEvents {
  readonly #needs: NumberedEventsNeeds;
  /** The newest that is durable and not answered yet. */
  #unsaid: StoredAnswer | undefined;

  constructor(needs: NumberedEventsNeeds) {
    this.#needs = needs;
  }

  take({ epoch, first, count, body }: NumberedBatch): void {
    for (const { seq, isTruncated, payload } of numberedEvents(body, first)) {
      this.#needs.accept(payload, isTruncated, { epoch, seq });
    }
    this.#needs.sink.whenDurable(() => this.#onDurable({ epoch, seq: first + count - 1 }));
  }

  /** Batches become durable in their order, so of those that do together the last speaks for all. */
  #onDurable(stored: StoredAnswer): void {
    if (this.#unsaid === undefined) queueMicrotask(() => this.#say());
    this.#unsaid = stored;
  }

  #say(): void {
    const stored = this.#unsaid;
    this.#unsaid = undefined;
    if (stored !== undefined) this.#needs.answer(stored);
  }
}
