/** The only place where the page touches the browser's world. Everything else is given it, and is tested without. */
import type { PageEvents } from "../api/contract/page-stream.ts";
import type { Browser, OpenStream, StreamListener } from "./needs.ts";

/** An event source tells only of the names that it was asked for. */
const eventNames = [
  "status",
  "nodes",
  "figures",
  "levels",
  "alerts",
  "log",
] as const satisfies readonly (keyof PageEvents)[];

/** The node is on the same machine or behind a tunnel; whoever takes longer than that does not answer. */
const ANSWER_MS_MAX = 5_000;

function openStream(path: string, on: StreamListener): OpenStream {
  const source = new EventSource(path);
  let isClosed = false;
  for (const name of eventNames) {
    source.addEventListener(name, (event: MessageEvent<unknown>) => {
      if (typeof event.data === "string") on.event(name, event.data, event.lastEventId);
    });
  }
  // The browser would try again by itself, at its own pace, without the page knowing when.
  source.addEventListener("error", () => {
    if (isClosed) return;
    isClosed = true;
    source.close();
    on.failed();
  });
  return {
    close: () => {
      isClosed = true;
      source.close();
    },
  };
}

async function getJson(path: string): Promise<{ status: number; body: unknown }> {
  const reply = await fetch(path, {
    cache: "no-store",
    redirect: "error",
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
  });
  const text = await reply.text();
  try {
    return { status: reply.status, body: JSON.parse(text) as unknown };
  } catch {
    return { status: reply.status, body: undefined };
  }
}

/** What the page is put into. */
export function pageRoot(): HTMLElement | null {
  return document.getElementById("page");
}

export const realBrowser: Browser = {
  nowMs: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return { cancel: () => clearTimeout(timer) };
  },
  random: () => Math.random(),
  openStream,
  getJson,
  isHidden: () => document.visibilityState === "hidden",
  onVisibility: (run) => document.addEventListener("visibilitychange", run),
  remember: (key, value) => {
    try {
      localStorage.setItem(key, value);
    } catch {
      // A reader who forbids it, or whose store is full, chooses again the next time.
    }
  },
  recall: (key) => {
    try {
      return localStorage.getItem(key) ?? undefined;
    } catch {
      return undefined;
    }
  },
  languages: () => navigator.languages,
  entitle: (title) => {
    document.title = title;
  },
  reload: () => location.reload(),
  search: () => new URLSearchParams(location.search),
  replaceSearch: (next) => {
    const text = next.toString();
    history.replaceState(null, "", location.pathname + (text === "" ? "" : `?${text}`) + location.hash);
  },
  onAddress: (run) => addEventListener("popstate", run),
  copy: (text) => navigator.clipboard.writeText(text),
  onNarrow: (run) => {
    const narrow = matchMedia("(max-width: 720px)");
    narrow.addEventListener("change", ({ matches }) => run(matches));
    run(narrow.matches);
  },
  hasSelectionIn: (part) => {
    const selection = document.getSelection();
    return selection !== null && !selection.isCollapsed && part instanceof Node && selection.containsNode(part, true);
  },
  hasFocusIn: (part) => part instanceof Node && part.contains(document.activeElement),
  onSelection: (run) => {
    document.addEventListener("selectionchange", run);
    return () => document.removeEventListener("selectionchange", run);
  },
  wear: (theme) => {
    if (theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
  },
};
