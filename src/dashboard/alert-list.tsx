/** The last alerts, newest first. A row opens in place; while one is open, or somebody reads, no row moves. */
import { computed, useComputed, useSignal, type ReadonlySignal, type Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { PageAlert } from "../api/contract/page-stream.ts";
import { AlertAnnouncer } from "./alert-announcer.tsx";
import { AlertRow } from "./alert-row.tsx";
import { count } from "./format.ts";
import { HeldBar } from "./held-bar.tsx";
import { HeldList } from "./held-list.ts";
import { useOpenSet } from "./open-set.ts";
import { usePage } from "./page-context.tsx";
import { Choice, Empty, GreyRows, Panel } from "./panel.tsx";
import { useReading } from "./reading.tsx";
import { GRAVE_LEVEL } from "./severity.ts";

export function AlertList(): JSX.Element {
  const { store, chosen, choose } = usePage();
  const level = chosen.value.level;
  const isOffered = level === GRAVE_LEVEL || level === 0;
  return (
    <>
      <Panel
        id="alerts"
        title="Last alerts"
        aside={<Omitted />}
        actions={
          <Choice
            label="Levels"
            options={[
              { value: 0, word: "All" },
              ...(isOffered ? [] : [{ value: level, word: `${level}+` }]),
              { value: GRAVE_LEVEL, word: `${GRAVE_LEVEL}+` },
            ]}
            value={level}
            onChoose={(next) => choose({ level: next })}
          />
        }
      >
        {store.status.value === undefined ? <GreyRows count={6} /> : <Rows key={level} level={level} />}
      </Panel>
      <AlertAnnouncer />
    </>
  );
}

function Omitted(): JSX.Element | null {
  const { store } = usePage();
  const omitted = store.omitted.value;
  if (omitted === 0) return null;
  return <span class="faint">{`${count(omitted)} more came too fast to be shown here; alerts.json has them.`}</span>;
}

/** All alerts held of at least this level. Those of 12 and above are held apart, and outlast a flood of others. */
function useAlertsFrom(level: number): ReadonlySignal<readonly PageAlert[]> {
  const { store } = usePage();
  return useMemo(() => {
    if (level === 0) return store.alerts;
    const source = level >= GRAVE_LEVEL ? store.graveAlerts : store.alerts;
    if (level === GRAVE_LEVEL) return source;
    return computed(() => source.value.filter(({ alert }) => alert.rule.level >= level));
  }, [store, level]);
}

function Rows({ level }: { level: number }): JSX.Element {
  const source = useAlertsFrom(level);
  const { open, toggle } = useOpenSet();
  const element = useRef<HTMLDivElement>(null);
  const { isReading, listeners } = useReading(element);
  const isHeld = useComputed(() => isReading.value || open.value.size > 0);
  const list = useMemo(() => new HeldList(source, isHeld, ({ alert }) => alert.id), [source, isHeld]);
  useEffect(() => () => list.dispose(), [list]);
  const isAll = useSignal(false);
  const shown = useComputed(() => (isAll.value ? list.shown.value : list.shown.value.slice(0, ROWS_COUNT)));
  const showNew = (): void => {
    list.show();
    element.current?.focus(); // The button that was pressed is gone, and the focus must not go with it.
  };
  return (
    <div ref={element} tabIndex={-1} {...listeners}>
      {list.shown.value.length > 0 && (
        <HeldBar waiting={list.waiting.value.length} isOverrun={list.isOverrun.value} noun="alert" onShow={showNew} />
      )}
      {list.shown.value.length === 0 ? (
        <NoAlert level={level} />
      ) : (
        <table class="t at cards" role="table" aria-label="Alerts, newest first">
          <Head />
          <tbody role="rowgroup">
            {shown.value.map((pageAlert) => (
              <AlertRow key={pageAlert.alert.id} pageAlert={pageAlert} open={open} toggle={toggle} />
            ))}
          </tbody>
        </table>
      )}
      <Foot held={list.shown.value.length} hasNewer={list.waiting.value.length > 0} isAll={isAll} />
    </div>
  );
}

/** So many rows at first: cluster.log, below, is to be reached without scrolling past two hundred. */
const ROWS_COUNT = 15;

interface FootProps {
  held: number;
  /** There are newer ones than the list shows. */
  hasNewer: boolean;
  isAll: Signal<boolean>;
}

function Foot({ held, hasNewer, isAll }: FootProps): JSX.Element | null {
  if (held === 0) return null;
  const rows = isAll.value ? held : Math.min(held, ROWS_COUNT);
  const which = hasNewer ? `${count(rows)} from before the new ones` : `The newest ${count(rows)}`;
  return (
    <div class="foot">
      <span>{`${which}. All are in alerts.json.`}</span>
      {held > ROWS_COUNT && (
        <button type="button" class="btn small push" onClick={() => (isAll.value = !isAll.value)}>
          {isAll.value ? `Show ${ROWS_COUNT}` : `Show ${count(held)}`}
        </button>
      )}
    </div>
  );
}

function NoAlert({ level }: { level: number }): JSX.Element {
  const { store, choose } = usePage();
  const held = store.alerts.value.length;
  if (level === 0 || held === 0) {
    return (
      <Empty title="No alert yet">
        <span>The first one shows here within a second of the event that raised it.</span>
      </Empty>
    );
  }
  return (
    <Empty title={`No alert of level ${level} or above`}>
      <span>
        {held === 1 ? "1 alert of a lower level is held." : `${count(held)} alerts of lower levels are held.`}
      </span>
      <button type="button" class="btn" onClick={() => choose({ level: 0 })}>
        Show all levels
      </button>
    </Empty>
  );
}

const heads = [
  { word: "Level", class: "c-lv" },
  { word: "Description", class: "" },
  { word: "Rule", class: "c-rule" },
  { word: "Agent or sender", class: "c-agent" },
  { word: "Node", class: "c-node" },
  { word: "Time", class: "c-time" },
];

function Head(): JSX.Element {
  return (
    <thead role="rowgroup">
      <tr role="row">
        {heads.map((head) => (
          <th key={head.word} role="columnheader" class={head.class}>
            {head.word}
          </th>
        ))}
      </tr>
    </thead>
  );
}
