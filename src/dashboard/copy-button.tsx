import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { Icon } from "./glyph.tsx";
import { usePage } from "./page-context.tsx";

const SAID_MS = 2_000;

interface CopyProps {
  /** What is copied, in words for those who do not see the sign. */
  what: string;
  text: string;
  /** Written on the button; without it, it is a sign alone. */
  word?: string;
}

export function CopyButton({ what, text, word }: CopyProps): JSX.Element {
  const { browser } = usePage();
  const outcome = useSignal<"" | "Copied" | "Not copied">("");
  const copy = async (): Promise<void> => {
    try {
      await browser.copy(text);
      outcome.value = "Copied";
    } catch {
      // The browser may forbid it; the text can still be selected.
      outcome.value = "Not copied";
    }
    browser.after(SAID_MS, () => (outcome.value = ""));
  };
  const label = outcome.value === "" ? `Copy ${what}` : outcome.value;
  const isDone = outcome.value === "Copied";
  return (
    <button
      type="button"
      class={word === undefined ? "icon" : "btn small"}
      aria-label={word === undefined ? label : undefined}
      title={label}
      onClick={() => void copy()}
    >
      <Icon name={isDone ? "done" : "copy"} />
      {word !== undefined && (outcome.value === "" ? word : outcome.value)}
    </button>
  );
}
