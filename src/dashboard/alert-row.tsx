import { useComputed, type ReadonlySignal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { PageAlert } from "../api/contract/page-stream.ts";
import { AlertDetail } from "./alert-detail.tsx";
import { alertLine, type AlertLine } from "./alert-line.ts";
import { UNKNOWN } from "./format.ts";
import { usePage } from "./page-context.tsx";
import { bandOf } from "./severity.ts";
import { LevelBadge, Moment, VisibleText } from "./word.tsx";

interface RowProps {
  pageAlert: PageAlert;
  /** The ids of the alerts that are open. */
  open: ReadonlySignal<ReadonlySet<string>>;
  toggle(id: string): void;
}

/** Reads a signal, and so is drawn again only when its own alert is another or it opens or closes. */
export function AlertRow({ pageAlert, open, toggle }: RowProps): JSX.Element {
  const { browser } = usePage();
  const { id } = pageAlert.alert;
  const isOpen = useComputed(() => open.value.has(id)).value;
  const line = useMemo(() => alertLine(pageAlert.alert), [pageAlert]);
  const onRow = (event: MouseEvent): void => {
    // The button has its own click, and whoever has just selected text did not mean to open anything.
    if (event.target instanceof Element && event.target.closest("button, a") !== null) return;
    if (event.currentTarget instanceof Element && browser.hasSelectionIn(event.currentTarget)) return;
    toggle(id);
  };
  return (
    <>
      <tr role="row" class={`line e-${bandOf(line.level)} ${isOpen ? "is-open" : ""}`} onClick={onRow}>
        <td role="cell" class="k-lv">
          <LevelBadge level={line.level} />
        </td>
        <td role="cell" class="k-desc">
          <button type="button" class="say clip" aria-expanded={isOpen} onClick={() => toggle(id)}>
            {line.description === "" ? "No description" : <VisibleText text={line.description} />}
          </button>
        </td>
        <td role="cell" class="wide-only faint">
          <VisibleText text={line.ruleId} />
        </td>
        <td role="cell" class="wide-only">
          <Who line={line} />
        </td>
        <td role="cell" class="wide-only faint">
          {line.node === "" ? UNKNOWN : <VisibleText text={line.node} />}
        </td>
        <td role="cell" class="k-time">
          {line.timeMs === undefined ? UNKNOWN : <Moment ms={line.timeMs} />}
        </td>
        <td role="cell" class="card-only k-meta">
          <span class="clip">
            <Who line={line} />
          </span>
          {line.node !== "" && (
            <span class="clip on">
              {"on "}
              <VisibleText text={line.node} />
            </span>
          )}
        </td>
      </tr>
      {isOpen && (
        <tr role="row" class="opened">
          <td role="cell" class="whole" colSpan={6}>
            <AlertDetail pageAlert={pageAlert} />
          </td>
        </tr>
      )}
    </>
  );
}

/** The agent that sent it, or where else it came from. */
function Who({ line }: { line: AlertLine }): JSX.Element {
  if (line.agent !== "") return <VisibleText text={line.agent} />;
  if (line.sender === "") return <>{UNKNOWN}</>;
  return (
    <span class="mono">
      <VisibleText text={line.sender} />
    </span>
  );
}
