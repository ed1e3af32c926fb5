/**
 * The oldest matcher of OSSEC, used for `if_group` alone (ruleset-spec 4.2): alternatives by `|`, each a prefix when it
 * begins with `^` and a substring otherwise, case ignored. There is no `$`, and `web` therefore finds `web-log`.
 */
import { lowerAscii } from "./subject.ts";

export class IfGroup {
  readonly pattern: string;
  readonly #alternatives: readonly { isPrefix: boolean; text: string }[];

  constructor(pattern: string) {
    this.pattern = pattern;
    this.#alternatives = lowerAscii(pattern)
      .split("|")
      .map((text) => (text.startsWith("^") ? { isPrefix: true, text: text.slice(1) } : { isPrefix: false, text }));
  }

  /** `groups` is a rule's whole group string. */
  test(groups: string): boolean {
    const lower = lowerAscii(groups);
    return this.#alternatives.some(({ isPrefix, text }) => (isPrefix ? lower.startsWith(text) : lower.includes(text)));
  }
}
