/** What is said of a node that is not linked: since when, what it costs, why, and what to do. */
import type { ComponentChildren, JSX } from "preact";
import type { NodeInfo } from "../api/contract/reply.ts";
import { CopyButton } from "./copy-button.tsx";
import { bytes, count } from "./format.ts";
import { Age, Moment, VisibleText } from "./word.tsx";

export function hasDetail({ state }: NodeInfo): boolean {
  return state === "down" || state === "refused" || state === "waiting" || state === "expected";
}

export function NodeDetail({ node }: { node: NodeInfo }): JSX.Element {
  const advice = adviceOf(node);
  return (
    <>
      <dl>
        <Fact name={sinceWords[node.state] ?? "Since"}>
          <Moment ms={node.sinceMs} />, <Age sinceMs={node.sinceMs} /> ago
        </Fact>
        {node.spool !== null && (
          <Fact name="Its spool when last seen">
            {node.spool.events === 0
              ? "empty"
              : `${count(node.spool.events)} events, ${bytes(node.spool.bytes)}; sent when it returns`}
          </Fact>
        )}
        <Fact name="Why">
          <VisibleText text={reasonOf(node)} />
        </Fact>
      </dl>
      <div class="do">
        <p>
          <VisibleText text={advice.text} />
        </p>
        {advice.command !== "" && (
          <span class="cmd">
            <code>{advice.command}</code>
            <CopyButton what="the command" text={advice.command} />
          </span>
        )}
      </div>
    </>
  );
}

const sinceWords: Partial<Record<NodeInfo["state"], string>> = {
  down: "Last heard",
  refused: "Refused since",
  waiting: "Waiting since",
  expected: "Expected since",
};

function Fact({ name, children }: { name: string; children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function reasonOf({ state, note, lastRefusal }: NodeInfo): string {
  const known = state === "refused" ? [lastRefusal, note] : [note, lastRefusal === "" ? "" : `refused: ${lastRefusal}`];
  const said = known.filter((text) => text !== "").join("; ");
  if (said !== "") return said;
  return state === "expected" ? "cluster.conf lists it, and it has not come yet" : "not known";
}

/** Commands are ours alone: nothing that a node has said of itself is offered to be pasted into a shell. */
function adviceOf({ name, state, address }: NodeInfo): { text: string; command: string } {
  switch (state) {
    case "waiting":
      return {
        text: "cluster.log, below, has the line to add to etc/nodes.keys. Compare the key with the node's own first.",
        command: "",
      };
    case "refused":
      return {
        text: "docs/operating/recover.md says for each reason what to do. On the master:",
        command: "argus cluster nodes",
      };
    case "expected":
      return { text: `Start Argus on the machine of ${name}:`, command: "systemctl start argus" };
    default:
      if (address.startsWith("127.")) {
        return {
          text: "It is on this machine; argus up starts a node again when it ends. See whether it runs, and where:",
          // Also those that were started as `argus node`, by npx or with options before the word.
          command: "pgrep -af 'argus(\\.js)? (.+ )?node'",
        };
      }
      return {
        text: `On the machine of ${name}, see whether Argus runs and what it said last:`,
        command: "systemctl status argus; journalctl -u argus -n 50",
      };
  }
}
