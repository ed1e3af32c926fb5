/** A reader's browser whose time stands still until a test lets it go on, and whose streams a test speaks through. */
import type { Browser, OpenStream, StreamListener, Timer } from "../../src/dashboard/needs.ts";

interface Alarm {
  atMs: number;
  run: () => void;
}

/** A stream that the page has opened. */
export class SimStream implements OpenStream {
  readonly path: string;
  readonly #on: StreamListener;
  isClosed = false;

  constructor(path: string, on: StreamListener) {
    this.path = path;
    this.#on = on;
  }

  close(): void {
    this.isClosed = true;
  }

  /** Says something; like a browser's, a closed stream may still deliver what was under way. */
  say(name: string, data: unknown, id = ""): void {
    this.#on.event(name, typeof data === "string" ? data : JSON.stringify(data), id);
  }

  fail(): void {
    this.isClosed = true;
    this.#on.failed();
  }
}

export class SimBrowser implements Browser {
  /** The reader's clock. */
  wallMs: number;
  /** Time that has gone by, whatever the clock was set to. */
  elapsedMs = 0;
  chance = 0;
  readonly streams: SimStream[] = [];
  /** What `getJson` was asked for. */
  readonly asked: string[] = [];
  /** The status it answers; undefined: no answer. */
  answer: number | undefined;
  /** What it answers, by path. */
  readonly bodies = new Map<string, unknown>();
  isTabHidden = false;
  params = new URLSearchParams();
  title = "";
  reloadCount = 0;
  readonly kept = new Map<string, string>();
  copied = "";
  theme = "system";
  selected: object | undefined;
  focused: object | undefined;
  readonly #alarms = new Set<Alarm>();
  readonly #watchers: (() => void)[] = [];
  readonly #followers: (() => void)[] = [];
  readonly #measurers: ((isNarrow: boolean) => void)[] = [];
  readonly #selectors = new Set<() => void>();
  #isNarrow = false;

  constructor(wallMs: number) {
    this.wallMs = wallMs;
  }

  get stream(): SimStream {
    const last = this.streams.at(-1);
    if (last === undefined) throw new Error("no stream was opened");
    return last;
  }

  get openCount(): number {
    return this.streams.filter(({ isClosed }) => !isClosed).length;
  }

  get timerCount(): number {
    return this.#alarms.size;
  }

  nowMs(): number {
    return this.wallMs;
  }

  random(): number {
    return this.chance;
  }

  after(ms: number, run: () => void): Timer {
    const alarm = { atMs: this.elapsedMs + ms, run };
    this.#alarms.add(alarm);
    return { cancel: () => void this.#alarms.delete(alarm) };
  }

  /** Lets so much time go by; what falls due runs in its order. */
  advance(ms: number): void {
    const endMs = this.elapsedMs + ms;
    for (;;) {
      const next = [...this.#alarms].sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined || next.atMs > endMs) break;
      this.#goTo(next.atMs);
      this.#alarms.delete(next);
      next.run();
    }
    this.#goTo(endMs);
  }

  #goTo(elapsedMs: number): void {
    this.wallMs += elapsedMs - this.elapsedMs;
    this.elapsedMs = elapsedMs;
  }

  openStream(path: string, on: StreamListener): OpenStream {
    const stream = new SimStream(path, on);
    this.streams.push(stream);
    return stream;
  }

  getJson(path: string): Promise<{ status: number; body: unknown }> {
    this.asked.push(path);
    if (this.answer === undefined) return Promise.reject(new Error("no answer"));
    return Promise.resolve({ status: this.answer, body: this.bodies.get(path) ?? {} });
  }

  isHidden(): boolean {
    return this.isTabHidden;
  }

  onVisibility(run: () => void): void {
    this.#watchers.push(run);
  }

  show(isVisible: boolean): void {
    this.isTabHidden = !isVisible;
    for (const run of this.#watchers) run();
  }

  remember(key: string, value: string): void {
    this.kept.set(key, value);
  }

  recall(key: string): string | undefined {
    return this.kept.get(key);
  }

  languages(): readonly string[] {
    return ["en-US"];
  }

  entitle(title: string): void {
    this.title = title;
  }

  reload(): void {
    this.reloadCount += 1;
  }

  search(): URLSearchParams {
    return new URLSearchParams(this.params);
  }

  replaceSearch(next: URLSearchParams): void {
    this.params = new URLSearchParams(next);
  }

  onAddress(run: () => void): void {
    this.#followers.push(run);
  }

  /** The reader goes back or forward to this address. */
  goTo(search: string): void {
    this.params = new URLSearchParams(search);
    for (const run of this.#followers) run();
  }

  copy(text: string): Promise<void> {
    this.copied = text;
    return Promise.resolve();
  }

  onNarrow(run: (isNarrow: boolean) => void): void {
    this.#measurers.push(run);
    run(this.#isNarrow);
  }

  resize(isNarrow: boolean): void {
    this.#isNarrow = isNarrow;
    for (const run of this.#measurers) run(isNarrow);
  }

  hasSelectionIn(part: object): boolean {
    return this.selected === part;
  }

  hasFocusIn(part: object): boolean {
    return this.focused === part;
  }

  onSelection(run: () => void): () => void {
    this.#selectors.add(run);
    return () => void this.#selectors.delete(run);
  }

  select(part: object | undefined): void {
    this.selected = part;
    for (const run of this.#selectors) run();
  }

  wear(theme: string): void {
    this.theme = theme;
  }
}
