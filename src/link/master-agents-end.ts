/**
 * The agents and the blobs of one session at the master: carries the orders of master-agents.ts and blob-supply.ts out
 * over the transport, the registry and the blob store.
 */
import type { Clock } from "../base/clock.ts";
import type { AgentChangeAnswer, EnrolmentAnswer } from "../model/agent.ts";
import type { AgentsOfMaster, Blob, BlobStore, Delivery, RegistryPage, RegistryPosition } from "./agent-needs.ts";
import type { AgentsAnswer } from "./agent-wire.ts";
import { newBlobSupply, stepBlobSupply, type BlobSupplyAction, type BlobSupplyInput } from "./blob-supply.ts";
import type { Allowance } from "./bucket.ts";
import { isOfSchema, writeBody, writeMessage, writePiece } from "./frames.ts";
import type { LinkLimits } from "./limits.ts";
import {
  newMasterAgents,
  stepMasterAgents,
  type MasterAgentsAction,
  type MasterAgentsInput,
  type MasterAgentsState,
} from "./master-agents.ts";
import { pageText } from "./records-frame.ts";
import type { StreamName, Transport } from "./transport.ts";
import type { AgentsWorkerMessage, BlobMessage, Message } from "./wire.ts";

export interface MasterAgentsNeeds {
  clock: Clock;
  limits: LinkLimits;
  agents?: AgentsOfMaster;
  blobs?: BlobStore;
}

/** The session that it is a part of. */
export interface MasterAgentsOwner {
  /** Ends the session. */
  end(reason: string): void;
  /** A record that no worker would take was left out. */
  onUnfit(seq: number): void;
  /** Our own disk has failed. */
  onFatal(error: unknown): void;
}

export class MasterAgents {
  readonly #transport: Transport;
  readonly #node: string;
  readonly #needs: MasterAgentsNeeds;
  readonly #allowance: Allowance;
  readonly #owner: MasterAgentsOwner;
  readonly #queue: MasterAgentsInput[] = [];
  readonly #asked = new Map<number, (delivery: Delivery) => void>();
  #isStepping = false;
  #state: MasterAgentsState;
  #supply = newBlobSupply;
  #blob: Blob | undefined;
  #lastTicket = 0;
  #stopListening: () => void;
  #isOver = false;

  /** From `live` on. */
  constructor(
    transport: Transport,
    node: string,
    needs: MasterAgentsNeeds,
    allowance: Allowance,
    owner: MasterAgentsOwner,
  ) {
    this.#transport = transport;
    this.#node = node;
    this.#needs = needs;
    this.#allowance = allowance;
    this.#owner = owner;
    this.#state = newMasterAgents(needs.agents !== undefined);
    this.#stopListening = needs.agents?.onChanged(() => this.#feed({ type: "changed" })) ?? (() => undefined);
  }

  onMessage(message: AgentsWorkerMessage, bytes: number): void {
    this.#feed({ type: "message", message, bytes });
  }

  onBlob(message: BlobMessage): void {
    if (message.type === "want") this.#supplyBlob({ type: "want", ...message.body });
  }

  onDrained(stream: StreamName): void {
    if (stream === "agents") this.#feed({ type: "drained" });
    else this.#supplyBlob({ type: "drained" });
  }

  tick(): void {
    this.#feed({ type: "tick" });
    this.#supplyBlob({ type: "tick" });
  }

  /** The session has ended; may be called twice. */
  over(): void {
    this.#isOver = true;
    this.#stopListening();
    for (const tell of this.#asked.values()) tell({ isDelivered: false, text: "the node is not connected" });
    this.#asked.clear();
  }

  deliver(id: string, message: string): Promise<Delivery> {
    if (this.#isOver) return Promise.resolve({ isDelivered: false, text: "the node is not connected" });
    if (!isOfSchema("deliver", { number: 1, id, message })) {
      return Promise.resolve({ isDelivered: false, text: "no agent takes such a message" });
    }
    this.#lastTicket += 1;
    const ticket = this.#lastTicket;
    return new Promise((resolve) => {
      this.#asked.set(ticket, resolve);
      this.#feed({ type: "deliver", ticket, id, message });
    });
  }

  heard(node: string, ids: readonly number[]): void {
    this.#feed({ type: "heard", node, ids });
  }

  #feed(input: MasterAgentsInput): void {
    this.#queue.push(input);
    if (this.#isStepping) return;
    this.#isStepping = true;
    const { clock, limits } = this.#needs;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      if (this.#isOver) continue; // What a registry answers to a session that has ended.
      const [state, actions] = stepMasterAgents(this.#state, next, clock.monotonicMs(), this.#allowance, limits);
      this.#state = state;
      for (const action of actions) this.#carryOut(action);
    }
    this.#isStepping = false;
  }

  #carryOut(action: MasterAgentsAction): void {
    const { agents } = this.#needs;
    switch (action.type) {
      case "send":
        return this.#send("agents", action.message);
      case "read":
        return this.#sendPage(action.held);
      case "report":
        return this.#answer(
          action.number,
          agents?.report(this.#node, action.reports).then(() => ({ ok: true, text: "" })),
        );
      case "heard":
        return agents?.heard(this.#node, action.ids);
      case "enrol":
        return this.#answer(action.number, agents?.enrol(this.#node, action.request).then(answerOfEnrolment), true);
      case "change":
        return this.#answer(action.number, agents?.change(this.#node, action.change).then(answerOfChange), true);
      case "told":
        this.#asked.get(action.ticket)?.(action.delivery);
        return void this.#asked.delete(action.ticket);
      case "pause":
        return this.#transport.pause("agents");
      case "resume":
        return this.#transport.resume("agents");
      case "close":
        return this.#owner.end(action.reason);
    }
  }

  #send(stream: StreamName, message: Message): void {
    const frame = writeMessage(message);
    if (frame !== undefined) this.#transport.send(stream, frame);
  }

  #sendPage(held: RegistryPosition): void {
    const { agents, limits } = this.#needs;
    if (agents === undefined) return;
    const { page, body, unfit } = pageText(this.#read(agents, held), limits.pageBytesMax);
    for (const seq of unfit) this.#owner.onUnfit(seq);
    this.#feed({ type: "page", page, bytes: body.length });
    const frame = writeBody("records", body);
    if (frame !== undefined) this.#transport.send("agents", frame);
  }

  #read(agents: AgentsOfMaster, held: RegistryPosition): RegistryPage {
    return agents.recordsSince(held, this.#needs.limits.pageCountMax, this.#state.isInReset);
  }

  /** `isChange`: what it says may have raised the position, and is told after the records of it. */
  #answer(number: number, answered: Promise<Omit<AgentsAnswer, "number">> | undefined, isChange = false): void {
    answered?.then(
      (given) => {
        const full: AgentsAnswer = { number, ...given };
        const answer = isOfSchema("answer", full) ? full : { number, ok: false, text: "the answer cannot be told" };
        const seq = isChange && answer.ok ? (this.#needs.agents?.position().seq ?? 0) : 0;
        this.#feed({ type: "answered", answer, seq });
      },
      (error: unknown) => this.#owner.onFatal(error),
    );
  }

  #supplyBlob(input: BlobSupplyInput): void {
    if (this.#isOver) return;
    const nowMs = this.#needs.clock.monotonicMs();
    const [state, actions] = stepBlobSupply(this.#supply, input, nowMs, this.#allowance.supplied);
    this.#supply = state;
    for (const action of actions) this.#carryOutBlob(action);
  }

  #carryOutBlob(action: BlobSupplyAction): void {
    switch (action.type) {
      case "open":
        return this.#openBlob(action.sha256);
      case "read":
        return this.#readBlob(action.offset, action.length);
      case "piece":
        return this.#transport.send("blob", ...writePiece(action.piece));
      case "send":
        return this.#send("blob", action.message);
      case "close":
        return this.#owner.end(action.reason);
    }
  }

  #openBlob(sha256: string): void {
    const opened = this.#needs.blobs?.open(sha256) ?? Promise.resolve(undefined);
    opened.then(
      (blob) => {
        this.#blob = blob;
        this.#supplyBlob({ type: "opened", total: blob?.bytes });
      },
      (error: unknown) => this.#owner.onFatal(error),
    );
  }

  #readBlob(offset: number, length: number): void {
    const read = length === 0 ? Promise.resolve(Buffer.alloc(0)) : this.#blob?.read(offset, length);
    read?.then(
      (bytes) => this.#supplyBlob({ type: "read", bytes }),
      (error: unknown) => this.#owner.onFatal(error),
    );
  }
}

type Given = Omit<AgentsAnswer, "number">;

/** Code units, of which no text has more than code points: what the schema allows is never exceeded. */
const answerText = (text: string): string => text.slice(0, 4_096);

function answerOfEnrolment(answer: EnrolmentAnswer): Given {
  if (!answer.isEnrolled) return { ok: false, text: answerText(answer.reason) };
  const { id, name, address, key } = answer;
  return { ok: true, text: "", agent: { id, name, address, key } };
}

function answerOfChange(answer: AgentChangeAnswer): Given {
  const text = answerText(answer.text);
  if (!answer.isDone) return { ok: false, text };
  return answer.id === "" ? { ok: true, text } : { ok: true, text, id: answer.id };
}
