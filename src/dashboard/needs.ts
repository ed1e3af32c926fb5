/** What the page needs of the browser. It knows no type of the DOM, so that it can be doubled where there is none. */

export interface OpenStream {
  close(): void;
}

export interface StreamListener {
  event(name: string, data: string, id: string): void;
  /** Once; the stream is closed then, and nothing comes any more. */
  failed(): void;
}

export interface Timer {
  cancel(): void;
}

export interface Browser {
  /** ms since 1970, by the reader's clock. */
  nowMs(): number;
  /** Runs it once, after so long or, in a hidden tab, later. */
  after(ms: number, run: () => void): Timer;
  /** A number of [0, 1). */
  random(): number;
  openStream(path: string, on: StreamListener): OpenStream;
  /** Rejects when there is no answer in 5 s. `body` is undefined when the answer is no JSON. */
  getJson(path: string): Promise<{ status: number; body: unknown }>;
  isHidden(): boolean;
  onVisibility(run: () => void): void;
  /** Kept on the reader's machine, if it lets the page do so. */
  remember(key: string, value: string): void;
  recall(key: string): string | undefined;
  /** The reader's, best first, as BCP 47 has them. */
  languages(): readonly string[];
  /** What the window, or its tab, is called. */
  entitle(title: string): void;
  /** Loads the page anew, scripts and all. */
  reload(): void;
  search(): URLSearchParams;
  /** Replaces what stands behind the `?` of the address, without a new entry in the history. */
  replaceSearch(next: URLSearchParams): void;
  /** Tells of every other address that the reader goes to without loading the page: back, forward. */
  onAddress(run: () => void): void;
  /** Into the clipboard. Rejects where the browser forbids it. */
  copy(text: string): Promise<void>;
  /** Tells whether the window is that of a phone: at once, and when it has changed. */
  onNarrow(run: (isNarrow: boolean) => void): void;
  /** Whether text inside of a part of the page is selected at this moment. */
  hasSelectionIn(part: object): boolean;
  /** Whether the focus is in a part of the page, or comes back there with the window. */
  hasFocusIn(part: object): boolean;
  /** Tells that what is selected has changed; gives what ends that. */
  onSelection(run: () => void): () => void;
  /** Wears a theme; `system` is the reader's own. */
  wear(theme: string): void;
}
