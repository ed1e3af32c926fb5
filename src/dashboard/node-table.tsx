/** The nodes. The table is the topology: the line in its first column is the link, which a star cannot show for fifty. */
import { useComputed } from "@preact/signals";
import type { JSX } from "preact";
import type { NodeInfo } from "../api/contract/reply.ts";
import { count } from "./format.ts";
import { hasDetail, NodeDetail } from "./node-detail.tsx";
import { countsOf, nodeStates, worstFirst } from "./node-order.ts";
import { NodeRow } from "./node-row.tsx";
import { usePage } from "./page-context.tsx";
import { GreyRows, Panel } from "./panel.tsx";

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

export function NodeTable(): JSX.Element {
  const { store } = usePage();
  // The lines of the topology hang from the master, so it stands on top; below it, worst first.
  const nodes = useComputed(() => {
    const ordered = worstFirst(store.nodes.value);
    return [...ordered.filter(({ role }) => role === "master"), ...ordered.filter(({ role }) => role !== "master")];
  }).value;
  return (
    <div id="nodes">
      <Panel id="nodes" title={nodes.length === 1 ? "Node" : "Nodes"} aside={<Tally nodes={nodes} />}>
        {nodes.length === 0 ? (
          <GreyRows count={3} />
        ) : (
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
                <NodeRows
                  key={node.name}
                  node={node}
                  isLast={index === nodes.length - 1}
                  isAlone={nodes.length === 1}
                />
              ))}
            </tbody>
          </table>
        )}
      </Panel>
    </div>
  );
}

interface RowsProps {
  node: NodeInfo;
  isLast: boolean;
  isAlone: boolean;
}

function NodeRows({ node, isLast, isAlone }: RowsProps): JSX.Element {
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
