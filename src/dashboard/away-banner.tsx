/** Says that what is shown is not of now: since when, why, and when it is tried again. */
import type { JSX } from "preact";
import { Glyph } from "./glyph.tsx";
import { usePage } from "./page-context.tsx";
import type { Connection } from "./store.ts";
import { Moment } from "./word.tsx";

type Stale = Extract<Connection, { name: "stale" }>;

export function AwayBanner(): JSX.Element | null {
  const { store, connector } = usePage();
  const connection = store.connection.value;
  if (connection.name !== "stale") return null;
  const isKnown = store.status.value !== undefined;
  const isAlone = store.nodes.value.length < 2;
  return (
    <section class="banner" aria-label="Old figures">
      <Glyph mark="lagging" size={14} />
      <span>
        <b>
          {isKnown ? "Not live since " : "Not reached since "}
          <Moment ms={connection.sinceMs} />.
        </b>{" "}
        {adviceOf(connection, isAlone)} <NextTry connection={connection} />
      </span>
      <button type="button" class="btn small" onClick={() => connector.tryNow()}>
        Try now
      </button>
    </section>
  );
}

/** The verdict, below, says what happened; this is what it means for the reader. */
function adviceOf({ reason }: Stale, isAlone: boolean): string {
  switch (reason) {
    case "no_answer":
    case "silent":
      return isAlone ? "" : "Workers keep what they receive on their disks until the master is back.";
    case "too_many_streams":
      return "The master serves a few pages at a time: close one that you do not need.";
    case "hidden":
      return "A page that nobody looks at gives its place to others.";
  }
}

function NextTry({ connection }: { connection: Stale }): JSX.Element | null {
  const { store } = usePage();
  const { tries, nextTryMs } = connection;
  if (nextTryMs === undefined) return <>Reconnecting.</>;
  const seconds = Math.max(0, Math.ceil((nextTryMs - store.nowMs.value) / 1_000));
  return <>{`Reconnecting, try ${tries + 1} in ${seconds} s.`}</>;
}
