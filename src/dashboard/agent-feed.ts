/**
 * Asks the master for the agents that the reader looks at: at once when that changes, and every few seconds while the
 * page is live. It is no part of the page's stream, because each reader looks at others, and a page of 20 of 50,000
 * agents costs less to ask for than all their changes would to tell.
 *
 * One request is under way at a time; an answer to what is not looked at any more is passed over. While the stream is
 * not live nothing is asked: the master is away then, or nobody sees the page.
 */
import { computed, effect, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import type { AgentsOverviewReply } from "../api/contract/agent-overview.ts";
import { memberOf, readAgents } from "./message.ts";
import type { Browser, Timer } from "./needs.ts";
import type { Store } from "./store.ts";

/** States of agents change within tens of seconds; sooner nobody sees a difference. */
export const EVERY_MS = 5_000;
/** To look through 50,000 agents takes the master up to 30 ms of a core. */
export const MANY_EVERY_MS = 10_000;
export const MANY = 10_000;
/** A reader who types is asked for when the word is there. */
export const TYPING_MS = 200;

export interface AgentsAnswer {
  /** What was asked for. */
  readonly path: string;
  readonly reply: AgentsOverviewReply;
  /** When the answer came, by the master's clock. */
  readonly atMs: number;
}

export class AgentFeed {
  readonly #browser: Browser;
  readonly #store: Store;
  readonly #path: ReadonlySignal<string>;
  readonly #isLive: ReadonlySignal<boolean>;
  readonly #answer: Signal<AgentsAnswer | undefined> = signal(undefined);
  readonly #fault: Signal<string> = signal("");
  #timer: Timer | undefined;
  /** Counts what was begun, so that an answer to something else is known when it comes. */
  #attempt = 0;

  /** `path`: what is to be asked for. */
  constructor(browser: Browser, store: Store, path: ReadonlySignal<string>) {
    this.#browser = browser;
    this.#store = store;
    this.#path = path;
    this.#isLive = computed(() => store.connection.value.name === "live");
  }

  /** The newest answer, perhaps to what was asked for before. */
  get answer(): ReadonlySignal<AgentsAnswer | undefined> {
    return this.#answer;
  }

  /** Why there was no answer the last time, in words; empty when there was one. */
  get fault(): ReadonlySignal<string> {
    return this.#fault;
  }

  /** Asks from now on. Called once. */
  start(): void {
    let asked = "";
    effect(() => {
      const path = this.#path.value;
      const isChoice = asked !== "" && asked !== path;
      asked = path;
      this.#stop();
      if (this.#isLive.value) this.#askAfter(isChoice ? TYPING_MS : 0);
    });
  }

  /** Asks at once, whatever is under way. */
  askNow(): void {
    this.#stop();
    void this.#ask();
  }

  #stop(): void {
    this.#attempt += 1;
    this.#timer?.cancel();
  }

  #askAfter(ms: number): void {
    this.#timer = this.#browser.after(ms, () => void this.#ask());
  }

  async #ask(): Promise<void> {
    const attempt = this.#attempt;
    const path = this.#path.peek();
    const outcome = await this.#browser.getJson(path).then(outcomeOf, () => "The master did not answer in 5 s.");
    if (attempt !== this.#attempt) return;
    if (typeof outcome === "string") this.#fault.value = outcome;
    else {
      this.#fault.value = "";
      this.#answer.value = { path, reply: outcome, atMs: this.#store.masterNowMs() };
    }
    const total = this.#answer.peek()?.reply.total ?? 0;
    if (this.#isLive.peek()) this.#askAfter(total > MANY ? MANY_EVERY_MS : EVERY_MS);
  }
}

/** Undefined members and other forms are a fault: the master may be of another version than the page. */
function outcomeOf({ status, body }: { status: number; body: unknown }): AgentsOverviewReply | string {
  const reply = status === 200 ? readAgents(body) : undefined;
  if (reply !== undefined) return reply;
  const code = memberOf(memberOf(body, "error"), "code");
  const said = typeof code === "string" && /^ARGUS_\w{1,40}$/.test(code) ? `, ${code}` : "";
  return status === 200
    ? "The master's answer has another form than this page knows."
    : `The master refused (${status}${said}).`;
}
