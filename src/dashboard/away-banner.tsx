/**
 * What stands above all else: that what is shown is not of now, since when, why, and when it is tried again; and that
 * the page itself is not of now.
 */
import { useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { timeOf } from "./format.ts";
import { Glyph } from "./glyph.tsx";
import { usePage } from "./page-context.tsx";
import type { Connection } from "./store.ts";
import { Moment, VisibleText } from "./word.tsx";

type Stale = Extract<Connection, { name: "stale" }>;

export function AwayBanner(): JSX.Element | null {
  const { store, connector, toldConnection } = usePage();
  const connection = toldConnection.value;
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

/** Tells those who hear the page that it is old, and when it is of now again; each once. */
export function AwayStatus(): JSX.Element {
  const { toldConnection, todayMs } = usePage();
  const said = useSignal("");
  const wasStale = useRef(false);
  useSignalEffect(() => {
    const connection = toldConnection.value;
    const isStale = connection.name === "stale";
    if (isStale === wasStale.current) return;
    wasStale.current = isStale;
    said.value = isStale ? `Stale: what is shown is of ${timeOf(connection.sinceMs, todayMs.peek())}.` : "Live again.";
  });
  return (
    <div class="vh" role="status" aria-live="polite">
      {said}
    </div>
  );
}

/** After an upgrade of the master the page would go on with the scripts of before. */
export function VersionBanner(): JSX.Element | null {
  const { store, browser } = usePage();
  const first = useRef<string | undefined>(undefined);
  const version = store.status.value?.version;
  first.current ??= version;
  if (version === first.current || version === undefined) return null;
  return (
    <section class="banner" aria-label="Another version">
      <Glyph mark="syncing" size={14} />
      <span>
        <b>
          The master runs Argus <VisibleText text={version} /> now.
        </b>{" "}
        This page is of <VisibleText text={first.current ?? ""} />.
      </span>
      <button type="button" class="btn small" onClick={() => browser.reload()}>
        Load it anew
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
