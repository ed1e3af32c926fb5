/** Is it well? In a sentence, and below it what needs somebody, worst first. */
import type { JSX } from "preact";
import { count } from "./format.ts";
import { Glyph } from "./glyph.tsx";
import { usePage } from "./page-context.tsx";
import { moreOf, UNWELL_COUNT, verdictOf, type Need } from "./verdict.ts";
import { VisibleText } from "./word.tsx";

export function VerdictHead(): JSX.Element {
  const { store, agents, toldConnection, shownMs } = usePage();
  const status = store.status.value;
  const nodes = store.nodes.value;
  const connection = toldConnection.value;
  const agentCount = agents.answer.value?.reply.total ?? 0;
  // Of a stale page the verdict says when it was, and needs to know which day is today.
  const nowMs = connection.name === "stale" ? store.nowMs.value : shownMs.value;
  const verdict = verdictOf({ status, nodes, connection, nowMs });
  return (
    <>
      <section class="verdict" aria-label="Verdict">
        <div>
          <h1>
            <VisibleText text={verdict.headline} />
          </h1>
          <p>
            <VisibleText text={verdict.detail} />
          </p>
        </div>
        {status !== undefined && (
          <p class="whose">
            <VisibleText text={status.cluster === "" ? status.node : status.cluster} />
            {nodes.length > 1 && `, ${nodes.length} nodes`}
            {agentCount > 0 && (
              <>
                , <a href="#agents">{agentCount === 1 ? "1 agent" : `${count(agentCount)} agents`}</a>
              </>
            )}
          </p>
        )}
      </section>
      {verdict.needs.length > 0 && <Needs needs={verdict.needs} />}
    </>
  );
}

function Needs({ needs }: { needs: readonly Need[] }): JSX.Element {
  const { isAllShown } = usePage();
  const shown = isAllShown.value ? needs : needs.slice(0, UNWELL_COUNT);
  return (
    <ul class="panel todo" aria-label="What needs you">
      {shown.map((need) => (
        <NeedLine key={`${need.word} ${need.subject}`} need={need} />
      ))}
      {needs.length > UNWELL_COUNT && (
        <li class="more">
          <FoldButton text={moreOf(needs.slice(UNWELL_COUNT))} />
        </li>
      )}
    </ul>
  );
}

/** Opens and folds what is not well besides the worst few, here and in the node table: every link finds its row. */
export function FoldButton({ text }: { text: string }): JSX.Element {
  const { isAllShown } = usePage();
  return (
    <button
      type="button"
      class="fold"
      aria-expanded={isAllShown}
      onClick={() => (isAllShown.value = !isAllShown.value)}
    >
      {isAllShown.value ? "Show the worst alone" : text}
    </button>
  );
}

function wordOf({ mark }: Need): string {
  if (mark === "lagging") return "See spool";
  return mark === "down" || mark === "refused" || mark === "waiting" || mark === "expected" ? "What to do" : "See node";
}

function NeedLine({ need }: { need: Need }): JSX.Element {
  return (
    <li>
      <span class={`st ${need.mark}`}>
        <Glyph mark={need.mark} />
        {need.word}
      </span>
      <span class="what">
        {need.subject !== "" && (
          <>
            <b>
              <VisibleText text={need.subject} />
            </b>{" "}
          </>
        )}
        <VisibleText text={need.text} />
      </span>
      {need.target !== "" && (
        <a class="btn small" href={need.target}>
          {need.target.startsWith("#node-") ? wordOf(need) : "See figures"}
          <span class="vh">
            {" "}
            <VisibleText text={need.subject} />
          </span>
        </a>
      )}
    </li>
  );
}
