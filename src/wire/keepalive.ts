/**
 * An agent's keepalive (agent-protocol 3.1), the text behind `#!-`:
 *
 *   uname " - " version [ " / " sum of agent.conf ] LF
 *   label*         ["#"]["!"] DQUOTE key DQUOTE ":" value LF          "#" the system's own, "!" hidden
 *   sum " merged.mg" LF                                               `x`: the agent has none
 *   [ "#" DQUOTE "_agent_ip" DQUOTE ":" address LF ]
 *   [ LF noise ]                                                      whatever stands behind the last LF is noise
 *
 * All of it is an agent's word about itself: every text is bounded and made valid UTF-8, and lines that say nothing are
 * passed over. A text without any LF is no keepalive.
 */
import {
  AGENT_FACT_BYTES_MAX,
  AGENT_LABEL_KEY_BYTES_MAX,
  AGENT_LABEL_VALUE_BYTES_MAX,
  AGENT_LABELS_MAX,
  type AgentFacts,
  type AgentLabel,
} from "../model/agent.ts";
import { cutToBytes } from "./bounded-text.ts";
import { hostOf, osOf } from "./uname.ts";

/** Labels, the sum and the address: a longer text is not read to its end. */
const linesMax = 512;
const labelForm = /^(#?)(!?)"([^"]+)":(.*)$/;
const sumForm = /^(x|[0-9a-f]{32}) merged\.mg$/i;
const addressKey = "_agent_ip";

const fact = (text: string): string => cutToBytes(text, AGENT_FACT_BYTES_MAX);

/** Undefined: it is none. */
export function readKeepalive(bytes: Buffer): AgentFacts | undefined {
  const last = bytes.lastIndexOf(0x0a);
  if (last <= 0) return undefined;
  const [first = "", ...lines] = bytes.toString("utf8", 0, last).split("\n", linesMax);
  const uname = fact(before(first, " - "));
  const program = after(first, " - ");
  let [mergedSum, address] = ["", ""];
  const labels: AgentLabel[] = [];
  for (const line of lines) {
    const sum = sumForm.exec(line)?.[1];
    if (sum !== undefined) mergedSum = sum.toLowerCase();
    const label = readLabel(line);
    if (label === undefined) continue;
    if (label.isSystem && label.key === addressKey) address = label.value;
    else if (labels.length < AGENT_LABELS_MAX) labels.push(label);
  }
  return {
    ...{ version: fact(before(program, " / ")), uname, os: osOf(uname), host: hostOf(uname), address },
    ...{ configSum: fact(after(program, " / ")), mergedSum, labels },
  };
}

function readLabel(line: string): AgentLabel | undefined {
  const [, system, hidden, key, value] = labelForm.exec(line) ?? [];
  if (key === undefined || value === undefined) return undefined;
  // Half a key would be another label's name.
  if (Buffer.byteLength(key) > AGENT_LABEL_KEY_BYTES_MAX) return undefined;
  const kept = cutToBytes(value, AGENT_LABEL_VALUE_BYTES_MAX);
  return { key, value: kept, isHidden: hidden === "!", isSystem: system === "#" };
}

const before = (text: string, mark: string): string => {
  const at = text.indexOf(mark);
  return at < 0 ? text : text.slice(0, at);
};
const after = (text: string, mark: string): string => {
  const at = text.indexOf(mark);
  return at < 0 ? "" : text.slice(at + mark.length);
};

/** What an agent sends of itself, without noise. `os` and `host` are part of its uname. */
export function keepaliveText(facts: Omit<AgentFacts, "os" | "host">): string {
  const { uname, version, configSum, labels, mergedSum, address } = facts;
  const config = configSum === "" ? "" : ` / ${configSum}`;
  const labelLines = labels.map(
    ({ key, value, isHidden, isSystem }) => `${isSystem ? "#" : ""}${isHidden ? "!" : ""}"${key}":${value}\n`,
  );
  const own = `#"${addressKey}":${address}\n`;
  return `${uname} - ${version}${config}\n${labelLines.join("")}${mergedSum || "x"} merged.mg\n${own}`;
}
