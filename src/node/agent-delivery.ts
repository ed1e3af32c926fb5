/** What another node, or an operator, has for an agent that this node holds. */
import type { AgentListener } from "../intake/agent-listener.ts";
import type { Delivery } from "../link/agent-needs.ts";
import { RECONNECT } from "./agent-order.ts";

type Spoken = Pick<AgentListener, "send" | "forceReconnect">;

const reasons = {
  not_here: "the agent is not connected to the node",
  too_long: "the message is longer than the agent can read",
  congested: "the agent does not read what it is sent",
  not_understood: "the agent's version cannot be told so",
};

/** `message`: a character a byte. */
export function deliverHere(listener: Spoken | undefined, id: string, message: string): Delivery {
  if (listener === undefined || message === "") return { isDelivered: false, text: reasons.not_here };
  const verdict =
    message === RECONNECT ? listener.forceReconnect(id) : listener.send(id, Buffer.from(message, "latin1"));
  if (verdict === "sent" || verdict === "closed") return { isDelivered: true, text: "" };
  return { isDelivered: false, text: reasons[verdict] };
}
