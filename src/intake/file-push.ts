/**
 * How one agent is given its merged.mg (agent-protocol 3.6).
 *
 *   idle ──a keepalive tells of another file──▶ wanted ──read──▶ sending ──last piece──▶ idle, and not again at once
 *
 * An agent says nothing of a file until its next keepalive, and one that cannot use it tells of the old one for ever:
 * so the same file is sent again only after a time that doubles. A new one is sent as soon as the agent tells that it
 * lacks it. What begins to be sent is sent to its end, or given up with the way to the agent.
 *
 * Pure: time comes in as an argument, and what is to be sent goes out.
 */
import { managerControl } from "../wire/control-message.ts";
import { chunksOf } from "../wire/shared-file.ts";
import type { AgentFile } from "./needs.ts";

export interface PushLimits {
  /** How long the same file is not sent again, at first and at most. */
  againMsMin: number;
  againMsMax: number;
  /** Messages that are sent over UDP before the pause. */
  burstCount: number;
  burstPauseMs: number;
}

export const pushLimits: PushLimits = {
  againMsMin: 30_000, // An agent restarts with the file, and tells of it within a few keepalives of ten seconds.
  againMsMax: 30 * 60_000,
  burstCount: 31, // As real managers do: a slow agent's socket holds so many datagrams.
  burstPauseMs: 1_000,
};

type State =
  | { readonly name: "idle" }
  | { readonly name: "wanted" }
  | { readonly name: "sending"; readonly payloads: Iterator<Buffer, void>; readonly isPaced: boolean };

const idle: State = { name: "idle" };

export class FilePush {
  readonly #limits: PushLimits;
  #state: State = idle;
  /** Of the file that was sent last. */
  #sentSum = "";
  #notBeforeMs = 0;
  #againMs: number;
  /** Sent since the last pause, and how long the present pause is. */
  #burst = 0;
  #pausedUntilMs = 0;

  constructor(limits: PushLimits = pushLimits) {
    this.#limits = limits;
    this.#againMs = limits.againMsMin;
  }

  get isSending(): boolean {
    return this.#state.name === "sending";
  }

  get isIdle(): boolean {
    return this.#state.name === "idle";
  }

  /** The agent told which file it has. True: it is to be given another, and the push waits for `begin`. */
  onKeepalive(has: string, wanted: string | undefined, nowMs: number): boolean {
    if (wanted === undefined || this.#state.name !== "idle") return false;
    if (has === wanted) {
      this.#sentSum = "";
      this.#againMs = this.#limits.againMsMin;
      return false;
    }
    if (wanted === this.#sentSum && nowMs < this.#notBeforeMs) return false;
    this.#state = { name: "wanted" };
    return true;
  }

  /** The file that was wanted is there. `isPaced`: over UDP, where pieces that come too fast are lost. */
  begin({ md5, bytes }: AgentFile, chunkBytes: number, isPaced: boolean, nowMs: number): void {
    if (this.#state.name !== "wanted") return;
    this.#state = { name: "sending", payloads: payloadsOf(md5, bytes, chunkBytes), isPaced };
    this.#burst = 0;
    this.#pausedUntilMs = nowMs;
    this.#againMs =
      md5 === this.#sentSum ? Math.min(this.#againMs * 2, this.#limits.againMsMax) : this.#limits.againMsMin;
    this.#sentSum = md5;
    this.#notBeforeMs = nowMs + this.#againMs;
  }

  /** The next payload; undefined: nothing is to be sent now. Whoever takes it sends it. */
  next(nowMs: number): Buffer | undefined {
    if (this.#state.name !== "sending" || nowMs < this.#pausedUntilMs) return undefined;
    const { payloads, isPaced } = this.#state;
    const { value } = payloads.next();
    if (value === undefined) {
      this.#state = idle;
      this.#notBeforeMs = nowMs + this.#againMs;
      return undefined;
    }
    this.#burst += 1;
    if (isPaced && this.#burst >= this.#limits.burstCount) {
      this.#burst = 0;
      this.#pausedUntilMs = nowMs + this.#limits.burstPauseMs;
    }
    return value;
  }

  /** The way to the agent is another one, or the file is not to be had. */
  giveUp(): void {
    this.#state = idle;
  }
}

function* payloadsOf(md5: string, bytes: Buffer, chunkBytes: number): Generator<Buffer, void> {
  yield managerControl({ kind: "file_begin", md5, name: "merged.mg" });
  yield* chunksOf(bytes, chunkBytes);
  yield managerControl({ kind: "file_end" });
}
