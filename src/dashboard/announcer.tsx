/** What is told beside the page: in the name of its window, and to those who hear it. */
import { useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { usePage } from "./page-context.tsx";
import { visibleString } from "./visible-text.ts";
import { windowTitleOf } from "./window-title.ts";

/** More than that at once is told as a number. */
const NAMED_MAX = 4;

/** Names the window after what it shows. */
export function WindowTitle(): null {
  const { store, browser, toldConnection } = usePage();
  useSignalEffect(() => {
    const status = store.status.value;
    const name = status === undefined ? "" : status.cluster || status.node;
    browser.entitle(windowTitleOf({ name, nodes: store.nodes.value, connection: toldConnection.value }));
  });
  return null;
}

/** Speaks the states of nodes: what has changed, and nothing else. */
export function Announcer(): JSX.Element {
  const { store } = usePage();
  const said = useSignal("");
  const before = useRef<ReadonlyMap<string, string> | undefined>(undefined);
  useSignalEffect(() => {
    const states = new Map(store.nodes.value.map(({ name, state }) => [name, state]));
    const known = before.current;
    if (states.size > 0) before.current = states;
    if (known === undefined) return;
    const changed = [...states].filter(([name, state]) => known.get(name) !== state);
    if (changed.length === 0) return;
    said.value =
      changed.length > NAMED_MAX
        ? `${changed.length} nodes have changed their state.`
        : changed.map(([name, state]) => `${visibleString(name)} is ${state}.`).join(" ");
  });
  return (
    <div class="vh" role="status" aria-live="polite">
      {said}
    </div>
  );
}
