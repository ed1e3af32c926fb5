/** The rows of agents; on a narrow screen cards. What agents call themselves is only ever text. */
import type { JSX } from "preact";
import type { AgentRow, AgentsOverviewReply } from "../api/contract/agent-overview.ts";
import { agentWords, groupsText, reasonOf, type AgentState } from "./agent-view.ts";
import { roughAge, UNKNOWN, utcOf } from "./format.ts";
import { Glyph } from "./glyph.tsx";
import type { NodeState } from "./node-order.ts";
import { visibleString } from "./visible-text.ts";
import { Moment, VisibleText } from "./word.tsx";

/** The shapes and colours of node states, which a reader knows: what is away, on its way, not there yet, well. */
export const agentMarks: Readonly<Record<AgentState, NodeState>> = {
  ...({ disconnected: "down", pending: "syncing", never_connected: "expected", active: "up" } as const),
};

const heads = [
  { word: "Agent", class: "c-name" },
  { word: "State", class: "c-st" },
  { word: "Node", class: "c-node" },
  { word: "Last seen", class: "c-seen num" },
  { word: "Version", class: "c-version" },
  { word: "Groups", class: "c-groups" },
  { word: "Address", class: "c-address" },
];

interface TableProps {
  reply: AgentsOverviewReply;
  /** The moment that ages are of. */
  nowMs: number;
}

export function AgentTable({ reply: { agents, from, matching }, nowMs }: TableProps): JSX.Element {
  return (
    <table class="t agents cards" role="table" aria-label="Agents, worst first" aria-rowcount={matching + 1}>
      <thead role="rowgroup">
        <tr role="row" aria-rowindex={1}>
          {heads.map((head) => (
            <th key={head.word} role="columnheader" class={head.class}>
              {head.word}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {agents.map((agent, index) => (
          <Row key={agent.id} agent={agent} position={from + index + 2} nowMs={nowMs} />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  agent: AgentRow;
  /** Counted from 1, the heading among them. */
  position: number;
  nowMs: number;
}

function Row({ agent, position, nowMs }: RowProps): JSX.Element {
  const { name, id, node, version } = agent;
  const groups = groupsText(agent);
  return (
    <tr role="row" aria-rowindex={position} class={`is-${agent.state}`}>
      <td role="cell" class="k-nm" title={`${visibleString(name)} ${id}`}>
        <b>
          <VisibleText text={name} />
        </b>{" "}
        <span class="faint">
          <VisibleText text={id} />
        </span>
      </td>
      <td role="cell" class="k-st">
        <State agent={agent} />
      </td>
      <td role="cell" class="wide-only clip" title={visibleString(node)}>
        {node === "" ? UNKNOWN : <VisibleText text={node} />}
      </td>
      <td role="cell" class="wide-only num">
        <Seen lastSeenMs={agent.lastSeenMs} nowMs={nowMs} never="never" />
      </td>
      <td role="cell" class="wide-only clip" title={visibleString(version)}>
        {version === "" ? UNKNOWN : <VisibleText text={version} />}
      </td>
      <td role="cell" class="wide-only clip" title={visibleString(groups)}>
        {groups === "" ? UNKNOWN : <VisibleText text={groups} />}
      </td>
      <td role="cell" class="wide-only k-ad mono clip" title={visibleString(addressOf(agent))}>
        <VisibleText text={addressOf(agent)} />
      </td>
      <td role="cell" class="card-only k-l">
        <CardLine agent={agent} nowMs={nowMs} />
      </td>
    </tr>
  );
}

/** Where it connected from last; of one that never did, where it may come from. */
function addressOf({ peerAddress, address }: AgentRow): string {
  return peerAddress === "" ? address : peerAddress;
}

/** An active agent whose node is down is not known to be well, and does not look so. */
function State({ agent }: { agent: AgentRow }): JSX.Element {
  const { state } = agent;
  const isUnheard = state === "active" && reasonOf(agent) === "node_down";
  const mark = isUnheard ? "lagging" : agentMarks[state];
  return (
    <>
      <span class={`st ${mark}`}>
        <Glyph mark={mark} />
        {agentWords[state]}
      </span>{" "}
      <Reason agent={agent} />
    </>
  );
}

function Reason({ agent }: { agent: AgentRow }): JSX.Element | null {
  const reason = reasonOf(agent);
  switch (reason) {
    case "":
      return null;
    case "node_down":
      return (
        <span class="why">
          node DOWN since <Moment ms={agent.nodeDownSinceMs ?? Number.NaN} />
        </span>
      );
    case "shut_down":
      return <span class="why">was shut down</span>;
    case "files_old":
      return <span class="why">has old files of its groups</span>;
  }
}

function Seen({ lastSeenMs, nowMs, never }: { lastSeenMs: number; nowMs: number; never: string }): JSX.Element {
  if (lastSeenMs <= 0) return <>{never}</>;
  const utc = utcOf(lastSeenMs);
  return (
    <time dateTime={utc} title={utc}>
      {roughAge(Math.max(0, nowMs - lastSeenMs))}
    </time>
  );
}

/** All columns in two lines. */
function CardLine({ agent, nowMs }: { agent: AgentRow; nowMs: number }): JSX.Element {
  const { node, version, lastSeenMs } = agent;
  const groups = groupsText(agent);
  return (
    <>
      {reasonOf(agent) !== "" && (
        <>
          <Reason agent={agent} />
          <br />
        </>
      )}
      {lastSeenMs > 0 && "Seen "}
      <Seen lastSeenMs={lastSeenMs} nowMs={nowMs} never="Never seen" />
      {lastSeenMs > 0 && " ago"}
      {node !== "" && (
        <>
          {", node "}
          <VisibleText text={node} />
        </>
      )}
      {", "}
      <VisibleText text={addressOf(agent)} />
      <br />
      {version === "" ? "Version not known" : <VisibleText text={version} />}
      {groups !== "" && (
        <>
          {", in "}
          <VisibleText text={groups} />
        </>
      )}
    </>
  );
}
