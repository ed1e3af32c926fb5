/**
 * The rows of agents that stand still while somebody reads them. As long as no row would change its place, each shows
 * what is known now; once one would, all stay as they are, and of that moment, until the reader asks or is done.
 */
import { computed, effect, signal, type ReadonlySignal } from "@preact/signals";
import type { AgentsAnswer } from "./agent-feed.ts";

type MaybeAnswer = AgentsAnswer | undefined;

export class HeldAgents {
  readonly #source: ReadonlySignal<MaybeAnswer>;
  readonly #shown;
  readonly #stop: () => void;
  /** What is shown is not of now. */
  readonly isBehind: ReadonlySignal<boolean>;

  constructor(source: ReadonlySignal<MaybeAnswer>, isHeld: ReadonlySignal<boolean>) {
    this.#source = source;
    this.#shown = signal(source.peek());
    this.#stop = effect(() => {
      const newest = source.value;
      if (!isHeld.value || isInPlace(this.#shown.peek(), newest)) this.#shown.value = newest;
    });
    this.isBehind = computed(() => this.#shown.value !== source.value);
  }

  get shown(): ReadonlySignal<MaybeAnswer> {
    return this.#shown;
  }

  /** Shows what is known now, held or not. */
  show(): void {
    this.#shown.value = this.#source.peek();
  }

  /** Nothing changes any more. */
  dispose(): void {
    this.#stop();
  }
}

/** What the reader has asked for otherwise may move everything, and where no row is none can move. */
function isInPlace(shown: MaybeAnswer, newest: MaybeAnswer): boolean {
  if (shown === undefined || newest === undefined || shown.path !== newest.path) return true;
  const [before, after] = [shown.reply.agents, newest.reply.agents];
  if (before.length === 0) return true;
  return before.length === after.length && before.every(({ id }, index) => id === after[index]?.id);
}
