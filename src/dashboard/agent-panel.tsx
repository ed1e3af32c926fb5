/** The agents, worst first, a screen at a time: how many are in each state, filters, and the list. */
import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { AgentsAnswer } from "./agent-feed.ts";
import { AgentTable } from "./agent-table.tsx";
import { AGENTS_SHOWN, firstView, isFiltered, pathOf, rangeOf } from "./agent-view.ts";
import { AgentFilters, AgentStates } from "./agent-filter.tsx";
import { count } from "./format.ts";
import { HeldAgents } from "./held-agents.ts";
import { usePage } from "./page-context.tsx";
import { Empty, GreyRows, Panel } from "./panel.tsx";
import { useReading } from "./reading.tsx";
import { Moment } from "./word.tsx";

export function AgentPanel(): JSX.Element {
  const { agents, chosen } = usePage();
  const isAny = useComputed(() => (agents.answer.value?.reply.total ?? 0) > 0 || isFiltered(chosen.value)).value;
  return (
    <div id="agents">
      <Panel id="agents" title="Agents" actionsClass="logbar" {...(isAny ? { actions: <AgentFilters /> } : {})}>
        {isAny && <AgentStates />}
        <Rows />
        <Fault />
      </Panel>
      <Announcer />
    </div>
  );
}

function Rows(): JSX.Element {
  const { agents, shownMs } = usePage();
  const element = useRef<HTMLDivElement>(null);
  const { isReading, listeners } = useReading(element);
  const list = useMemo(() => new HeldAgents(agents.answer, isReading), [agents, isReading]);
  useEffect(() => () => list.dispose(), [list]);
  const answer = list.shown.value;
  if (answer === undefined) return agents.fault.value === "" ? <GreyRows count={4} /> : <NoAnswer />;
  const showNow = (): void => {
    list.show();
    element.current?.focus(); // The button that was pressed is gone, and the focus must not go with it.
  };
  const isBehind = list.isBehind.value;
  return (
    <div ref={element} tabIndex={-1} {...listeners}>
      {answer.reply.agents.length === 0 ? (
        <NoAgent answer={answer} />
      ) : (
        <>
          <Bar atMs={isBehind ? answer.atMs : undefined} onShow={showNow} />
          <AgentTable reply={answer.reply} nowMs={isBehind ? answer.atMs : Math.max(answer.atMs, shownMs.value)} />
          <Foot answer={answer} />
        </>
      )}
    </div>
  );
}

/** Its place is kept while the list is of now: what is being read must not move. */
function Bar({ atMs, onShow }: { atMs: number | undefined; onShow(): void }): JSX.Element {
  if (atMs === undefined) return <div class="newrows is-empty">Worst first. Nothing moves while you read.</div>;
  return (
    <div class="newrows">
      <button type="button" onClick={onShow}>
        As of <Moment ms={atMs} />, changed since. Show it as it is now
      </button>
    </div>
  );
}

function Foot({ answer: { reply } }: { answer: AgentsAnswer }): JSX.Element {
  const { choose } = usePage();
  const { from, matching, agents } = reply;
  const isFirst = from === 0;
  const isLast = from + agents.length >= matching;
  return (
    <div class="foot">
      <span>{`${rangeOf(reply, count)}.`}</span>
      {!(isFirst && isLast) && (
        <span class="push pages" role="group" aria-label="Screens of agents">
          <Turn word="First" isOff={isFirst} onTurn={() => choose({ agentFrom: 0 })} />
          <Turn
            word="Previous"
            isOff={isFirst}
            onTurn={() => choose({ agentFrom: Math.max(0, from - AGENTS_SHOWN) })}
          />
          <Turn word="Next" isOff={isLast} onTurn={() => choose({ agentFrom: from + AGENTS_SHOWN })} />
        </span>
      )}
    </div>
  );
}

/** At the end of the list it keeps the focus, which a button that is disabled would lose. */
function Turn({ word, isOff, onTurn }: { word: string; isOff: boolean; onTurn(): void }): JSX.Element {
  return (
    <button type="button" class="btn small" aria-disabled={isOff} onClick={() => !isOff && onTurn()}>
      {word}
    </button>
  );
}

function NoAgent({ answer: { reply } }: { answer: AgentsAnswer }): JSX.Element {
  const { choose } = usePage();
  if (reply.total === 0) {
    return (
      <Empty title="No agent yet">
        <span>
          One that enrols at any node stands here at once. By hand: <code>argus agents add NAME</code>
        </span>
      </Empty>
    );
  }
  return (
    <Empty title="No agent matches these filters">
      <span>{`${count(reply.total)} without them.`}</span>
      <button type="button" class="btn" onClick={() => choose(firstView)}>
        Clear filters
      </button>
    </Empty>
  );
}

function NoAnswer(): JSX.Element {
  const { agents } = usePage();
  return (
    <Empty title="The agents are not known">
      <span>{agents.fault.value}</span>
      <button type="button" class="btn" onClick={() => agents.askNow()}>
        Try again
      </button>
    </Empty>
  );
}

/** What is shown is older than it should be: of when it is, and why. Of a page that is stale the panel says it. */
function Fault(): JSX.Element | null {
  const { agents, isStale } = usePage();
  const answer = agents.answer.value;
  if (agents.fault.value === "" || answer === undefined || isStale.value) return null;
  return (
    <div class="foot">
      <span class="asof wraps">
        As of <Moment ms={answer.atMs} />. {agents.fault.value}
      </span>
      <button type="button" class="btn small push" onClick={() => agents.askNow()}>
        Try again
      </button>
    </div>
  );
}

/** Tells those who hear the page what their choice has found; what changes by itself is not told. */
function Announcer(): JSX.Element {
  const { agents, chosen } = usePage();
  const said = useSignal("");
  const told = useRef("");
  useSignalEffect(() => {
    const answer = agents.answer.value;
    if (answer === undefined || answer.path === told.current || answer.path !== pathOf(chosen.peek())) return;
    if (told.current !== "") said.value = `${rangeOf(answer.reply, count)}.`;
    told.current = answer.path;
  });
  return (
    <div class="vh" role="status" aria-live="polite">
      {said}
    </div>
  );
}
