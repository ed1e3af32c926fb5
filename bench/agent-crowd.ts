/**
 * Many agents in one process, for the bench `agents`: each has an address, a key and a connection of its own, says its
 * startup and keepalives as agents do, and comes back about a second after its connection has ended. Events are sealed
 * before anything is measured; control messages are few and sealed when they are said. The bench's own process tells
 * what to do, and asks how it goes.
 */
import { connect, type Socket } from "node:net";
import { noFacts } from "../src/model/agent.ts";
import { AgentCipher } from "../src/wire/agent-cipher.ts";
import { agentControl } from "../src/wire/control-message.ts";
import { openMessage, readEnvelope, sealMessage } from "../src/wire/secure-message.ts";
import { frameOf, TcpFrames } from "../src/wire/tcp-frames.ts";
import { agentOfBench, crowdAddress } from "./agent-of-bench.ts";
import { mixedLines } from "./mixed-log.ts";

/** Which agents this process is, and what they have to say. */
export interface CrowdTask {
  seed: number;
  /** The number of the first agent. */
  first: number;
  count: number;
  events: number;
  eventsPerSecond: number;
  eventBytes: number;
  host: string;
  port: number;
  keepaliveMs: number;
  /** MD5 of the file that the agents say to have: the node gives it to nobody then. */
  mergedSum: string;
}

export type CrowdOrder = { do: "prepare"; task: CrowdTask } | { do: "connect" | "send" | "look" };

export interface CrowdLook {
  /** Agents whose keepalive was answered on the connection that they have. */
  acked: number;
  /** When each of these was: milliseconds since 1970. */
  ackedAtMs: number[];
  /** From a keepalive to its ack, since the last look. */
  ackMs: number[];
  sent: number;
  /** Events whose agent had no connection. */
  unsent: number;
  /** Ends of connections, and messages that are no ack. */
  ended: number;
  others: number;
  isSending: boolean;
}

const tickMs = 10;
const reconnectMsMin = 500;

class CrowdAgent {
  readonly cipher: AgentCipher;
  readonly #task: CrowdTask;
  readonly #number: number;
  readonly #crowd: Crowd;
  #socket: Socket | undefined;
  #local = 0;
  #saidAtMs = 0;
  #keepalives = 0;
  ackedAtMs = 0;

  constructor(number: number, task: CrowdTask, crowd: Crowd) {
    this.cipher = new AgentCipher(agentOfBench(number));
    this.#number = number;
    this.#task = task;
    this.#crowd = crowd;
  }

  get isConnected(): boolean {
    return this.#socket?.writable === true;
  }

  connect(): void {
    const { host, port } = this.#task;
    const socket = connect({ host, port, localAddress: crowdAddress(this.#number), noDelay: true });
    const frames = new TcpFrames((message) => this.#hear(message));
    this.#socket = socket;
    this.#keepalives = 0;
    socket.on("connect", () => this.#say({ kind: "startup", version: "v4.14.7" }));
    socket.on("data", (chunk: Buffer) => void frames.push(chunk));
    socket.on("error", () => undefined);
    socket.on("close", () => this.#onClose());
  }

  #onClose(): void {
    if (this.ackedAtMs > 0) this.#crowd.ended += 1;
    this.ackedAtMs = 0;
    this.#saidAtMs = 0;
    // All in the same second, and not in the same moment.
    setTimeout(() => this.connect(), reconnectMsMin + ((this.#number * 37) % 1_000));
  }

  #say(control: Parameters<typeof agentControl>[0]): void {
    this.#local += 1;
    const counter = { global: Math.floor(Date.now() / 1_000), local: this.#local % 9_000 };
    const sealing = { dialect: "aes", counter, random: this.#local % 65_536, id: this.cipher.key.id } as const;
    this.#saidAtMs = performance.now();
    this.#socket?.write(frameOf(sealMessage(this.cipher, agentControl(control), sealing)));
  }

  keepAlive(): void {
    if (!this.isConnected) return;
    const { mergedSum } = this.#task;
    const uname = `Linux |host${this.#number} |5.10.0 |#1 SMP |x86_64 [Ubuntu|ubuntu: 22.04.3 LTS (Jammy Jellyfish)]`;
    const labels = [{ key: "site", value: `rack ${this.#number % 100}`, isHidden: false, isSystem: false }];
    const known = { ...noFacts, uname, version: "Wazuh v4.14.7", configSum: "ab73af41699f13fdd81903b5f23d8d00" };
    this.#keepalives += 1;
    this.#say({ kind: "keepalive", facts: { ...known, mergedSum, labels, address: crowdAddress(this.#number) } });
  }

  send(frame: Buffer): boolean {
    if (!this.isConnected) return false;
    this.#socket?.write(frame);
    return true;
  }

  #hear(message: Buffer): boolean {
    const envelope = readEnvelope(message);
    const opened = typeof envelope === "string" ? envelope : openMessage(this.cipher, envelope);
    if (typeof opened === "string" || opened.payload.toString("latin1") !== "#!-agent ack ") this.#crowd.others += 1;
    else if (this.#keepalives === 0) this.keepAlive();
    else if (this.#saidAtMs > 0) {
      this.#crowd.ackMs.push(performance.now() - this.#saidAtMs);
      this.#saidAtMs = 0;
      if (this.ackedAtMs === 0) this.ackedAtMs = Date.now();
    }
    return true;
  }
}

class Crowd {
  readonly #task: CrowdTask;
  readonly #agents: CrowdAgent[] = [];
  readonly #frames: Buffer[] = [];
  ackMs: number[] = [];
  ended = 0;
  others = 0;
  #sent = 0;
  #unsent = 0;
  #isSending = false;

  constructor(task: CrowdTask) {
    this.#task = task;
    for (let index = 0; index < task.count; index += 1) {
      this.#agents.push(new CrowdAgent(task.first + index, task, this));
    }
    this.#seal();
  }

  #seal(): void {
    const { seed, first, count, events, eventBytes } = this.#task;
    // Below those of control messages, and above those of a run before.
    const global = Math.floor(Date.now() / 1_000) - 100_000;
    for (const line of mixedLines(seed + first, events)) {
      const at = this.#frames.length;
      const cipher = this.#agents[at % count]?.cipher;
      if (cipher === undefined) return;
      const payload = Buffer.from(`1:/var/log/syslog:${line.padEnd(eventBytes, " and so on").slice(0, eventBytes)}`);
      const turn = Math.floor(at / count);
      const counter = { global: global + Math.floor(turn / 9_000), local: 1 + (turn % 9_000) };
      const sealing = { dialect: "aes", counter, random: at % 65_536, id: cipher.key.id } as const;
      this.#frames.push(frameOf(sealMessage(cipher, payload, sealing)));
    }
  }

  /** All at once, and keepalives from then on, those of different agents at different times. */
  connect(): void {
    for (const agent of this.#agents) agent.connect();
    const { keepaliveMs, count } = this.#task;
    const startedMs = performance.now();
    let said = 0;
    setInterval(() => {
      const due = Math.floor(((performance.now() - startedMs) * count) / keepaliveMs);
      // What a long pause of this process has held up is left out, but for one round.
      for (said = Math.max(said, due - count); said < due; said += 1) this.#agents[said % count]?.keepAlive();
    }, tickMs);
  }

  send(): void {
    const { eventsPerSecond, count } = this.#task;
    const startedMs = performance.now();
    this.#isSending = true;
    const timer = setInterval(() => {
      const due = Math.floor(((performance.now() - startedMs) * eventsPerSecond) / 1_000);
      for (let at = this.#sent + this.#unsent; at < due; at += 1) {
        const frame = this.#frames[at];
        if (frame === undefined) {
          clearInterval(timer);
          this.#isSending = false;
          return;
        }
        if (this.#agents[at % count]?.send(frame) === true) this.#sent += 1;
        else this.#unsent += 1;
      }
    }, tickMs);
  }

  look(): CrowdLook {
    const ackedAtMs = this.#agents.map((agent) => agent.ackedAtMs).filter((atMs) => atMs > 0);
    const { ackMs, ended, others } = this;
    this.ackMs = [];
    const [sent, unsent, isSending] = [this.#sent, this.#unsent, this.#isSending];
    return { acked: ackedAtMs.length, ackedAtMs, ackMs, sent, unsent, ended, others, isSending };
  }
}

const isOrder = (value: unknown): value is CrowdOrder => typeof value === "object" && value !== null && "do" in value;

if (process.env["ARGUS_BENCH_CROWD"] === "1") {
  let crowd: Crowd | undefined;
  process.on("disconnect", () => process.exit(0));
  process.on("message", (order) => {
    if (!isOrder(order)) throw new Error("the crowd was told nothing that it knows");
    if (order.do === "prepare") crowd = new Crowd(order.task);
    else if (order.do === "connect") crowd?.connect();
    else if (order.do === "send") crowd?.send();
    process.send?.(order.do === "look" ? crowd?.look() : {});
  });
}
