/** A machine that becomes an agent: it asks for a key over TLS as agents do, and is then an agent of `sim-agent.ts`. */
import { connect } from "node:tls";
import { noFacts, type AgentRegistration } from "../../src/model/agent.ts";
import { readReply, requestText, type ReadReply, type WrittenRequest } from "../../src/wire/enrolment.ts";
import type { Dialect } from "../../src/wire/secure-message.ts";
import { SimAgent } from "./sim-agent.ts";

/** The whole answer. Agents do not verify the manager's certificate unless they are told to. */
export function askToEnrol(host: string, request: WrittenRequest, port = 1_515): Promise<ReadReply> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, rejectUnauthorized: false }, () => socket.write(requestText(request)));
    let text = "";
    socket.setEncoding("utf8").on("data", (piece: string) => (text += piece));
    socket.once("error", reject).once("end", () => resolve(readReply(text)));
  });
}

/** The line of client.keys that it was given; rejects with the reason where there is none. */
export async function enrolAt(host: string, request: WrittenRequest): Promise<AgentRegistration> {
  const reply = await askToEnrol(host, request);
  if (reply.kind === "enrolled") return reply.registration;
  throw new Error(JSON.stringify(reply));
}

export function agentWith(registration: AgentRegistration, dialect: Dialect): SimAgent {
  const agent = new SimAgent({ ...registration, counterFloor: 0, connection: "", facts: noFacts }, dialect);
  // As an agent that has been at work before: what it counts grows from start to start.
  agent.counter = { global: Math.floor(Date.now() / 1_000), local: 0 };
  return agent;
}
