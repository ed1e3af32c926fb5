/**
 * What the reader has chosen, as it stands in the page's address, so that a view can be sent to somebody. What is not
 * understood falls back to what is chosen at first; that is not written.
 */
import { agentStates, firstView, readFrom, type AgentView } from "./agent-view.ts";
import { logLevels, type LogLevel } from "./log-filter.ts";

export type Range = "15m" | "1h" | "24h";
export const ranges: readonly Range[] = ["15m", "1h", "24h"];

export interface AddressState extends AgentView {
  /** What the histogram covers; `auto` until the reader has chosen. */
  range: Range | "auto";
  /** The list of alerts shows those of at least this level, 0 to 16. */
  level: number;
  logNode: string;
  logLevel: LogLevel;
  logQuery: string;
}

export const firstChoice: Readonly<AddressState> = {
  range: "auto",
  level: 0,
  logNode: "",
  logLevel: "INFO",
  logQuery: "",
  ...firstView,
};

/** Longer than any name, and than anything that somebody types to find a line; links can say what they want. */
const TEXT_LENGTH_MAX = 256;

export function readAddress(search: URLSearchParams): AddressState {
  const level = search.get("level") ?? "";
  const logLevel = search.get("log.level")?.toUpperCase();
  return {
    range: ranges.find((range) => range === search.get("range")) ?? firstChoice.range,
    level: /^(?:\d|1[0-6])$/.test(level) ? Number(level) : firstChoice.level,
    logNode: textOf(search, "log.node"),
    logLevel: logLevels.find((known) => known === logLevel) ?? firstChoice.logLevel,
    logQuery: textOf(search, "log.q"),
    agentState: agentStates.find((state) => state === search.get("agent.state")) ?? firstChoice.agentState,
    agentNode: textOf(search, "agent.node"),
    agentGroup: textOf(search, "agent.group"),
    agentQuery: textOf(search, "agent.q"),
    agentFrom: readFrom(search.get("agent.from") ?? ""),
  };
}

function textOf(search: URLSearchParams, name: string): string {
  return (search.get(name) ?? "").slice(0, TEXT_LENGTH_MAX);
}

/** `search` with the state written into it; parameters that are not ours stay. */
export function writeAddress(state: AddressState, search: URLSearchParams): URLSearchParams {
  const next = new URLSearchParams(search);
  const write = (name: string, value: string, first: string): void => {
    if (value === first) next.delete(name);
    else next.set(name, value);
  };
  write("range", state.range, firstChoice.range);
  write("level", String(state.level), String(firstChoice.level));
  write("log.node", state.logNode, firstChoice.logNode);
  write("log.level", state.logLevel, firstChoice.logLevel);
  write("log.q", state.logQuery, firstChoice.logQuery);
  write("agent.state", state.agentState, firstChoice.agentState);
  write("agent.node", state.agentNode, firstChoice.agentNode);
  write("agent.group", state.agentGroup, firstChoice.agentGroup);
  write("agent.q", state.agentQuery, firstChoice.agentQuery);
  write("agent.from", String(state.agentFrom), String(firstChoice.agentFrom));
  return next;
}
