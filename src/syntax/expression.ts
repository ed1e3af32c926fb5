/** Compiles a condition of a ruleset in any of the four languages (pattern.ts says what comes out). */
import { unreachable } from "../base/assert.ts";
import { ExactText } from "./exact.ts";
import { compileOssecExpression } from "./ossec-expression.ts";
import { OsMatch } from "./os-match.ts";
import { OsRegex } from "./os-regex.ts";
import type { Expression, ExpressionLanguage, ExpressionOptions } from "./pattern.ts";
import { Pcre2 } from "./pcre2.ts";

/** Throws `PatternError` where the pattern is not allowed or cannot be translated exactly. */
export function compileExpression(
  language: ExpressionLanguage,
  pattern: string,
  options: ExpressionOptions = {},
): Expression {
  if (options.flavour === "ossec") return compileOssecExpression(language, pattern, options);
  switch (language) {
    case "osmatch":
      return new OsMatch(pattern, options);
    case "osregex":
      return new OsRegex(pattern, options);
    case "pcre2":
      return new Pcre2(pattern, options);
    case "exact":
      return new ExactText(pattern, options);
    default:
      return unreachable(language);
  }
}
