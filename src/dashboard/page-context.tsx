/** What every part of the page is given: what came from the master, and what the reader has chosen. */
import { computed, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { AgentFeed } from "./agent-feed.ts";
import { pathOf } from "./agent-view.ts";
import { readAddress, writeAddress, type AddressState, type Range } from "./address-state.ts";
import type { PageConnector } from "./connector.ts";
import type { Browser } from "./needs.ts";
import type { Connection, Store } from "./store.ts";
import { shownMsOf, toldConnectionOf, type ToldInput } from "./told-connection.ts";

export interface PageParts {
  readonly browser: Browser;
  readonly store: Store;
  readonly connector: PageConnector;
  /** Asks nothing before it is started. */
  readonly agents: AgentFeed;
  /** What the address says. Written by `choose`, and when the reader goes back or forward. */
  readonly chosen: ReadonlySignal<AddressState>;
  choose(change: Partial<AddressState>): void;
  /** From when on the master has counted; before that nothing is known, which is not the same as no alert. */
  readonly knownFromMs: ReadonlySignal<number>;
  /** What the histogram covers: as the reader has chosen, or else an hour, or less while there is less to show. */
  readonly range: ReadonlySignal<Range>;
  /** All that is not well is shown, in the list of what needs you and in the table, and not the worst few alone. */
  readonly isAllShown: Signal<boolean>;
  /** Whether the window is that of a phone: charts have fewer bars then. */
  readonly isNarrow: ReadonlySignal<boolean>;
  /** As it is told: see told-connection.ts. */
  readonly toldConnection: ReadonlySignal<Connection>;
  readonly isStale: ReadonlySignal<boolean>;
  /** The moment that what is shown is of: now, or when the master was last heard. No age goes on beyond it. */
  readonly shownMs: ReadonlySignal<number>;
  /** When the reader's day began: times of today are shown without a date. Changes once a day, not each second. */
  readonly todayMs: ReadonlySignal<number>;
}

const quarterMs = 15 * 60_000;

function knownFromMsOf({ levels, figures, status }: Store): number {
  const { hour, day } = levels.value;
  const moments = [hour.bins[0]?.atMs, figures.value[0]?.atMs, status.value?.startedMs];
  const fromMs = Math.min(...moments.map((ms) => ms ?? Infinity));
  const eldest = day.bins[0];
  // The bins of a day are wide: one that was begun before the master does not say that it counted from its beginning.
  return eldest !== undefined && eldest.atMs + day.binMs <= fromMs ? eldest.atMs : fromMs;
}

export function pagePartsOf(browser: Browser, store: Store, connector: PageConnector): PageParts {
  const toldInput = (): ToldInput => ({
    ...{ connection: store.connection.value, isKnown: store.status.value !== undefined, nowMs: store.nowMs.value },
  });
  const toldConnection = computed(() => toldConnectionOf(toldInput()));
  const chosen = signal(readAddress(browser.search()));
  const knownFromMs = computed(() => knownFromMsOf(store));
  const isYoung = computed(() => store.nowMs.value - knownFromMs.value < quarterMs);
  const agents = new AgentFeed(
    browser,
    store,
    computed(() => pathOf(chosen.value)),
  );
  const isNarrow = signal(false);
  browser.onNarrow((now) => (isNarrow.value = now));
  browser.onAddress(() => (chosen.value = readAddress(browser.search())));
  return {
    ...{ browser, store, connector, agents, chosen, knownFromMs, isNarrow, isAllShown: signal(false) },
    range: computed(() => {
      const { range } = chosen.value;
      if (range !== "auto") return range;
      return isYoung.value ? "15m" : "1h";
    }),
    choose: (change) => {
      chosen.value = { ...chosen.value, ...change };
      browser.replaceSearch(writeAddress(chosen.value, browser.search()));
    },
    toldConnection,
    isStale: computed(() => toldConnection.value.name === "stale"),
    shownMs: computed(() => shownMsOf(toldInput())),
    todayMs: computed(() => new Date(store.nowMs.value).setHours(0, 0, 0, 0)),
  };
}

export const PageContext = createContext<PageParts | undefined>(undefined);

export function usePage(): PageParts {
  const parts = useContext(PageContext);
  if (parts === undefined) throw new Error("this part stands outside of the page");
  return parts;
}
