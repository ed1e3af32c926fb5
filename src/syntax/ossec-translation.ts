/**
 * OSSEC's OS_Match and OS_Regex as the PCRE2 that OSSEC turns them into (ruleset-spec 4.2, 4.3): what comes out has the
 * semantics of a regular expression, so groups nest, the leftmost match wins and a match ends where it ends. Wazuh runs
 * the same two languages by machines of their own (os-match.ts, os-regex.ts).
 *
 *   OS_Match   `. [ ] { } + ? * ( ) \` are literals; `^ $ |` mean what they mean in a regular expression, anywhere
 *   OS_Regex   a class is a set of bytes; a quantifier behind a class is lazy, but greedy where nothing but closing
 *              parentheses stands between it and a `|`, a `$` or the end; `$` is the very end of the text
 */
import { PatternError } from "./pattern.ts";

const osRegexBytesMax = 2_048;

/** Bytes beyond ASCII are none of these and stand for themselves. */
const special = /[.[\]{}+?*()\\]/g;

export function osMatchAsPcre2(pattern: string): string {
  return pattern.replace(special, "\\$&");
}

const classes: ReadonlyMap<string, string> = new Map([
  ["d", "[0-9]"],
  ["w", "[A-Za-z0-9@_\\-]"],
  ["s", "[ ]"],
  ["p", "[()*+,.:;<=>?\\[\\]!\"'#$%&|{}\\-\\\\]"],
  ["D", "[^0-9]"],
  ["W", "[^A-Za-z0-9@_\\-]"],
  ["S", "[^ ]"],
  [".", "[\\x00-\\xff]"],
  ["t", "[\\t]"],
  ...[..."$(){}[]\\|<"].map((character): [string, string] => [character, `[\\${character}]`]),
]);

/** Nothing but closing parentheses up to the end of the alternative or of the pattern. */
const onlyCloses = /^\)*(?:[|$]|(?![^]))/;

/** Throws `PatternError` on an escape that OS_Regex does not know, and on a pattern that is too long. */
export function osRegexAsPcre2(pattern: string): string {
  if (pattern.length > osRegexBytesMax) {
    throw new PatternError(`an OS_Regex pattern may have ${osRegexBytesMax} bytes, this one has ${pattern.length}`);
  }
  let source = "";
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern.charAt(at);
    if (character === "$") source += "\\z";
    else if (character !== "\\") source += /[.?[\]{}+*]/.test(character) ? `\\${character}` : character;
    else {
      at += 1;
      const set = classes.get(pattern.charAt(at));
      if (set === undefined) {
        throw new PatternError(`OS_Regex knows no escape \\${pattern.charAt(at)} in OSSEC: ${pattern}`);
      }
      source += set;
      const quantifier = pattern.charAt(at + 1);
      if (quantifier !== "+" && quantifier !== "*") continue;
      at += 1;
      source += onlyCloses.test(pattern.slice(at + 1)) ? quantifier : `${quantifier}?`;
    }
  }
  return source;
}
