/** What every part of the page is given: what came from the master, and what the reader has chosen. */
import { computed, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { readAddress, writeAddress, type AddressState } from "./address-state.ts";
import type { Browser } from "./browser.ts";
import type { PageConnector } from "./connector.ts";
import type { Store } from "./store.ts";

export interface PageParts {
  readonly browser: Browser;
  readonly store: Store;
  readonly connector: PageConnector;
  /** What the address says. Written by `choose` alone. */
  readonly chosen: ReadonlySignal<AddressState>;
  choose(change: Partial<AddressState>): void;
  /** Whether the window is that of a phone: charts have fewer bars then. */
  readonly isNarrow: Signal<boolean>;
  readonly isStale: ReadonlySignal<boolean>;
  /** When the reader's day began: times of today are shown without a date. Changes once a day, not each second. */
  readonly todayMs: ReadonlySignal<number>;
}

export function pagePartsOf(browser: Browser, store: Store, connector: PageConnector): PageParts {
  const chosen = signal(readAddress(browser.search()));
  return {
    ...{ browser, store, connector, chosen, isNarrow: signal(false) },
    choose: (change) => {
      chosen.value = { ...chosen.value, ...change };
      browser.replaceSearch(writeAddress(chosen.value, browser.search()));
    },
    isStale: computed(() => store.connection.value.name === "stale"),
    todayMs: computed(() => new Date(store.nowMs.value).setHours(0, 0, 0, 0)),
  };
}

export const PageContext = createContext<PageParts | undefined>(undefined);

export function usePage(): PageParts {
  const parts = useContext(PageContext);
  if (parts === undefined) throw new Error("this part stands outside of the page");
  return parts;
}
