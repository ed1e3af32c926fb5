/**
 * What the walk through the rules does with an event, in the words of the peers' rule debugging (ruleset-spec 10.1),
 * and of each rule that does not match the first condition that says no, which they do not tell:
 *
 *   Trying rule: 5700 - SSHD messages grouped.
 *      *Rule 5700 matched
 *      *Trying child rules
 *   Trying rule: 5709 - sshd: Useless SSHD message without an user/ip and context.
 *      not matched: match
 */
import type { RuleObserver } from "./matcher.ts";

/** A rule may be tried at many places; a line of log has no need of more. */
const linesMax = 100_000;

export class RuleTrace {
  #lines: string[] = [];
  #hasMatched = false;

  readonly observer: RuleObserver = ({ draft, idText }, failed) => {
    if (this.#lines.length >= linesMax) return;
    if (this.#hasMatched) this.#lines.push("   *Trying child rules");
    this.#hasMatched = failed === undefined;
    this.#lines.push(`Trying rule: ${idText} - ${draft.description ?? ""}`);
    this.#lines.push(failed === undefined ? `   *Rule ${idText} matched` : `   not matched: ${failed}`);
  };

  /** The lines since the last call, in the order of the walk. */
  take(): string[] {
    const lines = this.#lines;
    this.#lines = [];
    this.#hasMatched = false;
    return lines;
  }
}
