/**
 * What an agent says to its managers, and when: one connection at a time, the managers in order.
 *
 *   waiting ──▶ connecting ──▶ greeting ──ack──▶ probing ──ack──▶ live (numbered, or plain)
 *      ▲             │             │                │               │
 *      └─────────────┴─────────────┴────────────────┴───────────────┘ closed, silent: the next manager
 *
 * The startup says that the agent keeps its events until they are stored. A node of Argus answers with an offer behind
 * its ack; what any other manager answers is the ack alone. Over TCP the order is sure, so whoever has acknowledged the
 * first keepalive without an offer makes none, and the session is a plain one.
 *
 * What was sent may be released from the buffer
 *   numbered: up to the seq that the node says is stored, if that was sent on this connection;
 *   plain:    what was written before the last keepalive that was acknowledged: the manager has read it.
 * All else is sent again on the next connection.
 *
 * Misbehaviour of a manager: an unknown word is passed over, a file whose sum is wrong is dropped, `stored` for what
 * was not sent counts for nothing, and silence of any kind ends the connection. Time comes in; nothing is waited for.
 */
import { hash } from "node:crypto";
import { Backoff } from "../base/backoff.ts";
import type { Random } from "../base/random.ts";
import type { EventEpoch } from "../model/event.ts";
import { agentControl, isControl, type ManagerControl, readManagerControl } from "../wire/control-message.ts";
import type { Manager } from "./options.ts";

/** How far the events are sent, or stored. */
export interface Position {
  readonly epoch: EventEpoch;
  /** Of the last event. */
  readonly seq: number;
}

export type SessionMode = "numbered" | "plain";

export type SessionAction =
  | { readonly type: "connect"; readonly manager: Manager }
  | { readonly type: "close" }
  | { readonly type: "say"; readonly payload: Buffer }
  /** Events may be sent, from the first one on that is not released. */
  | { readonly type: "live"; readonly mode: SessionMode }
  /** What stands up to here need not be kept. */
  | { readonly type: "release"; readonly upTo: Position }
  /** A merged.mg that is whole. */
  | { readonly type: "apply"; readonly merged: Buffer }
  | { readonly type: "restart" }
  /** Every manager refused the key: it may be unknown there. */
  | { readonly type: "enrol" }
  /** An answer is wanted; `text` is made by whoever knows. */
  | { readonly type: "answer"; readonly counter: string; readonly target: string; readonly command: string }
  | { readonly type: "log"; readonly level: "info" | "warning" | "error"; readonly text: string };

export interface SessionOptions {
  readonly managers: readonly Manager[];
  readonly random: Random;
  /** `v4.14.0`. */
  readonly version: string;
  /** The payload of a keepalive of now. */
  keepalive(): Buffer;
  readonly notifyMs: number;
  readonly silenceMs: number;
}

interface Sent extends Position {
  readonly atMs: number;
}

interface FileInTransfer {
  readonly md5: string;
  readonly isWanted: boolean;
  readonly pieces: Buffer[];
  bytes: number;
}

interface Live {
  readonly name: "live";
  readonly mode: SessionMode;
}

type State =
  | { readonly name: "waiting"; readonly untilMs: number }
  | { readonly name: "connecting"; readonly sinceMs: number }
  | { readonly name: "greeting"; readonly sinceMs: number }
  | { readonly name: "probing"; readonly sinceMs: number; readonly isOffered: boolean }
  | Live;

const connectMsMax = 10_000;
/** A node whose store is full answers nobody; another one may. Wazuh waits for 60 s. */
const greetingMsMax = 20_000;
/** A node that takes batches and stores none is of no use. */
const storedMsMax = 60_000;
/** Batches that are not answered. Each has up to 64 KiB: 1 MiB, a second of 5,000 events of 200 bytes. */
const unstoredMax = 16;
/** A merged.mg; genuine ones have a few hundred kilobytes. */
const fileBytesMax = 16 * 1_024 * 1_024;
const mergedName = "merged.mg";
const restartWords = /^(?:restart-(?:ossec|wazuh)\d* |\{.*"command":\s*"restart-(?:ossec|wazuh)\d*")/s;

export class AgentSession {
  readonly #options: SessionOptions;
  readonly #backoff: Backoff;
  #state: State;
  /** Of the managers; the round is over behind the last one. */
  #next = 0;
  /** Of this round: managers that took the connection and closed it without an ack. */
  #refusals = 0;
  #heardMs = 0;
  #notifiedMs = 0;
  /** Numbered batches without an answer. */
  #unstored: Sent[] = [];
  /** The last that was sent on this connection, and what it was when each keepalive went that has no ack yet. */
  #sent: Position | undefined;
  #marks: (Position | undefined)[] = [];
  #file: FileInTransfer | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ firstMs: 1_000, mostMs: 30_000 }, options.random);
    this.#state = { name: "waiting", untilMs: Number.NEGATIVE_INFINITY };
  }

  get isLive(): boolean {
    return this.#state.name === "live";
  }

  /** Whether another batch may be sent now. */
  get canSend(): boolean {
    return this.#state.name === "live" && this.#unstored.length < unstoredMax;
  }

  /** `pending` until events are sent, as an agent's state file says. */
  get status(): "connected" | "pending" {
    return this.isLive ? "connected" : "pending";
  }

  // ── what happens ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** To be called every second, and for the first time to begin. */
  tick(nowMs: number): SessionAction[] {
    const state = this.#state;
    switch (state.name) {
      case "waiting":
        return nowMs >= state.untilMs ? this.#connect(nowMs) : [];
      case "connecting":
        return nowMs - state.sinceMs > connectMsMax ? this.#giveUp("no connection in 10 s", nowMs) : [];
      case "greeting":
      case "probing":
        return nowMs - state.sinceMs > greetingMsMax ? this.#giveUp("no answer to the startup", nowMs) : [];
      case "live":
        return this.#watch(nowMs);
    }
  }

  connected(nowMs: number): SessionAction[] {
    if (this.#state.name !== "connecting") return [];
    this.#state = { name: "greeting", sinceMs: nowMs };
    this.#heardMs = nowMs;
    return [say(agentControl({ kind: "startup", version: this.#options.version, keepsEvents: true }))];
  }

  /** The connection has ended, or could not be made. */
  closed(why: string, nowMs: number): SessionAction[] {
    if (this.#state.name === "waiting") return [];
    return this.#leave(why, nowMs);
  }

  /** What the manager has said, opened. */
  hear(payload: Buffer, nowMs: number): SessionAction[] {
    if (this.#state.name === "waiting" || this.#state.name === "connecting") return [];
    if (!isControl(payload)) return this.#takePiece(payload);
    this.#heardMs = nowMs;
    return this.#obey(readManagerControl(payload), nowMs);
  }

  /** Events up to there have been written to the connection. */
  sent(upTo: Position, nowMs: number): void {
    if (this.#state.name !== "live") return;
    this.#sent = upTo;
    if (this.#state.mode === "numbered") this.#unstored.push({ ...upTo, atMs: nowMs });
  }

  /** The agent ends. */
  shutdown(): SessionAction[] {
    if (this.#state.name === "waiting" || this.#state.name === "connecting") return [{ type: "close" }];
    return [say(agentControl({ kind: "shutdown" })), { type: "close" }];
  }

  // ── managers ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #connect(nowMs: number): SessionAction[] {
    const manager = this.#options.managers[this.#next];
    if (manager === undefined) return [];
    this.#next += 1;
    this.#state = { name: "connecting", sinceMs: nowMs };
    return [{ type: "connect", manager }];
  }

  #giveUp(why: string, nowMs: number): SessionAction[] {
    return [{ type: "close" }, ...this.#leave(why, nowMs)];
  }

  #leave(why: string, nowMs: number): SessionAction[] {
    const { managers } = this.#options;
    const from = managers[this.#next - 1];
    const { name } = this.#state;
    if (name === "greeting") this.#refusals += 1;
    const wasLive = name === "live";
    [this.#unstored, this.#marks, this.#sent, this.#file] = [[], [], undefined, undefined];
    // After a connection that worked all managers are tried again, the first of them first.
    if (wasLive) this.#next = 0;
    const isRoundOver = this.#next >= managers.length;
    const delayMs = isRoundOver ? this.#backoff.nextDelayMs() : 0;
    this.#state = { name: "waiting", untilMs: nowMs + delayMs };
    const text = `${from?.host}:${from?.port}: ${why}${wasLive ? "; connecting anew" : ""}`;
    const told: SessionAction = { type: "log", level: "warning", text };
    if (!isRoundOver) return [told, ...this.#connect(nowMs)];
    const isRefused = this.#refusals === managers.length;
    [this.#next, this.#refusals] = [0, 0];
    return isRefused ? [told, { type: "enrol" }] : [told];
  }

  // ── the connection ───────────────────────────────────────────────────────────────────────────────────────────────

  #watch(nowMs: number): SessionAction[] {
    const { silenceMs, notifyMs } = this.#options;
    if (nowMs - this.#heardMs > silenceMs) return this.#giveUp("silent", nowMs);
    const oldest = this.#unstored[0];
    if (oldest !== undefined && nowMs - oldest.atMs > storedMsMax) return this.#giveUp("stores nothing", nowMs);
    return nowMs - this.#notifiedMs >= notifyMs ? [this.#notify(nowMs)] : [];
  }

  #notify(nowMs: number): SessionAction {
    this.#notifiedMs = nowMs;
    this.#marks.push(this.#sent);
    return say(this.#options.keepalive());
  }

  #obey(control: ManagerControl, nowMs: number): SessionAction[] {
    switch (control.kind) {
      case "ack":
        return this.#onAck(nowMs);
      case "offer":
        if (this.#state.name === "probing") this.#state = { ...this.#state, isOffered: true };
        return [];
      case "stored":
        return this.#onStored(control);
      case "refusal":
        return this.#giveUp(`the manager refuses this agent: ${control.message}`, nowMs);
      case "force_reconnect":
        return this.#giveUp("the manager asks for another connection", nowMs);
      case "file_begin":
        this.#file = { md5: control.md5, isWanted: control.name === mergedName, pieces: [], bytes: 0 };
        return [];
      case "file_end":
        return this.#onFile();
      case "request":
        return this.#onRequest(control);
      case "execd":
        if (restartWords.test(control.text)) return [{ type: "restart" }];
        return [{ type: "log", level: "warning", text: "an active response was asked for, which is not built" }];
      case "answer_ack":
      case "inventory":
      case "sca_dump":
      case "syscheck_restart":
      case "unknown":
        return [];
    }
  }

  #onAck(nowMs: number): SessionAction[] {
    if (this.#state.name === "greeting") {
      this.#state = { name: "probing", sinceMs: nowMs, isOffered: false };
      return [this.#notify(nowMs)];
    }
    const mark = this.#marks.shift();
    if (this.#state.name === "probing") {
      const mode = this.#state.isOffered ? "numbered" : "plain";
      this.#state = { name: "live", mode };
      this.#refusals = 0;
      this.#backoff.reset();
      const { host, port } = this.#options.managers[this.#next - 1] ?? { host: "", port: 0 };
      const how = mode === "numbered" ? "events are kept until they are stored" : "events are kept until they are read";
      return [
        { type: "log", level: "info", text: `connected to ${host}:${port}; ${how}` },
        { type: "live", mode },
      ];
    }
    const isPlain = this.#state.name === "live" && this.#state.mode === "plain";
    return isPlain && mark !== undefined ? [{ type: "release", upTo: mark }] : [];
  }

  /** Only what was sent on this connection can have been stored by it; all that was sent before it then is as well. */
  #onStored({ epoch, seq }: Position): SessionAction[] {
    const index = this.#unstored.findIndex(
      (sent) => sent.epoch.number === epoch.number && sent.epoch.bits === epoch.bits && sent.seq === seq,
    );
    if (index < 0) return [];
    this.#unstored.splice(0, index + 1);
    return [{ type: "release", upTo: { epoch, seq } }];
  }

  // ── what the manager gives ───────────────────────────────────────────────────────────────────────────────────────

  #takePiece(payload: Buffer): SessionAction[] {
    const file = this.#file;
    if (file === undefined) return [];
    file.bytes += payload.length;
    if (file.bytes > fileBytesMax) {
      this.#file = undefined;
      return [{ type: "log", level: "warning", text: "a file of the manager is too long and is dropped" }];
    }
    file.pieces.push(Buffer.from(payload));
    return [];
  }

  #onFile(): SessionAction[] {
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined || !file.isWanted) return [];
    const merged = Buffer.concat(file.pieces);
    if (hash("md5", merged) === file.md5) return [{ type: "apply", merged }];
    return [{ type: "log", level: "warning", text: "a file of the manager has another sum than was said: dropped" }];
  }

  #onRequest({ counter, target, command }: ManagerControl & { kind: "request" }): SessionAction[] {
    if (target === "com" && /^restart(?:-wazuh)?$/.test(command.trim())) {
      return [say(agentControl({ kind: "answer", counter, text: "ok " })), { type: "restart" }];
    }
    return [{ type: "answer", counter, target, command }];
  }
}

const say = (payload: Buffer): SessionAction => ({ type: "say", payload });
