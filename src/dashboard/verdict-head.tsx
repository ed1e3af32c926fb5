/** Is it well? In a sentence, and below it what needs somebody, worst first. */
import type { JSX } from "preact";
import { Glyph } from "./glyph.tsx";
import { usePage } from "./page-context.tsx";
import { verdictOf, type Need } from "./verdict.ts";
import { VisibleText } from "./word.tsx";

export function VerdictHead(): JSX.Element {
  const { store } = usePage();
  const status = store.status.value;
  const nodes = store.nodes.value;
  const connection = store.connection.value;
  const verdict = verdictOf({ status, nodes, connection, nowMs: store.nowMs.value });
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
          </p>
        )}
      </section>
      {verdict.needs.length > 0 && (
        <ul class="panel todo" aria-label="What needs you">
          {verdict.needs.map((need) => (
            <NeedLine key={`${need.mark} ${need.subject}`} need={need} />
          ))}
        </ul>
      )}
    </>
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
