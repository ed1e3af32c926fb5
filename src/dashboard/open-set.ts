/** Which alerts of a list are open, by their ids. */
import { useSignal, type ReadonlySignal } from "@preact/signals";
import { useMemo } from "preact/hooks";

export interface OpenSet {
  readonly open: ReadonlySignal<ReadonlySet<string>>;
  toggle(id: string): void;
}

export function useOpenSet(): OpenSet {
  const open = useSignal<ReadonlySet<string>>(new Set());
  return useMemo(
    () => ({
      open,
      toggle: (id) => {
        const next = new Set(open.peek());
        if (!next.delete(id)) next.add(id);
        open.value = next;
      },
    }),
    [open],
  );
}
