/** What is said to an agent that is to restart or to connect anew (agent-protocol 3.3 and 3.5). Pure. */
import type { AgentRecord } from "../model/agent.ts";
import { parseAgentVersion, takesJsonResponse } from "../wire/agent-version.ts";
import { managerControl } from "../wire/control-message.ts";

/** The listener knows how each version is told; this is how a node is asked for it over the link. */
export const RECONNECT = managerControl({ kind: "force_reconnect" }).toString("latin1");

/** A character a byte. `node`: who asks for it, as the agent logs it. */
export function restartMessage(record: Pick<AgentRecord, "facts">, node: string, nowMs: number): string {
  const isJson = takesJsonResponse(parseAgentVersion(record.facts.version));
  const text = isJson ? restartJson(node) : `restart-ossec0 - - ${Math.floor(nowMs / 1_000)}.0 0 argus - -`;
  return managerControl({ kind: "execd", text }).toString("latin1");
}

/** A node's name holds none of the characters that agents of 4.2.0 to 4.2.4 cannot read in it. */
function restartJson(node: string): string {
  return JSON.stringify({
    version: 1,
    origin: { name: node, module: "argus" },
    command: "restart-wazuh0",
    parameters: { extra_args: [], alert: {} },
  });
}
