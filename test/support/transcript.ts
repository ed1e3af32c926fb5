/** Transcripts of sessions: `>` is what a session is fed, `<` what it orders. Those of a release are frozen. */
import { equal } from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";

/**
 * `--rewrite` records what today's sessions order; only for a new transcript, because those of a release are frozen.
 */
const isRewriting = process.argv.includes("--rewrite");

/** What an input, in words, makes the session order, each in words. */
export type Player = (words: string[], nowMs: number) => string[];

/** The script with the orders that today's session gives under each input; `wait` lets milliseconds pass. */
function play(script: string, feed: Player): string {
  let nowMs = 0;
  const lines: string[] = [];
  for (const line of script.trimEnd().split("\n")) {
    if (line.startsWith("<")) continue;
    lines.push(line);
    if (!line.startsWith(">")) continue;
    const words = line.slice(2).split(" ");
    if (words[0] === "wait") nowMs += Number(words[1]);
    else lines.push(...feed(words, nowMs).map((order) => `<   ${order}`));
  }
  return `${lines.join("\n")}\n`;
}

export function playTranscript(path: string, feed: Player): void {
  const script = readFileSync(path, "utf8");
  const played = play(script, feed);
  if (isRewriting) writeFileSync(path, played);
  else equal(played, script, path);
}
