/** The last alerts of level 12 and above, beside the chart: what the first screen must not leave out. */
import { useComputed } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { PageAlert } from "../api/contract/page-stream.ts";
import { AlertDetail } from "./alert-detail.tsx";
import { alertLine, partiesOf } from "./alert-line.ts";
import { count, UNKNOWN } from "./format.ts";
import { HeldList } from "./held-list.ts";
import { useOpenSet, type OpenSet } from "./open-set.ts";
import { usePage } from "./page-context.tsx";
import { Empty, GreyRows, Panel } from "./panel.tsx";
import { useReading } from "./reading.tsx";
import { GRAVE_LEVEL } from "./severity.ts";
import { LevelBadge, Moment, VisibleText } from "./word.tsx";

/** As many as stand beside the chart. */
const SHOWN_COUNT = 5;

export function GraveList(): JSX.Element {
  const { store, choose } = usePage();
  const element = useRef<HTMLOListElement>(null);
  const opened = useOpenSet();
  const { isReading, listeners } = useReading(element);
  const isHeld = useComputed(() => isReading.value || opened.open.value.size > 0);
  const list = useMemo(() => new HeldList(store.graveAlerts, isHeld, ({ alert }) => alert.id), [store, isHeld]);
  useEffect(() => () => list.dispose(), [list]);
  const shown = list.shown.value.slice(0, SHOWN_COUNT);
  const waiting = list.waiting.value.length;
  return (
    <Panel
      id="graves"
      class="graves"
      title={`Level ${GRAVE_LEVEL} and above`}
      actions={
        shown.length === 0 ? undefined : (
          <>
            {waiting > 0 && (
              <button
                type="button"
                class="btn small"
                onClick={() => list.show()}
              >{`Show ${count(waiting)} new`}</button>
            )}
            <a class="btn small" href="#alerts-title" onClick={() => choose({ level: GRAVE_LEVEL })}>
              All
            </a>
          </>
        )
      }
    >
      {store.status.value === undefined ? (
        <GreyRows count={5} />
      ) : shown.length === 0 ? (
        <Empty title="None so far" />
      ) : (
        <ol ref={element} class="gravelist" {...listeners}>
          {shown.map((pageAlert) => (
            <Grave key={pageAlert.alert.id} pageAlert={pageAlert} {...opened} />
          ))}
        </ol>
      )}
    </Panel>
  );
}

function Grave({ pageAlert, open, toggle }: { pageAlert: PageAlert } & OpenSet): JSX.Element {
  const { id } = pageAlert.alert;
  const isOpen = useComputed(() => open.value.has(id)).value;
  const line = useMemo(() => alertLine(pageAlert.alert), [pageAlert]);
  return (
    <li>
      <LevelBadge level={line.level} />
      <button type="button" class={isOpen ? "say" : "say two"} aria-expanded={isOpen} onClick={() => toggle(id)}>
        {line.description === "" ? "No description" : <VisibleText text={line.description} />}
      </button>
      <span class="who">
        <VisibleText text={partiesOf(line)} />
      </span>
      <span class="when">{line.timeMs === undefined ? UNKNOWN : <Moment ms={line.timeMs} />}</span>
      {isOpen && (
        <div class="whole">
          <AlertDetail pageAlert={pageAlert} />
        </div>
      )}
    </li>
  );
}
