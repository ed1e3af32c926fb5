/**
 * Keeps the one stream of the page open, and says how old what is shown is.
 *
 *                     message                       silence of 10 s, or the stream fails
 *   connecting ───────────────────▶ live ─────────────────────────────────▶ stale ──message──▶ live
 *
 * A stream that fails is opened again after 1 s, 2 s, 4 s, 8 s, then every 10 s, each up to a quarter shorter so that
 * many pages do not come back at once. It goes on after the id of the last message that was taken. The browser does not
 * tell a page why a stream failed: if the master answers otherwise, it has too many of them.
 *
 * A browser has six connections to one host for all its tabs together, and each stream is one: a seventh tab would wait
 * for ever, its files too. So a tab that nobody sees gives its stream back, and goes on when it is seen again; one that
 * was opened unseen opens none until then. Meanwhile it asks now and then how the nodes are, because its title is read
 * from other tabs.
 */
import type { Browser, OpenStream, Timer } from "./needs.ts";
import type { StaleReason, Store } from "./store.ts";

const TICK_MS = 1_000;
/** The master says something every second; ten of them missed are no jitter. */
export const SILENCE_MS_MAX = 10_000;
/** Whoever only passes through another tab comes back to a page that was never stale. */
export const HIDDEN_MS_MAX = 2_000;
/** How often a tab that nobody sees asks; browsers let it run once a minute at worst. */
export const GLIMPSE_MS = 20_000;
const DELAY_MS_MIN = 1_000;
const DELAY_MS_MAX = 10_000;

/** How long to wait before the try after `tries` that failed; `random` is of [0, 1). */
export function delayMs(tries: number, random: number): number {
  const longest = Math.min(DELAY_MS_MAX, DELAY_MS_MIN * 2 ** (Math.max(1, tries) - 1));
  return longest * (1 - random / 4);
}

export class PageConnector {
  readonly #browser: Browser;
  readonly #store: Store;
  #stream: OpenStream | undefined;
  /** Counts the streams, so that an answer that comes late is not taken for one about the stream of now. */
  #attempt = 0;
  #lastId = "";
  #heardMs: number;
  /** Failures since the last message. */
  #tries = 0;
  #reason: StaleReason = "no_answer";
  #silence: Timer | undefined;
  #retry: Timer | undefined;
  #hiding: Timer | undefined;

  constructor(browser: Browser, store: Store) {
    this.#browser = browser;
    this.#store = store;
    this.#heardMs = store.masterNowMs();
  }

  /** Opens the stream, or does so once the tab is seen, and keeps it open. Called once. */
  start(): void {
    this.#browser.onVisibility(() => this.#onVisibility());
    this.#onTick();
    if (!this.#browser.isHidden()) this.#open();
    else this.#glimpseLater(this.#attempt);
  }

  /** Tries at once instead of at `nextTryMs`; nothing while there is a stream. */
  tryNow(): void {
    if (this.#stream === undefined) this.#open();
  }

  #onTick(): void {
    this.#store.tick();
    this.#browser.after(TICK_MS, () => this.#onTick());
  }

  #open(): void {
    this.#close();
    this.#attempt += 1;
    const attempt = this.#attempt;
    let isAnswered = false;
    const path = this.#lastId === "" ? "/api/stream" : `/api/stream?after=${encodeURIComponent(this.#lastId)}`;
    if (this.#tries > 0) this.#becomeStale(undefined);
    this.#awaitMessage();
    this.#stream = this.#browser.openStream(path, {
      event: (name, data, id) => {
        if (attempt !== this.#attempt) return;
        isAnswered = true;
        this.#onMessage(name, data, id);
        this.#awaitMessage();
      },
      failed: () => {
        if (attempt !== this.#attempt) return;
        this.#onFailure("no_answer");
        if (!isAnswered) void this.#askWhy(this.#attempt);
      },
    });
  }

  #close(): void {
    this.#attempt += 1;
    this.#silence?.cancel();
    this.#retry?.cancel();
    this.#stream?.close();
    this.#stream = undefined;
  }

  #awaitMessage(): void {
    this.#silence?.cancel();
    this.#silence = this.#browser.after(SILENCE_MS_MAX, () => this.#onFailure("silent"));
  }

  #onMessage(name: string, data: string, id: string): void {
    this.#store.take(name, parse(data));
    if (id !== "") this.#lastId = id;
    this.#tries = 0;
    this.#heardMs = this.#store.masterNowMs();
    if (this.#store.connection.value.name !== "live") this.#store.connection.value = { name: "live" };
  }

  #onFailure(reason: StaleReason): void {
    this.#close();
    this.#tries += 1;
    this.#reason = reason;
    const waitMs = delayMs(this.#tries, this.#browser.random());
    this.#retry = this.#browser.after(waitMs, () => this.#open());
    this.#becomeStale(this.#store.masterNowMs() + waitMs);
  }

  #becomeStale(nextTryMs: number | undefined): void {
    const { connection } = this.#store;
    connection.value = {
      ...{ name: "stale", sinceMs: this.#heardMs, tries: this.#tries, nextTryMs, reason: this.#reason },
    };
  }

  /** Asks something small after a stream was refused. */
  async #askWhy(attempt: number): Promise<void> {
    try {
      const { status } = await this.#browser.getJson("/api/status");
      if (status !== 200 || attempt !== this.#attempt) return;
    } catch {
      return;
    }
    this.#reason = "too_many_streams";
    const { connection } = this.#store;
    if (connection.value.name === "stale") connection.value = { ...connection.value, reason: this.#reason };
  }

  #onVisibility(): void {
    this.#hiding?.cancel();
    if (this.#browser.isHidden()) this.#hiding = this.#browser.after(HIDDEN_MS_MAX, () => this.#hide());
    else this.tryNow();
  }

  #hide(): void {
    this.#close();
    this.#tries = 0;
    this.#reason = "hidden";
    this.#becomeStale(undefined);
    this.#glimpseLater(this.#attempt);
  }

  #glimpseLater(attempt: number): void {
    this.#retry = this.#browser.after(GLIMPSE_MS, () => void this.#glimpse(attempt));
  }

  /** What the tab's title says is to be true while nobody sees the page; the page itself goes on from its stream. */
  async #glimpse(attempt: number): Promise<void> {
    const paths = ["status", "nodes"];
    const answers = await Promise.all(paths.map((name) => this.#browser.getJson(`/api/${name}`))).catch(() => []);
    if (attempt !== this.#attempt) return;
    const isAnswered = answers.length > 0 && answers.every(({ status }) => status === 200);
    if (isAnswered) {
      for (const [index, { body }] of answers.entries()) this.#store.take(paths[index] ?? "", body);
      this.#heardMs = this.#store.masterNowMs();
    }
    this.#reason = isAnswered ? "hidden" : "no_answer";
    this.#becomeStale(undefined);
    this.#glimpseLater(attempt);
  }
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data) as unknown;
  } catch {
    return undefined;
  }
}
