/** Tells those who hear the page how many alerts and losses there are. */
import { useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { StatusReply } from "../api/contract/reply.ts";
import { newsBegun, newsOf, type NewsTold } from "./alert-news.ts";
import { usePage } from "./page-context.tsx";

export function AlertAnnouncer(): JSX.Element {
  const { store } = usePage();
  const said = useSignal("");
  const first = useRef<StatusReply | undefined>(undefined);
  const told = useRef<NewsTold | undefined>(undefined);
  useSignalEffect(() => {
    const status = store.status.value;
    if (status === undefined) return;
    // The alerts that there are come after the first status; with the second, all that is no news is known.
    first.current ??= status;
    if (first.current === status) return;
    const { startedMs, alerts, events } = status;
    const graveIds = store.graveAlerts.value.map(({ alert }) => alert.id);
    const counts = { nowMs: store.nowMs.value, startedMs, alerts, lost: events.lost, graveIds };
    if (told.current === undefined) {
      told.current = newsBegun(counts);
      return;
    }
    const news = newsOf(told.current, counts);
    if (news === undefined) return;
    told.current = news.told;
    said.value = news.words;
  });
  return (
    <div class="vh" role="status" aria-live="polite">
      {said}
    </div>
  );
}
