/**
 * The events that a master raises of its own: they go through its intake and its journal like everybody else's, and the
 * shipped ruleset (`ruleset/rules`, decoder `argus`) makes alerts of them. Their texts are what those rules match.
 */
import type { EventSink } from "../collect/needs.ts";
import type { AgentRecord } from "../model/agent.ts";
import type { Source } from "../model/event.ts";
import type { AgentEvents } from "../registry/needs.ts";

const source: Source = { queue: "1", agentId: "000", agentName: "", agentIp: "", location: "argus-cluster" };
/** What Wazuh's managers call the part that watches agents (agent-protocol 5.2); rules may name it. */
const agentsSource: Source = { ...source, location: "wazuh-monitord" };

/** Names and reasons of strangers are quoted in texts; an event is one line of bounded length. */
const quotedLengthMax = 256;

function quoted(text: string): string {
  return text.slice(0, quotedLengthMax).replace(/[\u0000-\u001f\u007f']/g, "?");
}

/** As Wazuh's managers name an agent in their events. */
function named({ name, address }: AgentRecord): string {
  return `${quoted(name)}-${quoted(address.split("/")[0] ?? "")}`;
}

export class OwnEvents implements AgentEvents {
  readonly #sink: EventSink;

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  managerStarted(): void {
    this.#raise("ossec: Manager started.");
  }

  nodeUp(node: string, address: string): void {
    this.#raise(`argus: Node '${quoted(node)}' is up (${quoted(address)}).`);
  }

  nodeDown(node: string, reason: string): void {
    this.#raise(`argus: Node '${quoted(node)}' is down (${quoted(reason)}).`);
  }

  nodeRefused(node: string, reason: string): void {
    this.#raise(`argus: Node '${quoted(node)}' was refused (${quoted(reason)}).`);
  }

  hole(node: string, count: number, reason: string): void {
    this.#raise(`argus: Hole of ${count} events from node '${quoted(node)}' (${quoted(reason)}).`);
  }

  spoolFilling(node: string, percent: number): void {
    this.#raise(`argus: Spool of node '${quoted(node)}' is ${percent} % full.`);
  }

  rolledBack(node: string): void {
    this.#raise(`argus: Node '${quoted(node)}' was rolled back.`);
  }

  journalCut(node: string): void {
    this.#raise(`argus: Node '${quoted(node)}' was started with less journal than it had analysed.`);
  }

  /** `part`: `rule 5715`, `decoder sshd (FILE:LINE)`. */
  quarantined(part: string, position: number): void {
    this.#raise(`argus: Quarantine of '${quoted(part)}' from position ${position} on.`);
  }

  poisoned(node: string, position: number): void {
    this.#raise(`argus: Poison: an event of node '${quoted(node)}' at position ${position} is not analysed.`);
  }

  released(part: string): void {
    this.#raise(`argus: Release of '${quoted(part)}' from quarantine.`);
  }

  agentDisconnected(agent: AgentRecord): void {
    this.#raise(`ossec: Agent disconnected: '${named(agent)}'.`, agentsSource);
  }

  agentRemoved(agent: AgentRecord): void {
    this.#raise(`ossec: Agent removed: '${named(agent)}'.`, agentsSource);
  }

  agentContested({ id, name }: AgentRecord, [one, other]: readonly [string, string]): void {
    this.#raise(`argus: Agent ${id} '${quoted(name)}' is contested by '${quoted(one)}' and '${quoted(other)}'.`);
  }

  agentCoveted({ id, name }: AgentRecord, by: string): void {
    this.#raise(`argus: Agent ${id} '${quoted(name)}' was asked for by '${quoted(by)}' and stays.`);
  }

  #raise(text: string, from = source): void {
    this.#sink.accept(from, Buffer.from(text, "utf8"), false);
  }
}
