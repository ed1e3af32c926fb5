/** The nodes. The table is the topology: the line in its first column is the link, which no star shows for fifty. */
import { useComputed, useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import type { NodeInfo } from "../api/contract/reply.ts";
import { count } from "./format.ts";
import { hasDetail, NodeDetail } from "./node-detail.tsx";
import { countsOf, nodeStates, worstFirst } from "./node-order.ts";
import { NodeRow } from "./node-row.tsx";
import { usePage } from "./page-context.tsx";
import { GreyRows, Panel } from "./panel.tsx";
import { FoldButton } from "./verdict-head.tsx";
import { CLOCK_OFFSET_MS_MAX, moreOf, UNWELL_COUNT } from "./verdict.ts";

const heads = [
  { word: "Link", class: "wire", isHidden: true },
  { word: "State", class: "" },
  { word: "Node", class: "" },
  { word: "Link", class: "" },
  { word: "Events/s", class: "num" },
  { word: "Spool", class: "" },
  { word: "Clock", class: "num" },
  { word: "Version", class: "" },
];

/** So many rows at first. Nodes that are linked and not well are shown however many they are: each is one line. */
const ROWS_COUNT = 16;

export function NodeTable(): JSX.Element {
  const { store, isAllShown } = usePage();
  const isAll = useSignal(false);
  // The lines of the topology hang from the master, so it stands on top; below it, worst first.
  const nodes = useComputed(() => {
    const ordered = worstFirst(store.nodes.value);
    return [...ordered.filter(({ role }) => role === "master"), ...ordered.filter(({ role }) => role !== "master")];
  }).value;
  // Those that are not linked are told of at length: the worst few, until the reader asks for all.
  const folded = nodes.filter(hasDetail).slice(UNWELL_COUNT);
  const rows = isAllShown.value ? nodes : nodes.filter((node) => !folded.includes(node));
  const shown = isAll.value ? rows : rows.filter((node, index) => index < ROWS_COUNT || !isWell(node));
  const isCut = isAll.value || shown.length < rows.length;
  return (
    <div id="nodes">
      <Panel id="nodes" title={nodes.length === 1 ? "Node" : "Nodes"} aside={<Tally nodes={nodes} />}>
        {nodes.length === 0 ? (
          <GreyRows count={3} />
        ) : (
          <Table nodes={shown} folded={folded} isAlone={nodes.length === 1} />
        )}
        {isCut && (
          <div class="foot">
            <span>
              {isAll.value ? `All ${count(nodes.length)}.` : `${count(rows.length - shown.length)} more are well.`}
            </span>
            <button type="button" class="btn small push" onClick={() => (isAll.value = !isAll.value)}>
              {isAll.value ? "Show fewer" : `Show all ${count(nodes.length)}`}
            </button>
          </div>
        )}
      </Panel>
    </div>
  );
}

/** What is not well is among what needs somebody, and the link there has to find its row. */
function isWell({ state, spool, clockOffsetMs }: NodeInfo): boolean {
  return state === "up" && spool?.isFull !== true && Math.abs(clockOffsetMs ?? 0) < CLOCK_OFFSET_MS_MAX;
}

interface TableProps {
  nodes: readonly NodeInfo[];
  /** Of them, or else besides them, those that the reader may fold and open. */
  folded: readonly NodeInfo[];
  isAlone: boolean;
}

function Table({ nodes, folded, isAlone }: TableProps): JSX.Element {
  const lastOpen = nodes.findLastIndex(hasDetail);
  return (
    <table class="t nodes cards" role="table" aria-label="Nodes, the master first, then worst first">
      <thead role="rowgroup">
        <tr role="row">
          {heads.map((head, index) => (
            <th key={index} role="columnheader" class={head.class}>
              {head.isHidden === true ? <span class="vh">{head.word}</span> : head.word}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {nodes.map((node, index) => (
          <NodeRows key={node.name} node={node} isLast={index === nodes.length - 1} isAlone={isAlone}>
            {index === lastOpen && folded.length > 0 && <FoldRow folded={folded} />}
          </NodeRows>
        ))}
      </tbody>
    </table>
  );
}

function FoldRow({ folded }: { folded: readonly NodeInfo[] }): JSX.Element {
  return (
    <tr role="row" class="more">
      <td role="cell" colSpan={heads.length}>
        <FoldButton text={moreOf(folded.map(({ state }) => ({ word: state.toUpperCase() })))} />
      </td>
    </tr>
  );
}

interface RowsProps {
  node: NodeInfo;
  isLast: boolean;
  isAlone: boolean;
  /** A row that follows. */
  children: ComponentChildren;
}

function NodeRows({ node, isLast, isAlone, children }: RowsProps): JSX.Element {
  const isOpen = hasDetail(node);
  return (
    <>
      <NodeRow node={node} isLast={isLast} isAlone={isAlone} isOpen={isOpen} />
      {isOpen && (
        <tr role="row" class={`open is-${node.state} ${isLast ? "is-last" : ""}`}>
          <td role="cell" colSpan={heads.length}>
            <NodeDetail node={node} />
          </td>
        </tr>
      )}
      {children}
    </>
  );
}

function Tally({ nodes }: { nodes: readonly NodeInfo[] }): JSX.Element | null {
  if (nodes.length < 2) return null;
  const counts = countsOf(nodes);
  const words = nodeStates
    .filter((state) => counts[state] > 0)
    .map((state) => `${count(counts[state])} ${state.toUpperCase()}`);
  return <span class="faint">{words.join(", ")}</span>;
}
