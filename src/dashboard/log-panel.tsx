/** cluster.log as it is written, newest first. It stands still while somebody reads it. */
import { useComputed } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { ClusterLogLine } from "../api/contract/reply.ts";
import { firstChoice } from "./address-state.ts";
import { count } from "./format.ts";
import { Icon } from "./glyph.tsx";
import { HeldBar } from "./held-bar.tsx";
import { HeldList } from "./held-list.ts";
import { filterLog, logLevels, nodesOf, type LogFilter } from "./log-filter.ts";
import { usePage } from "./page-context.tsx";
import { Empty, GreyRows, Panel } from "./panel.tsx";
import { useReading } from "./reading.tsx";
import { visibleString } from "./visible-text.ts";
import { Moment, VisibleText } from "./word.tsx";

/** So many lines are shown at first sight without a scroll bar. */
const SHORT_COUNT = 12;

export function LogPanel(): JSX.Element {
  const { store } = usePage();
  const isKnown = useComputed(() => store.status.value !== undefined || store.log.value.length > 0);
  return (
    <Panel id="log" title="cluster.log" actions={<Filters />} actionsClass="logbar">
      {isKnown.value ? <Lines /> : <GreyRows count={6} />}
    </Panel>
  );
}

function Filters(): JSX.Element {
  const { store, chosen, choose } = usePage();
  const names = useComputed(() => {
    const all = [...nodesOf(store.log.value), ...store.nodes.value.map(({ name }) => name), chosen.value.logNode];
    return [...new Set(all)].filter((name) => name !== "").sort();
  });
  const { logNode, logLevel, logQuery } = chosen.value;
  return (
    <>
      <span class="field">
        <Icon name="find" />
        <input
          type="search"
          aria-label="Find in cluster.log"
          placeholder="Text"
          value={logQuery}
          onInput={({ currentTarget }) => choose({ logQuery: currentTarget.value })}
        />
      </span>
      <select
        class="select"
        aria-label="Node"
        value={logNode}
        onChange={({ currentTarget }) => choose({ logNode: currentTarget.value })}
      >
        <option value="">All nodes</option>
        {names.value.map((name) => (
          <option key={name} value={name}>
            {visibleString(name)}
          </option>
        ))}
      </select>
      <select
        class="select"
        aria-label="Level"
        value={logLevel}
        onChange={({ currentTarget }) =>
          choose({ logLevel: logLevels.find((level) => level === currentTarget.value) ?? firstChoice.logLevel })
        }
      >
        {logLevels.map((level) => (
          <option key={level} value={level}>
            {level === "ERROR" ? "ERROR" : `${level} and up`}
          </option>
        ))}
      </select>
    </>
  );
}

function Lines(): JSX.Element {
  const { store, chosen } = usePage();
  const element = useRef<HTMLDivElement>(null);
  const { isReading, listeners } = useReading(element);
  const list = useMemo(() => new HeldList(store.log, isReading, ({ id }) => id), [store, isReading]);
  useEffect(() => () => list.dispose(), [list]);
  const filter = useComputed<LogFilter>(() => {
    const { logNode, logLevel, logQuery } = chosen.value;
    return { node: logNode, level: logLevel, q: logQuery };
  });
  const shown = useComputed(() => filterLog(list.shown.value, filter.value));
  const waiting = useComputed(() => filterLog(list.waiting.value, filter.value).length);
  const showNew = (): void => {
    list.show();
    element.current?.focus(); // The button that was pressed is gone, and the focus must not go with it.
  };
  return (
    <div ref={element} tabIndex={-1} {...listeners}>
      {list.shown.value.length > 0 && (
        <HeldBar waiting={waiting.value} isOverrun={list.isOverrun.value} noun="line" onShow={showNew} />
      )}
      {shown.value.length === 0 ? (
        <NoLine held={list.shown.value.length} />
      ) : (
        <div
          class={shown.value.length <= SHORT_COUNT ? "log is-short" : "log"}
          role="region"
          aria-label="Lines of cluster.log, newest first"
          tabIndex={0}
        >
          <ol reversed>
            {shown.value.map((line) => (
              <Line key={line.id} line={line} />
            ))}
          </ol>
        </div>
      )}
      {list.shown.value.length > 0 && (
        <div class="foot">
          <span class="push">{`${count(shown.value.length)} of ${lines(list.shown.value.length)}`}</span>
        </div>
      )}
    </div>
  );
}

function lines(number: number): string {
  return number === 1 ? "1 line" : `${count(number)} lines`;
}

function Line({ line }: { line: ClusterLogLine }): JSX.Element {
  return (
    <li>
      <Moment ms={line.atMs} />
      <span class={`lvl ${line.level}`}>{line.level === "WARNING" ? "WARN" : line.level}</span>
      <span class="where clip">
        <VisibleText text={line.node} />
      </span>
      <span class="words">
        <VisibleText text={line.message} />
      </span>
    </li>
  );
}

function NoLine({ held }: { held: number }): JSX.Element {
  const { choose } = usePage();
  if (held === 0) {
    return (
      <Empty title="No line yet">
        <span>Each change of a node's state is one.</span>
      </Empty>
    );
  }
  return (
    <Empty title="No line matches these filters">
      <span>{`${lines(held)} without them.`}</span>
      <button
        type="button"
        class="btn"
        onClick={() => choose({ logNode: firstChoice.logNode, logLevel: "DEBUG", logQuery: firstChoice.logQuery })}
      >
        Clear filters
      </button>
    </Empty>
  );
}
