/**
 * The expressions of OSSEC's flavour. All ignore case (A to Z), and an end pointer is the true end of the match. A
 * pattern that is one literal with perhaps a `^` and a `$` is compared and never run as a regular expression
 * (ruleset-spec 4.2, 4.5), which shows only where a text ends in a newline: `a$` then does not match `a\n`.
 */
import { unreachable } from "../base/assert.ts";
import { ExactText } from "./exact.ts";
import { literalOf, OsMatch, outlineOf } from "./os-match.ts";
import { osMatchAsPcre2, osRegexAsPcre2 } from "./ossec-translation.ts";
import type { Expression, ExpressionLanguage, ExpressionOptions, Match, Outline } from "./pattern.ts";
import { NO_MATCH } from "./pattern.ts";
import { Pcre2 } from "./pcre2.ts";
import { lowerAscii, Subject } from "./subject.ts";

type OssecLanguage = Exclude<ExpressionLanguage, "exact">;

/** A literal between an optional `^` and an optional `$`, of bytes that mean nothing else in the language. */
const oneLiteral: Readonly<Record<OssecLanguage, RegExp>> = {
  osmatch: /^(\^?)([^^$|]*)(\$?)$/,
  osregex: /^(\^?)([^\\^$|()]*)(\$?)$/,
  pcre2: /^(\^?)([^\\^$|()[\]{}.?*+]*)(\$?)$/,
};
/** Alternatives of OS_Match that may be bound to the start of the text, but not to its end: Wazuh's mean the same. */
const unboundAtEnd = /^\^?[^^$|]*(?:\|\^?[^^$|]*)*$/;

/** Throws `PatternError` where the pattern is not allowed or cannot be translated exactly. */
export function compileOssecExpression(
  language: ExpressionLanguage,
  pattern: string,
  options: ExpressionOptions,
): Expression {
  if (language === "exact") return new ExactText(pattern, options);
  const literal = oneLiteral[language].exec(pattern);
  if (literal !== null) return new LiteralText(language, literal, options);
  switch (language) {
    case "osmatch":
      return unboundAtEnd.test(pattern)
        ? new OsMatch(pattern, options)
        : new Translated(language, pattern, osMatchAsPcre2(pattern), options);
    case "osregex":
      return new Translated(language, pattern, osRegexAsPcre2(pattern), options);
    case "pcre2":
      return new Pcre2(pattern, options);
    default:
      return unreachable(language);
  }
}

class Translated extends Pcre2 {
  override readonly language: ExpressionLanguage;
  override readonly pattern: string;

  constructor(language: ExpressionLanguage, pattern: string, pcre2: string, options: ExpressionOptions) {
    super(pcre2, options);
    this.language = language;
    this.pattern = pattern;
  }
}

const scratch = new Subject();

class LiteralText implements Expression {
  readonly language: ExpressionLanguage;
  readonly pattern: string;
  readonly firstBytes: Uint8Array | undefined;
  readonly outline: Outline;
  readonly #isAtStart: boolean;
  readonly #isAtEnd: boolean;
  /** In lower case. */
  readonly #text: string;
  readonly #negate: boolean;

  constructor(
    language: ExpressionLanguage,
    [pattern, start, text = "", end]: RegExpExecArray,
    options: ExpressionOptions,
  ) {
    this.language = language;
    this.pattern = pattern;
    this.#isAtStart = start !== "";
    this.#isAtEnd = end !== "";
    this.#text = lowerAscii(text);
    this.#negate = options.negate ?? false;
    this.outline = outlineOf([literalOf(text, this.#isAtStart, this.#isAtEnd)], this.#negate);
    this.firstBytes = this.#isAtStart && text !== "" ? eitherCase(this.#text) : undefined;
  }

  test(subject: Subject): boolean {
    return (this.match(subject, 0) !== NO_MATCH) !== this.#negate;
  }

  testText(text: string): boolean {
    return this.test(scratch.set(text));
  }

  match(subject: Subject, from: number): number {
    const at = this.#find(subject.lower, from);
    return at < from ? NO_MATCH : at + this.#text.length - 1;
  }

  /** Where the literal stands; below `from` where it does not. */
  #find(lower: string, from: number): number {
    const text = this.#text;
    if (!this.#isAtStart && !this.#isAtEnd) return lower.indexOf(text, from);
    const at = this.#isAtStart ? from : lower.length - text.length;
    if (this.#isAtEnd && at + text.length !== lower.length) return -1;
    return lower.startsWith(text, at) ? at : -1;
  }

  exec(subject: Subject, from: number): Match | undefined {
    const pointer = this.match(subject, from);
    return pointer === NO_MATCH ? undefined : { pointer, groups: [] };
  }
}

/** The first byte of a text in lower case, and its capital. */
function eitherCase(text: string): Uint8Array {
  const code = text.charCodeAt(0);
  const bytes = new Uint8Array(256);
  bytes[code] = 1;
  if (code >= 0x61 && code <= 0x7a) bytes[code - 0x20] = 1;
  return bytes;
}
