/** All that is known of one alert. Everything in it may come from whoever wrote the log line. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { PageAlert } from "../api/contract/page-stream.ts";
import type { AlertReply } from "../api/contract/reply.ts";
import { alertLine, type AlertLine } from "./alert-line.ts";
import { CopyButton } from "./copy-button.tsx";
import { utcOf } from "./format.ts";
import { readAlerts } from "./message.ts";
import { usePage } from "./page-context.tsx";
import { visibleLines } from "./visible-text.ts";
import { VisibleText } from "./word.tsx";

export function AlertDetail({ pageAlert }: { pageAlert: PageAlert }): JSX.Element {
  const whole = useSignal<AlertReply | undefined>(undefined);
  const alert = whole.value ?? pageAlert.alert;
  const line = useMemo(() => alertLine(alert), [alert]);
  return (
    <div class="detail">
      {pageAlert.isCut && whole.value === undefined && <Cut id={line.id} onWhole={(found) => (whole.value = found)} />}
      <Log title="Log" text={line.fullLog} />
      <div class="pair">
        <Pairs title="Decoded fields" pairs={line.fields} />
        <Pairs title="Alert" pairs={pairsOf(line)} />
      </div>
      <Log title="Earlier lines" text={line.previousOutput} />
      <div class="acts">
        <CopyButton what="the alert as JSON" text={JSON.stringify(alert, null, 2)} word="Copy JSON" />
      </div>
    </div>
  );
}

function pairsOf(line: AlertLine): [string, string][] {
  const pairs: [string, string][] = [
    ["id", line.id],
    ["time", utcOf(line.timeMs)],
    ["rule", line.ruleId],
    ["groups", line.groups.join(", ")],
    ["agent", line.agent],
    ["location", line.location],
    ["decoder", line.decoder],
    ["node", line.node],
    ["MITRE", [...line.mitre.ids, ...line.mitre.techniques].join(", ")],
    ["tactics", line.mitre.tactics.join(", ")],
  ];
  return pairs.filter(([, text]) => text !== "");
}

/** Line ends divide it, as they did where it was written; every other character that hides is written out. */
function Log({ title, text }: { title: string; text: string }): JSX.Element | null {
  if (text === "") return null;
  return (
    <div>
      <h3>{title}</h3>
      <pre class="raw" tabIndex={0} role="group" aria-label={title}>
        {visibleLines(text).map((piece) => (piece.isEscape ? <span class="esc">{piece.text}</span> : piece.text))}
      </pre>
    </div>
  );
}

function Pairs({ title, pairs }: { title: string; pairs: readonly [string, string][] }): JSX.Element | null {
  if (pairs.length === 0) return null;
  return (
    <div>
      <h3>{title}</h3>
      <dl class="kv">
        {pairs.map(([name, text]) => (
          <>
            <dt>
              <VisibleText text={name} />
            </dt>
            <dd>
              <VisibleText text={text} />
            </dd>
          </>
        ))}
      </dl>
    </div>
  );
}

/** Long texts travel cut, so that one alert cannot fill the stream; the whole is asked for. */
function Cut({ id, onWhole }: { id: string; onWhole(alert: AlertReply): void }): JSX.Element {
  const { browser } = usePage();
  const state = useSignal<"idle" | "asking" | "gone" | "failed">("idle");
  const ask = async (): Promise<void> => {
    state.value = "asking";
    try {
      const { status, body } = await browser.getJson(`/api/alerts/one?id=${encodeURIComponent(id)}`);
      const alert = status === 200 ? readAlerts({ alerts: [{ alert: body }] })?.alerts[0]?.alert : undefined;
      if (alert !== undefined) onWhole(alert);
      else state.value = status === 404 ? "gone" : "failed";
    } catch {
      state.value = "failed";
    }
  };
  return (
    <p class="acts" role="status">
      {cutWords[state.value]}
      {state.value !== "gone" && (
        <button type="button" class="btn small" disabled={state.value === "asking"} onClick={() => void ask()}>
          {state.value === "failed" ? "Try again" : "Show the whole"}
        </button>
      )}
    </p>
  );
}

const cutWords = {
  idle: "Long texts of this alert are cut here.",
  asking: "Long texts of this alert are cut here. Asking for the whole.",
  gone: "Long texts of this alert are cut here, and the master no longer holds the whole: alerts.json has it.",
  failed: "The master did not answer with the whole alert.",
};
