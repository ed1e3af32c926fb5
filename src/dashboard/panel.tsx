/** One part of the page: its heading, its actions, and what it says when it is old, empty or broken. */
import { Component, type ComponentChildren, type JSX } from "preact";
import { usePage } from "./page-context.tsx";
import { Moment } from "./word.tsx";

interface PanelProps {
  id: string;
  title: string;
  /** Beside the heading, in words. */
  aside?: ComponentChildren;
  actions?: ComponentChildren;
  actionsClass?: string;
  class?: string;
  children: ComponentChildren;
}

export function Panel({ id, title, aside, actions, actionsClass, children, ...rest }: PanelProps): JSX.Element {
  const { isStale } = usePage();
  return (
    <section class={`panel ${rest.class ?? ""} ${isStale.value ? "is-stale" : ""}`} aria-labelledby={`${id}-title`}>
      <div class="head">
        <h2 id={`${id}-title`}>{title}</h2>
        {aside}
        <AsOf />
        {actions !== undefined && <div class={`acts ${actionsClass ?? ""}`}>{actions}</div>}
      </div>
      <Fence>{children}</Fence>
    </section>
  );
}

/** Of which moment the figures are, once they are old. */
export function AsOf(): JSX.Element | null {
  const { store, toldConnection } = usePage();
  const connection = toldConnection.value;
  if (connection.name !== "stale" || store.status.value === undefined) return null;
  return (
    <span class="asof">
      As of <Moment ms={connection.sinceMs} />
    </span>
  );
}

/** What cannot be shown takes nothing else with it. */
class Fence extends Component<{ children: ComponentChildren }, { isBroken: boolean }> {
  override state = { isBroken: false };

  static override getDerivedStateFromError(): { isBroken: boolean } {
    return { isBroken: true };
  }

  override render(): ComponentChildren {
    if (!this.state.isBroken) return this.props.children;
    return (
      <Empty title="This part could not be shown">
        <span>The rest of the page goes on.</span>
        <button type="button" class="btn" onClick={() => this.setState({ isBroken: false })}>
          Try again
        </button>
      </Empty>
    );
  }
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }): JSX.Element {
  return (
    <div class="empty">
      <b>{title}</b>
      {children}
    </div>
  );
}

/** Grey bars where rows will be. */
export function GreyRows({ count }: { count: number }): JSX.Element {
  return (
    <div class="body greyrows" aria-hidden="true">
      {Array.from({ length: count }, (_, index) => (
        <span class={`sk ${"abc"[index % 3] ?? "a"}`} />
      ))}
    </div>
  );
}

interface ChoiceProps<T extends string | number> {
  label: string;
  options: readonly { value: T; word: string }[];
  value: T;
  onChoose(value: T): void;
}

/** A few choices side by side, one of which is taken. */
export function Choice<T extends string | number>({ label, options, value, onChoose }: ChoiceProps<T>): JSX.Element {
  return (
    <span class="seg" role="group" aria-label={label}>
      {options.map((option) => (
        <button type="button" aria-pressed={option.value === value} onClick={() => onChoose(option.value)}>
          {option.word}
        </button>
      ))}
    </span>
  );
}
