/** What an operator should know of a pattern before a hostile log tells it. */
import type { Expression } from "./pattern.ts";
import { Pcre2 } from "./pcre2.ts";

/** A sentence without its full stop; undefined where there is nothing to be said. */
export function riskWarning(expression: Expression): string | undefined {
  if (!(expression instanceof Pcre2)) return undefined;
  const { pattern } = expression;
  if (!expression.isExplosive) {
    if (!expression.looksAheadForLong) return undefined;
    return `${pattern} looks ahead without a limit from each byte of a log: a long one can hold it up; begin it with ^`;
  }
  const risk = `a text can make the search for ${pattern} take exponentially long`;
  return expression.isBounded
    ? `${risk}: Argus searches for it in linear time, other engines do not`
    : `${risk}: a log that holds it up for 250 ms puts it into quarantine; repeat nothing that may be empty`;
}

/** Of an expression whose end or groups count: whether Argus may find another than PCRE2 does. */
export function differenceWarning(expression: Expression): string | undefined {
  if (!(expression instanceof Pcre2) || expression.difference === undefined) return undefined;
  const what = expression.difference === "span" ? "may end elsewhere" : "may fill other fields";
  const why = "it repeats a group that may match nothing or leave a group unset";
  return `${expression.pattern} ${what} than in PCRE2: ${why}`;
}
