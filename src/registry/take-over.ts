/**
 * Agents that are taken over again and again: two machines with one key, or a balancer that deals the packets of one
 * agent to several nodes. More than three take-overs a minute between two addresses are told once a minute and agent.
 * Pure, and bounded: an agent that was not taken over for a minute takes no memory.
 */

const WINDOW_MS = 60_000;
const QUIET_TAKE_OVERS = 3;
/** Only the last few count; a flood of them is not remembered. */
const rememberedMax = 16;

interface Contest {
  takeOvers: { atMs: number; peers: string }[];
  toldMs: number;
}

export class TakeOvers {
  readonly #contests = new Map<string, Contest>();

  get size(): number {
    return this.#contests.size;
  }

  /** Whether this one is to be told. A change of connection at one address is a reconnect, and nobody's business. */
  note(id: string, from: string, to: string, nowMs: number): boolean {
    if (from === to || from === "") return false;
    const contest = this.#contests.get(id) ?? { takeOvers: [], toldMs: Number.NEGATIVE_INFINITY };
    this.#contests.set(id, contest);
    const peers = from < to ? `${from} ${to}` : `${to} ${from}`;
    contest.takeOvers = contest.takeOvers.filter(({ atMs }) => nowMs - atMs < WINDOW_MS).slice(1 - rememberedMax);
    contest.takeOvers.push({ atMs: nowMs, peers });
    const count = contest.takeOvers.filter((one) => one.peers === peers).length;
    if (count <= QUIET_TAKE_OVERS || nowMs - contest.toldMs < WINDOW_MS) return false;
    contest.toldMs = nowMs;
    return true;
  }

  /** To be called now and then. */
  forget(nowMs: number): void {
    for (const [id, { takeOvers }] of this.#contests) {
      if (nowMs - (takeOvers.at(-1)?.atMs ?? 0) >= WINDOW_MS) this.#contests.delete(id);
    }
  }
}
