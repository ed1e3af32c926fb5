/** What stands above a list that is held while it is read: how much is new, and the way to it. */
import type { JSX } from "preact";
import { count } from "./format.ts";

interface HeldBarProps {
  /** How many are new. */
  waiting: number;
  /** There may be more than these. */
  isOverrun: boolean;
  /** `alert`, `line`. */
  noun: string;
  onShow(): void;
}

/** Its place is kept while nothing waits: what is being read must not move when something comes. */
export function HeldBar({ waiting, isOverrun, noun, onShow }: HeldBarProps): JSX.Element {
  if (waiting === 0) return <div class="newrows is-empty">Newest first. Nothing moves while you read.</div>;
  const words = waiting === 1 && !isOverrun ? `1 new ${noun}` : `${count(waiting)}${orMore(isOverrun)} new ${noun}s`;
  return (
    <div class="newrows">
      <button type="button" onClick={onShow}>
        {`${words}. Show ${waiting === 1 && !isOverrun ? "it" : "the newest"}`}
      </button>
    </div>
  );
}

function orMore(isOverrun: boolean): string {
  return isOverrun ? " or more" : "";
}
