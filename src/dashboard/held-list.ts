/**
 * A list, newest first, that stands still while somebody reads it. What came meanwhile waits, and is counted; it is
 * shown when the reader asks for it or is done.
 */
import { computed, effect, signal, type ReadonlySignal } from "@preact/signals";

export class HeldList<T> {
  readonly #source: ReadonlySignal<readonly T[]>;
  readonly #shown;
  readonly #stop: () => void;
  /** What is newer than all that is shown; of a list that began anew, all of it. */
  readonly waiting: ReadonlySignal<readonly T[]>;
  /** Nothing that is shown is held by the source any more: more may have come than `waiting` has. */
  readonly isOverrun: ReadonlySignal<boolean>;

  constructor(source: ReadonlySignal<readonly T[]>, isHeld: ReadonlySignal<boolean>, idOf: (one: T) => string) {
    this.#source = source;
    this.#shown = signal(source.peek());
    this.#stop = effect(() => {
      const newest = source.value;
      // Nothing that is shown is there to be held: whoever waits for the first line is not reading.
      if (!isHeld.value || this.#shown.peek().length === 0) this.#shown.value = newest;
    });
    this.waiting = computed(() => newerThan(source.value, this.#shown.value, idOf));
    this.isOverrun = computed(() => this.waiting.value.length > 0 && this.waiting.value === source.value);
  }

  get shown(): ReadonlySignal<readonly T[]> {
    return this.#shown;
  }

  /** Shows all there is, held or not. */
  show(): void {
    this.#shown.value = this.#source.peek();
  }

  /** Nothing changes any more. */
  dispose(): void {
    this.#stop();
  }
}

function newerThan<T>(source: readonly T[], shown: readonly T[], idOf: (one: T) => string): readonly T[] {
  const newest = shown[0];
  if (newest === undefined || source === shown) return [];
  const id = idOf(newest);
  const index = source.findIndex((one) => idOf(one) === id);
  return index === -1 ? source : source.slice(0, index);
}
