/** Small words: texts of strangers, moments, ages, levels and states. */
import type { JSX } from "preact";
import type { NodeInfo } from "../api/contract/reply.ts";
import { age, timeOf, utcOf } from "./format.ts";
import { Glyph } from "./glyph.tsx";
import { usePage } from "./page-context.tsx";
import { bandOf } from "./severity.ts";
import { visibleText } from "./visible-text.ts";

/** A text that somebody else has written: as text, with every character that hides or turns others written out. */
export function VisibleText({ text }: { text: string }): JSX.Element {
  return <>{visibleText(text).map((piece) => (piece.isEscape ? <span class="esc">{piece.text}</span> : piece.text))}</>;
}

export function Moment({ ms }: { ms: number }): JSX.Element {
  const { todayMs } = usePage();
  const utc = utcOf(ms);
  return (
    <time dateTime={utc} title={utc}>
      {timeOf(ms, todayMs.value)}
    </time>
  );
}

/** How long ago, and going on while the master says so: of a stale page every age is of when it was last heard. */
export function Age({ sinceMs }: { sinceMs: number }): JSX.Element {
  return <>{age(Math.max(0, usePage().shownMs.value - sinceMs))}</>;
}

export function LevelBadge({ level }: { level: number }): JSX.Element {
  const band = bandOf(level);
  return (
    <span class={`lv ${band}`}>
      <span class="vh">{band}, level </span>
      {level}
    </span>
  );
}

export function StateWord({ state }: { state: NodeInfo["state"] }): JSX.Element {
  return (
    <span class={`st ${state}`}>
      <Glyph mark={state} />
      {state.toUpperCase()}
    </span>
  );
}
