/**
 * One face for the four languages in which a ruleset writes its conditions (expression.ts compiles them). Patterns and
 * subjects are byte strings.
 *
 * The *end pointer* is not the end of the match. What follows a match ("after_parent", "after_regex") begins at
 * `afterPointer(pointer, length)`: for PCRE2, and for all that OSSEC runs, that is the true end; for Wazuh's OS_Regex
 * it is off by design in the cases that shipped decoders rely on (see os-regex.ts).
 */
import type { Subject } from "./subject.ts";

export type ExpressionLanguage = "osmatch" | "osregex" | "pcre2" | "exact";
/** `ossec` makes PCRE2 ignore case, and OS_Match and OS_Regex PCRE2 in disguise (ossec-expression.ts). */
export type Flavour = "wazuh" | "ossec";

export interface ExpressionOptions {
  /** Whether `exec` must give groups; without it OS_Regex is cheaper. Default false. */
  captures?: boolean;
  /** Inverts `test` and `testText`; `match` and `exec` know nothing of it. Default false. */
  negate?: boolean;
  flavour?: Flavour;
}

/** What `match` returns when there is none; -1 is a legal end pointer. */
export const NO_MATCH = -2;

export interface Match {
  /** The end pointer, an offset in the whole subject. */
  pointer: number;
  /** Group i of the pattern at i - 1. An unset group is `undefined`; unset groups at the end are left out. */
  groups: (string | undefined)[];
}

export interface Expression {
  readonly language: ExpressionLanguage;
  readonly pattern: string;
  /** Whether the subject matches, `negate` considered. */
  test(subject: Subject): boolean;
  /** The same for a text that few expressions look at. */
  testText(text: string): boolean;
  /** The end pointer of a match in the text that begins at `from` (`^` means there), or `NO_MATCH`. */
  match(subject: Subject, from: number): number;
  /** The same with groups; needs the option `captures`. */
  exec(subject: Subject, from: number): Match | undefined;
  /** The bytes that a matching subject can begin with, as 256 flags; undefined where any may. Not for `negate`. */
  readonly firstBytes: Uint8Array | undefined;
  /** What indexes may know of a matching text, to leave out expressions that cannot match. */
  readonly outline: Outline;
}

/** Facts of every text that `test` accepts, in lower case; undefined where none is known. */
export interface Outline {
  /** Texts one of which it holds, wherever; none is empty. */
  readonly needed: readonly string[] | undefined;
  /** It is one of these. */
  readonly values: readonly string[] | undefined;
  /** Whether `test` compares literals and does nothing else: it takes no longer than the text is long. */
  readonly isComparison: boolean;
}

export const unknownOutline: Outline = { needed: undefined, values: undefined, isComparison: false };

/** A pattern that its language does not allow, or that cannot be translated exactly. The message says why. */
export class PatternError extends Error {
  override readonly name = "PatternError";
}

/** The offset at which the text after a match begins. */
export function afterPointer(pointer: number, length: number): number {
  return pointer < length ? pointer + 1 : length;
}
