/** The bar that stays: how the nodes are, whether what is shown is of now, and the reader's theme. */
import type { JSX } from "preact";
import { Eye, Glyph, Icon } from "./glyph.tsx";
import { countsOf, nodeStates, worstFirst } from "./node-order.ts";
import { age } from "./format.ts";
import { usePage } from "./page-context.tsx";

/** Up to here there is a glyph for each node. */
const GLYPHS_MAX = 12;

/** So many states are in words; the rest is in the table. */
const WORDS_MAX = 2;

export function TopBar(): JSX.Element {
  return (
    <header class="top">
      <span class="brand">
        <Eye />
        <span class="name">Argus</span>
      </span>
      <div class="right">
        <HealthPill />
        <LiveMark />
        <ThemeChoice />
      </div>
    </header>
  );
}

function HealthPill(): JSX.Element | null {
  const { store, isStale } = usePage();
  const nodes = worstFirst(store.nodes.value);
  if (nodes.length === 0) return null;
  const counts = countsOf(nodes);
  const present = nodeStates.filter((state) => counts[state] > 0);
  const unwell = present.filter((state) => state !== "up");
  const inWords = present.map((state) => `${counts[state]} ${state}`).join(", ");
  return (
    <a class={isStale.value ? "health is-stale" : "health"} href="#nodes" title={`Nodes: ${inWords}`}>
      <span class="vh">{`Nodes: ${inWords}.`}</span>
      {nodes.length <= GLYPHS_MAX ? (
        <span class="glyphs">
          {nodes.map(({ name, state }) => (
            <Glyph key={name} mark={state} size={10} />
          ))}
        </span>
      ) : (
        present.map((state) => (
          <span key={state} class="tally">
            <Glyph mark={state} size={10} />
            {counts[state]}
          </span>
        ))
      )}
      {unwell.length === 0 && <span class="more">{nodes.length === 1 ? "UP" : `${nodes.length} UP`}</span>}
      {nodes.length <= GLYPHS_MAX &&
        unwell
          .slice(0, WORDS_MAX)
          .map((state, index) => (
            <b key={state} class={index === 0 ? "" : "more"}>{`${counts[state]} ${state.toUpperCase()}`}</b>
          ))}
    </a>
  );
}

function LiveMark(): JSX.Element {
  const { store, toldConnection } = usePage();
  const told = toldConnection.value;
  if (told.name === "stale") {
    return (
      <span class="live is-stale">
        <span>{`Stale ${age(Math.max(0, store.nowMs.value - told.sinceMs))}`}</span>
      </span>
    );
  }
  // A stream that has just ended is opened again; that what is shown is old is said when that does not help.
  if (store.connection.value.name !== "live") return <span class="live is-waiting">Connecting</span>;
  return <span class="live">Live</span>;
}

const themes = ["system", "light", "dark"] as const;

/** public/theme.js reads the same key before the first paint. */
const THEME_KEY = "theme";

function ThemeChoice(): JSX.Element {
  const { browser } = usePage();
  const remembered = browser.recall(THEME_KEY);
  return (
    <label class="theme">
      <Icon name="theme" size={18} />
      <span class="word">Theme</span>
      <select
        class="select"
        aria-label="Theme"
        onChange={({ currentTarget }) => {
          const theme = currentTarget.value;
          browser.remember(THEME_KEY, theme);
          browser.wear(theme);
        }}
      >
        {themes.map((theme) => (
          <option key={theme} value={theme} selected={theme === (remembered ?? "system")}>
            {theme}
          </option>
        ))}
      </select>
    </label>
  );
}
