/** One row of the node table; on a narrow screen one card, with what the columns said in a line. */
import type { JSX } from "preact";
import type { NodeInfo } from "../api/contract/reply.ts";
import { age, bareRate, bytes, clockOffset, count, fullCount, latency, rate, roughAge, UNKNOWN } from "./format.ts";
import { usePage } from "./page-context.tsx";
import { visibleString } from "./visible-text.ts";
import { Age, StateWord, VisibleText } from "./word.tsx";

interface RowProps {
  node: NodeInfo;
  isLast: boolean;
  /** There is no other node, and so no link. */
  isAlone: boolean;
  /** A row with more about the node follows. */
  isOpen: boolean;
}

export function NodeRow({ node, isLast, isAlone, isOpen }: RowProps): JSX.Element {
  return (
    <tr id={`node-${node.name}`} role="row" class={rowClass({ node, isLast, isAlone, isOpen })}>
      <td role="cell" class="wire">
        <Wire node={node} />
      </td>
      <td role="cell" class="k-st">
        <StateWord state={node.state} />
      </td>
      <td role="cell" class="k-nm nm">
        <Name node={node} />
      </td>
      <td role="cell" class="card-only k-l">
        <CardLine node={node} isAlone={isAlone} />
      </td>
      <td role="cell" class="wide-only">
        <Link node={node} isAlone={isAlone} />
      </td>
      <td role="cell" class="wide-only num">
        <Rates node={node} />
      </td>
      <td role="cell" class="wide-only">
        <Spool node={node} />
      </td>
      <td role="cell" class="wide-only num">
        {clockOf(node)}
      </td>
      <td role="cell" class="wide-only k-v clip" title={visibleString(node.version)}>
        {node.version === "" ? UNKNOWN : <VisibleText text={node.version} />}
      </td>
    </tr>
  );
}

function rowClass({ node, isLast, isAlone, isOpen }: RowProps): string {
  const place = isAlone ? "is-alone" : node.role === "master" ? "is-root" : isLast && !isOpen ? "is-last" : "";
  return `is-${node.state} ${isOpen ? "has-open" : ""} ${place}`;
}

/** Solid: linked. Dashed: linked and behind. Cut: no link. Dotted: not linked yet. */
function Wire({ node }: { node: NodeInfo }): JSX.Element {
  return (
    <svg width="22" height="12" viewBox="0 0 22 12" aria-hidden="true" fill="none" stroke-width="2">
      {node.role === "master" ? <circle cx="8" cy="6" r="4" class="f-accent" /> : <Branch state={node.state} />}
    </svg>
  );
}

function Branch({ state }: { state: NodeInfo["state"] }): JSX.Element {
  switch (state) {
    case "up":
    case "syncing":
      return <path d="M8 6H22" class="s-axis" />;
    case "lagging":
      return <path d="M8 6H22" class="s-lagging" stroke-dasharray="3 2" />;
    case "expected":
    case "waiting":
      return <path d="M8 6H22" class="s-axis" stroke-dasharray="1 3" />;
    case "down":
    case "refused":
      return <path d="M8 6h4M15.5 2l6 8m0-8-6 8" class="s-down" />;
  }
}

function Name({ node }: { node: NodeInfo }): JSX.Element {
  return (
    <>
      <b>
        <VisibleText text={node.name} />
      </b>
      <span class="sub mono">
        {node.address === "" ? "address not known" : <VisibleText text={node.address} />}
        {node.role === "master" && ", master"} {node.isHidden && <span class="tag">hidden</span>}
      </span>
    </>
  );
}

function Link({ node, isAlone }: { node: NodeInfo; isAlone: boolean }): JSX.Element {
  const { sinceMs, roundTripMs } = node.link;
  if (node.role === "master") return <>{isAlone ? UNKNOWN : "listening"}</>;
  if (sinceMs === null) {
    return (
      <>
        {linkWords[node.state] ?? "none"}
        <span class="sub">
          for <Age sinceMs={node.sinceMs} />
        </span>
      </>
    );
  }
  return (
    <>
      {latency(roundTripMs)}
      <span class="sub">
        up <Age sinceMs={sinceMs} />
      </span>
    </>
  );
}

const linkWords: Partial<Record<NodeInfo["state"], string>> = {
  down: "broken",
  refused: "refused",
  waiting: "none yet",
  expected: "none yet",
};

function Rates({ node }: { node: NodeInfo }): JSX.Element {
  if (!isLinked(node)) return <>{UNKNOWN}</>;
  return (
    <>
      {bareRate(node.eventsPerSecond)}
      {isOutTold(node) && <span class="sub">{rate(node.eventsOutPerSecond)} out</span>}
    </>
  );
}

/** Of a node that is not in touch nobody knows what time it has. */
function clockOf(node: NodeInfo): string {
  if (node.role === "master") return "reference";
  return isLinked(node) ? clockOffset(node.clockOffsetMs) : UNKNOWN;
}

function isLinked({ state }: NodeInfo): boolean {
  return state === "up" || state === "syncing" || state === "lagging";
}

/** What goes out is told where it is not what comes in. Measured at different moments, the two are never equal. */
function isOutTold({ role, eventsPerSecond, eventsOutPerSecond }: NodeInfo): boolean {
  const difference = Math.abs(eventsPerSecond - eventsOutPerSecond);
  return role === "worker" && difference > Math.max(5, 0.2 * Math.max(eventsPerSecond, eventsOutPerSecond));
}

const BAR_WIDTH = 46;

const WAIT_MS_MIN = 3_000;

function Spool({ node }: { node: NodeInfo }): JSX.Element {
  const { spool } = node;
  if (spool === null) return <>{UNKNOWN}</>;
  // Bytes that are acknowledged are given back later; a spool without events is empty.
  const share = spool.events > 0 && spool.bytesMax > 0 ? Math.min(1, spool.bytes / spool.bytesMax) : 0;
  const tone = node.state === "down" || spool.isFull ? "down" : node.state === "lagging" ? "lagging" : "accent";
  const limit = spool.bytesMax > 0 ? bytes(spool.bytesMax) : "an unknown limit";
  const title = `${fullCount(spool.events)} events, ${bytes(spool.bytes)} of ${limit}`;
  return (
    <span class="spool" title={title}>
      <svg viewBox={`0 0 ${BAR_WIDTH} 6`} aria-hidden="true">
        <rect class="f-well" width={BAR_WIDTH} height="6" rx="3" />
        {share > 0 && <rect class={`f-${tone}`} width={Math.max(3, BAR_WIDTH * share)} height="6" rx="3" />}
      </svg>
      <span>
        {spool.events === 0 ? "empty" : count(spool.events)}
        {spool.isFull && <b class="down"> full</b>}
        <SpoolAge node={node} />
      </span>
    </span>
  );
}

function SpoolAge({ node }: { node: NodeInfo }): JSX.Element | null {
  const { shownMs } = usePage();
  if (node.spool === null) return null;
  if (node.state === "down") return <span class="sub">when last seen</span>;
  const { oldestMs, drainMs } = node.spool;
  if (oldestMs === null) return null;
  const waitsMs = shownMs.value - oldestMs;
  // Less is the time that an event travels, and the page is told of it too late to say how long that is.
  if (waitsMs < WAIT_MS_MIN && drainMs === null) return null;
  return (
    <span class="sub">
      {age(Math.max(0, waitsMs))}
      {drainMs !== null && drainMs >= 1_000 && `, empty in ${roughAge(drainMs)}`}
    </span>
  );
}

/** All columns in one line. */
function CardLine({ node, isAlone }: { node: NodeInfo; isAlone: boolean }): JSX.Element {
  if (node.role === "master") {
    return (
      <>{[rate(node.eventsPerSecond), isAlone ? "" : "link listening", versionOf(node)].filter(Boolean).join(", ")}</>
    );
  }
  if (!isLinked(node)) {
    return (
      <>
        For <Age sinceMs={node.sinceMs} />
      </>
    );
  }
  return (
    <>
      <CardSpool node={node} />
      {rate(node.eventsPerSecond)} in{isOutTold(node) && `, ${rate(node.eventsOutPerSecond)} out`}, link{" "}
      {latency(node.link.roundTripMs)}
      {node.link.sinceMs !== null && (
        <>
          {" "}
          up <Age sinceMs={node.link.sinceMs} />
        </>
      )}
      , clock {clockOffset(node.clockOffsetMs)}
      {versionOf(node) !== "" && `, ${versionOf(node)}`}
    </>
  );
}

function CardSpool({ node }: { node: NodeInfo }): JSX.Element | null {
  const { spool } = node;
  if (spool === null || spool.events === 0) return <>Spool empty. </>;
  return (
    <>
      {count(spool.events)} events in spool{spool.isFull && ", which is full"}
      {spool.oldestMs !== null && node.state === "lagging" && (
        <>
          , the oldest for <Age sinceMs={spool.oldestMs} />
        </>
      )}
      {spool.drainMs !== null && spool.drainMs >= 1_000 && `, empty in ${roughAge(spool.drainMs)}`}.{" "}
    </>
  );
}

function versionOf({ version }: NodeInfo): string {
  return version === "" ? "" : `version ${version}`;
}
