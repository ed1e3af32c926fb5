/** Of which moment alerts by level are shown, and in how many bars at most. */
import { useComputed, type ReadonlySignal } from "@preact/signals";
import { usePage } from "./page-context.tsx";

/** The window moves on this often when no alert comes that would move it. */
const STEP_MS = 5_000;

/** More bars than that are thinner than what divides them. */
const BINS_MAX = 96;
const BINS_NARROW_MAX = 48;

export interface LevelWindow {
  endMs: number;
  binCountMax: number;
}

export function useLevelWindow(): ReadonlySignal<LevelWindow> {
  const { store, isNarrow } = usePage();
  // While the master is not heard the window stands still: bars of a time that nobody knows of would say 0.
  const endMs = useComputed(() => {
    const connection = store.connection.value;
    if (connection.name === "stale") return connection.sinceMs;
    // What has just come is shown at once, in a bin that begins with it.
    const newestMs = store.levels.value.hour.bins.at(-1)?.atMs ?? 0;
    return Math.max(
      Math.floor(store.nowMs.value / STEP_MS) * STEP_MS,
      Math.min(newestMs, store.nowMs.peek() + STEP_MS),
    );
  });
  return useComputed(() => ({
    endMs: endMs.value,
    binCountMax: isNarrow.value ? BINS_NARROW_MAX : BINS_MAX,
  }));
}
