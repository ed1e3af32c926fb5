/**
 * How one agent is spoken to: in the dialect that it used last, under counters that only go up (agent-protocol 2.6).
 * Every OSSEC agent refuses what has a lower counter than it has seen, from whichever node it came.
 */
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { AgentCipher } from "../wire/agent-cipher.ts";
import { type MessageCounter, nextCounter } from "../wire/message-counter.ts";
import { type Dialect, sealMessage } from "../wire/secure-message.ts";
import type { AgentPath } from "./agent-path.ts";
import type { AgentCounters } from "./metrics.ts";

export interface VoiceNeeds {
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: Pick<AgentCounters, "unsent">;
}

export class AgentVoice {
  /** Of the last control message that was taken. */
  dialect: Dialect = "blowfish";
  readonly #cipher: AgentCipher;
  readonly #needs: VoiceNeeds;
  #sent: MessageCounter | undefined;

  constructor(cipher: AgentCipher, needs: VoiceNeeds) {
    this.#cipher = cipher;
    this.#needs = needs;
  }

  /** The greatest global counter that was used; 0: none yet. */
  get globalCounter(): number {
    return this.#sent?.global ?? 0;
  }

  /** `floor`: the least global counter that no other node has used. False: it was not sent. */
  say(payload: Buffer, path: AgentPath | undefined, floor: number): boolean {
    const { clock, random, counters } = this.#needs;
    if (path !== undefined && !path.isCongested) {
      const counter = nextCounter(this.#sent, clock.wallMs() / 1_000, floor);
      this.#sent = counter;
      const { dialect } = this;
      const options = { dialect, counter, random: Math.floor(random.fraction() * 65_536) };
      const sealing = dialect === "aes_iv" ? { ...options, iv: random.bytes(16) } : options;
      if (path.send(sealMessage(this.#cipher, payload, sealing))) return true;
    }
    counters.unsent += 1;
    return false;
  }
}
