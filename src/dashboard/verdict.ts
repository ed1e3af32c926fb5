/**
 * Whether the cluster is well, in words, and what needs somebody. Every sentence is true at the moment it is shown:
 * that nothing is lost is said only of what the master has told in the last 10 s; of a node that does not answer nobody
 * knows what it holds by now; and what the master said before it fell silent is said to be of then.
 */
import type { NodeInfo, StatusReply } from "../api/contract/reply.ts";
import { age, clockOffset, count, roughAge, timeOf } from "./format.ts";
import { countsOf, worstFirst, type NodeState } from "./node-order.ts";
import type { Connection } from "./store.ts";

export interface VerdictInput {
  status: StatusReply | undefined;
  nodes: readonly NodeInfo[];
  connection: Connection;
  /** By the master's clock. */
  nowMs: number;
  /** The reader's zone when it is left out. */
  zone?: string;
}

export type NeedMark = NodeState | "lost" | "key" | "clock" | "behind" | "ruleset";

/** Something that is not well. Names and reasons in it are texts of strangers. */
export interface Need {
  mark: NeedMark;
  /** `DOWN`, `LOST`: what the mark says. */
  word: string;
  /** The node it is about, or empty. */
  subject: string;
  /** A sentence or two that go on from the subject where there is one: `has not answered for 23 min.` */
  text: string;
  /** Where the page shows it, as a link: `#node-NAME`, `#figures`; empty when nowhere. */
  target: string;
}

export interface Verdict {
  headline: string;
  /** May be empty. */
  detail: string;
  /** Worst first. */
  needs: Need[];
}

/** From here on a clock is worth a word: events are put in order by it. */
export const CLOCK_OFFSET_MS_MAX = 1_000;
/** A node whose oldest event waits longer is lagging; so is the analysis. */
export const BEHIND_MS_MAX = 10_000;

/** So many that are not well are shown at once, the worst; half a cluster that is down would push all else away. */
export const UNWELL_COUNT = 5;

export function verdictOf(input: VerdictInput): Verdict {
  const { status, connection } = input;
  if (connection.name === "stale") return staleVerdict(input, connection);
  if (connection.name === "connecting" || status === undefined || input.nodes.length === 0) {
    return { headline: "Asking the master how it is.", detail: "", needs: [] };
  }
  const needs = needsOf(status, input);
  const problems = problemsOf(status, needs, input.nodes);
  const { isCounted, accepted, lost } = status.events;
  const isEmpty = isCounted && accepted === 0 && lost === 0;
  const rest = isEmpty ? "Waiting for the first event." : lostNothing(status, needs);
  const headline = `${problems === "" ? "All is well." : problems} ${rest}`.trim();
  return { headline, detail: isEmpty ? "" : analysedUpTo(status, input), needs };
}

/**
 * A loss of before is no state of now; what was lost in the last day has been said already, and what is not counted yet
 * is not vouched for.
 */
function lostNothing({ events }: StatusReply, needs: readonly Need[]): string {
  if (!events.isCounted || events.lostInDay > 0) return "";
  if (events.lost > 0) return "Nothing lost in the last 24 hours.";
  return needs.length === 0 ? "Nothing lost." : "Nothing lost so far.";
}

type Stale = Connection & { name: "stale" };

/** What the master last said is judged by the time at which it said it: ages do not grow while nobody knows. */
function staleVerdict(input: VerdictInput, connection: Stale): Verdict {
  const { status, nodes, nowMs, zone } = input;
  const since = timeOf(connection.sinceMs, nowMs, zone);
  const isKnown = status !== undefined && nodes.length > 0;
  if (!isKnown) return { ...unheard(connection), needs: [] };
  const then = { ...input, nowMs: connection.sinceMs };
  const needs = needsOf(status, then);
  const problems = problemsOf(status, needs, nodes);
  const detail = `As of ${since}: ${problems === "" ? "no node was in trouble." : problems}`;
  return { headline: staleHeadline(connection, since), detail, needs };
}

function staleHeadline({ reason }: Stale, since: string): string {
  switch (reason) {
    case "hidden":
      return `This page was out of sight and shows what was at ${since}.`;
    case "too_many_streams":
      return `Too many pages are open. This one shows what was at ${since}.`;
    case "no_answer":
    case "silent":
      return `The master has not answered since ${since}. This is what it last said.`;
  }
}

function unheard({ reason }: Stale): { headline: string; detail: string } {
  if (reason === "too_many_streams") {
    return { headline: "Too many pages are open.", detail: "The master serves no more at a time. Close one of them." };
  }
  return { headline: "The master does not answer.", detail: "It has not been heard since this page was opened." };
}

/**
 * Up to when everything is analysed, by what the master last said and not by the time that has gone by since. What
 * waits on a node that is not in touch, or has not told yet, nobody knows: the sentence is about the others then.
 */
function analysedUpTo(status: StatusReply, { nodes, nowMs, zone }: VerdictInput): string {
  if (!status.events.isCounted) return "The analysis is starting, and has not said yet how far it has come.";
  const inTouch: readonly NodeState[] = ["up", "syncing", "lagging"];
  const isAway = nodes.some(
    ({ role, state, spool }) => !inTouch.includes(state) || (role === "worker" && spool === null),
  );
  const upTo = timeOf(status.nowMs - status.events.behindMs, nowMs, zone);
  const what = isAway ? "Everything that the other nodes received" : "Everything received";
  return `${what} before ${upTo} is analysed.`;
}

/**
 * How many there are besides those that are shown, by their words: `15 more are DOWN`, `3 more: 2 DOWN, 1 CLOCK`. Empty
 * for none.
 */
export function moreOf(needs: readonly Pick<Need, "word">[]): string {
  const counts = new Map<string, number>();
  for (const { word } of needs) counts.set(word, (counts.get(word) ?? 0) + 1);
  const [[only = ""] = []] = counts;
  if (counts.size === 1) return `${count(needs.length)} more ${needs.length === 1 ? "is" : "are"} ${only}`;
  const parts = [...counts].map(([word, number]) => `${count(number)} ${word}`);
  return parts.length === 0 ? "" : `${count(needs.length)} more: ${parts.join(", ")}`;
}

function needsOf(status: StatusReply, input: VerdictInput): Need[] {
  const { nodes, nowMs } = input;
  const ordered = worstFirst(nodes);
  const needs = ordered.flatMap((node) => nodeNeeds(node, input));
  if (status.events.lostInDay > 0) needs.unshift(lostNeed(status.events.lostInDay));
  const inJournal = waitingInJournal(status, nodes);
  if (inJournal > 0 && isAnalysisBehind(status, nodes, nowMs)) needs.push(behindNeed(status, inJournal));
  needs.push(...rulesetNeeds(status));
  if (status.keyWeakness !== "") needs.push(keyNeed(status.keyWeakness));
  return [...needs, ...ordered.flatMap(clockNeeds)];
}

function nodeNeeds(node: NodeInfo, input: VerdictInput): Need[] {
  const need = (word: string, text: string): Need[] => [
    { mark: node.state, word, subject: node.name, text, target: `#node-${node.name}` },
  ];
  switch (node.state) {
    case "down":
      return need("DOWN", downText(node, input.nowMs));
    case "refused":
      return need("REFUSED", `is not let in${because(node.lastRefusal || node.note)}.`);
    case "waiting":
      return need("WAITING", "has the cluster's key and waits to be approved. cluster.log says how.");
    case "expected":
      return need("EXPECTED", "is listed in the configuration and has not been seen yet.");
    case "lagging":
      return need("LAGGING", laggingText(node, input.nowMs));
    case "syncing":
    case "up":
      return node.spool?.isFull === true ? [fullNeed(node.name)] : [];
  }
}

function fullNeed(subject: string): Need {
  const text = "has a full spool. Its senders wait until there is room, or its oldest events go, as it is configured.";
  return { mark: "lagging", word: "FULL", subject, text, target: `#node-${subject}` };
}

function because(reason: string): string {
  return reason === "" ? "" : `: ${reason.replace(/\.$/, "")}`;
}

function eventsWere(events: number): string {
  return events === 1 ? "1 event was" : `${count(events)} events were`;
}

function eventsWait(events: number): string {
  return events === 1 ? "1 event waits" : `${count(events)} events wait`;
}

function downText({ sinceMs, spool, note }: NodeInfo, nowMs: number): string {
  const silence = `has not answered for ${roughAge(nowMs - sinceMs)}${because(note === "no heartbeat" ? "" : note)}.`;
  if (spool === null) return `${silence} What waits on its disk is not known.`;
  const what = spool.events === 0 ? "No event was" : eventsWere(spool.events);
  return `${silence} ${what} waiting on its disk when last seen.`;
}

function isDraining(spool: NodeInfo["spool"]): boolean {
  return spool !== null && spool.drainMs !== null;
}

function laggingText({ spool }: NodeInfo, nowMs: number): string {
  if (spool === null) return "is behind. By how much, it has not told yet.";
  if (spool.events === 0) return "was behind, and its spool is empty now. It is UP again in a moment.";
  if (spool.oldestMs === null) return `is behind: ${eventsWait(spool.events)} in its spool, since when is not known.`;
  const behind = `is ${age(nowMs - spool.oldestMs)} behind: ${eventsWait(spool.events)} in its spool.`;
  if (spool.isFull) return `${behind} It is full.`;
  if (spool.drainMs === null) return `${behind} It does not shrink at the moment.`;
  return `${behind} It drains by itself, empty in about ${roughAge(spool.drainMs)}.`;
}

function lostNeed(lost: number): Need {
  const where = "Which, and why, is in cluster.log and in the alerts of rule 8504.";
  const text = `${eventsWere(lost)} lost in the last 24 hours. ${where}`;
  return { mark: "lost", word: "LOST", subject: "", text, target: "#figures" };
}

function waitingInJournal({ events }: StatusReply, nodes: readonly NodeInfo[]): number {
  return events.behind - nodes.reduce((sum, { spool }) => sum + (spool?.events ?? 0), 0);
}

/** What waits in the spool of a node is said of that node. */
function isAnalysisBehind({ events }: StatusReply, nodes: readonly NodeInfo[], nowMs: number): boolean {
  const oldestMs = nodes.reduce((oldest, { spool }) => Math.min(oldest, spool?.oldestMs ?? Infinity), Infinity);
  const isTheirs = nowMs - oldestMs >= events.behindMs - 2_000;
  return events.behindMs > BEHIND_MS_MAX && !isTheirs;
}

function behindNeed({ node, events }: StatusReply, inJournal: number): Need {
  const speed = events.analysedPerSecond > events.perSecond ? "It is catching up." : "It is not catching up.";
  const text = `analyses ${age(events.behindMs)} behind: ${eventsWait(inJournal)} in the journal. ${speed}`;
  return { mark: "behind", word: "BEHIND", subject: node, text, target: "#figures" };
}

/** The analysis goes on in both cases, and answers less than whoever wrote the rules believes. */
function rulesetNeeds({ ruleset: { refusal, quarantined } }: StatusReply): Need[] {
  const need = (word: string, text: string): Need => ({ mark: "ruleset", word, subject: "", text, target: "" });
  const needs: Need[] = [];
  if (refusal !== "") {
    const text = `The changed ruleset does not load: ${refusal.replace(/\.$/, "")}. The one of before answers.`;
    needs.push(need("OLD RULES", text));
  }
  if (quarantined > 0) {
    const what = quarantined === 1 ? "1 rule or decoder is" : `${count(quarantined)} rules and decoders are`;
    const text = `${what} out of work since a hostile event. argus ruleset quarantine lists them.`;
    needs.push(need("QUARANTINE", text));
  }
  return needs;
}

function keyNeed(weakness: string): Need {
  const text = `The cluster's key ${weakness}. Whoever guesses it can join.`;
  return { mark: "key", word: "WEAK KEY", subject: "", text, target: "" };
}

function clockNeeds({ name, state, clockOffsetMs }: NodeInfo): Need[] {
  if (state === "down" || clockOffsetMs === null || Math.abs(clockOffsetMs) < CLOCK_OFFSET_MS_MAX) return [];
  const text = `has a clock that differs from the master's by ${clockOffset(clockOffsetMs)}.`;
  return [{ mark: "clock", word: "CLOCK", subject: name, text, target: `#node-${name}` }];
}

const numberWords = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"] as const;

function inWords(number: number): string {
  return numberWords[number] ?? count(number);
}

/** What is not well, in a sentence or two; empty when all is. */
function problemsOf({ events }: StatusReply, needs: readonly Need[], nodes: readonly NodeInfo[]): string {
  const lost = events.lostInDay > 0 ? `${eventsWere(events.lostInDay)} lost in the last 24 hours.` : "";
  return `${lost} ${sentenceOf(needs, nodes)}`.trim();
}

function sentenceOf(needs: readonly Need[], nodes: readonly NodeInfo[]): string {
  const counts = countsOf(nodes);
  const parts: string[] = [];
  const say = (number: number, one: string, many: string): void => {
    if (number === 0) return;
    const noun = parts.length > 0 ? "" : number === 1 ? " node" : " nodes";
    parts.push(`${inWords(number)}${noun} ${number === 1 ? one : many}`);
  };
  say(counts.down, "is DOWN", "are DOWN");
  say(counts.refused, "is REFUSED", "are REFUSED");
  say(counts.waiting, "waits to be approved", "wait to be approved");
  say(counts.expected, "has not come yet", "have not come yet");
  const draining = nodes.filter(({ state, spool }) => state === "lagging" && isDraining(spool)).length;
  say(draining, "is catching up", "are catching up");
  say(counts.lagging - draining, "is behind", "are behind");
  const full = needs.filter(({ word }) => word === "FULL").length;
  say(full, "has a full spool", "have a full spool");
  const isMarked = (mark: NeedMark): boolean => needs.some((need) => need.mark === mark);
  if (isMarked("behind")) parts.push("the analysis is behind");
  if (needs.some(({ word }) => word === "OLD RULES")) parts.push("the changed ruleset does not load");
  if (needs.some(({ word }) => word === "QUARANTINE")) parts.push("rules are in quarantine");
  if (isMarked("key")) parts.push("the cluster's key can be guessed");
  const clocks = needs.filter(({ mark }) => mark === "clock").length;
  if (clocks > 0) parts.push(clocks === 1 ? "one clock is off" : `${inWords(clocks)} clocks are off`);
  return sentence(parts);
}

function sentence(parts: readonly string[]): string {
  const text = parts.join(", ");
  return text === "" ? "" : `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}
