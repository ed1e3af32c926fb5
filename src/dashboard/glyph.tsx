/** Signs drawn in the colour of the words beside them. All are decoration: what they mean stands in words as well. */
import type { JSX } from "preact";
import type { NeedMark } from "./verdict.ts";

const triangle = <path d="M6 1 11.5 10.75H.5z" fill="currentColor" />;

/** A shape for each state, because colours alone do not tell them apart for everybody. */
const shapes: Record<NeedMark, JSX.Element> = {
  up: <circle cx="6" cy="6" r="4.5" fill="currentColor" />,
  syncing: (
    <>
      <circle cx="6" cy="6" r="4.25" fill="none" stroke="currentColor" stroke-width="1.5" />
      <path d="M6 1.75a4.25 4.25 0 0 1 0 8.5z" fill="currentColor" />
    </>
  ),
  lagging: triangle,
  down: (
    <path
      fill="currentColor"
      fill-rule="evenodd"
      d={
        "M1.5.75h9a.75.75 0 0 1 .75.75v9a.75.75 0 0 1-.75.75h-9a.75.75 0 0 1-.75-.75v-9a.75.75 0 0 1 .75-.75z" +
        "M3 4l2 2-2 2 1 1 2-2 2 2 1-1-2-2 2-2-1-1-2 2-2-2z"
      }
    />
  ),
  refused: (
    <>
      <circle cx="6" cy="6" r="4.5" fill="none" stroke="currentColor" stroke-width="1.75" />
      <path d="m2.8 9.2 6.4-6.4" stroke="currentColor" stroke-width="1.75" />
    </>
  ),
  expected: (
    <circle cx="6" cy="6" r="4.5" fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="2.1 1.43" />
  ),
  waiting: <path d="M1.75.75h8.5L7 6l3.25 5.25h-8.5L5 6z" fill="currentColor" />,
  lost: triangle,
  key: triangle,
  clock: triangle,
  behind: triangle,
  ruleset: triangle,
};

/** Of `size` pixels each way. */
export function Glyph({ mark, size = 12 }: { mark: NeedMark; size?: number }): JSX.Element {
  return (
    <svg class={`g ${mark}`} width={size} height={size} viewBox="0 0 12 12" aria-hidden="true">
      {shapes[mark]}
    </svg>
  );
}

export function Eye(): JSX.Element {
  return (
    <svg width="22" height="22" viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor">
      <path d="M1.5 12C4 7 7.6 4.5 12 4.5S20 7 22.5 12C20 17 16.4 19.5 12 19.5S4 17 1.5 12z" stroke-width="2" />
      <circle cx="12" cy="12" r="4" stroke-width="2" />
      <circle cx="12" cy="12" r="1.4" fill="currentColor" stroke="none" />
    </svg>
  );
}

const drawings = {
  copy: (
    <>
      <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
      <path d="M10.5 5.5v-2a1 1 0 0 0-1-1h-6a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h2" />
    </>
  ),
  done: <path d="m3 8.5 3.5 3.5L13 4.5" />,
  find: (
    <>
      <circle cx="7" cy="7" r="4.5" />
      <path d="m10.5 10.5 3.5 3.5" />
    </>
  ),
  theme: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="M8 2.5a5.5 5.5 0 0 1 0 11z" fill="currentColor" />
    </>
  ),
};

export function Icon({ name, size = 14 }: { name: keyof typeof drawings; size?: number }): JSX.Element {
  return (
    <svg
      class="i"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {drawings[name]}
    </svg>
  );
}
