/**
 * Byte strings (latin1: one UTF-16 unit per byte) as UTF-8, still as byte strings: what is written to a file is made of
 * them, so a log that is ASCII or UTF-8 passes through without being decoded.
 *
 * Whatever a stranger puts into a log, one event stays one record and a terminal that shows it stays as it was:
 *   - a byte that is not part of UTF-8 becomes the four characters `\xHH`;
 *   - control characters (C0, DEL, C1), line separators, direction marks and invisible joiners become `\uHHHH` in JSON,
 *     which loses nothing, and `\xHH` or `\uHHHH` in a line of text. A tab in a line of text stays.
 * A unit above 255 is not a byte; it is taken as the character it is, so that a text that was decoded too early is
 * still written as itself.
 */
import { isUtf8 } from "node:buffer";

/** Whether anything has to be looked at: the usual log holds none of these. */
const jsonSpecial = /[\u0000-\u001f"\\\u007f-\uffff]/;
const lineSpecial = /[\u0000-\u0008\u000a-\u001f\u007f-\uffff]/;
const notAscii = /[\u0080-\uffff]/;
const notByte = /[\u0100-\uffff]+/g;

/** Whole UTF-8 sequences (RFC 3629, table 3-7 of Unicode), or, where there is none, one byte. */
const utf8Sequence = new RegExp(
  "[\\xc2-\\xdf][\\x80-\\xbf]|\\xe0[\\xa0-\\xbf][\\x80-\\xbf]|\\xed[\\x80-\\x9f][\\x80-\\xbf]" +
    "|[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}|\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}|[\\xf1-\\xf3][\\x80-\\xbf]{3}" +
    "|\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2}|[\\x80-\\xff]",
  "g",
);

/** The UTF-8 bytes of the characters of base/escape.ts above 127. A lead byte stands nowhere else in valid UTF-8. */
const dangerousSequence =
  "\\xc2[\\x80-\\x9f]|\\xd8\\x9c|\\xe2\\x80[\\x8b-\\x8f\\xa8-\\xae]|\\xe2\\x81[\\xa0-\\xa9]|\\xef\\xbb\\xbf";
const jsonDangerous = new RegExp(`[\\x00-\\x1f"\\\\\\x7f]|${dangerousSequence}`, "g");
const lineDangerous = new RegExp(`[\\x00-\\x08\\x0a-\\x1f\\x7f]|${dangerousSequence}`, "g");

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, "0");

/** Valid UTF-8 as a byte string: other bytes as `\xHH`, with `backslash` for the first of the four characters. */
export function validUtf8(bytes: string, backslash = "\\"): string {
  if (!notAscii.test(bytes)) return bytes;
  const narrow = bytes.replace(notByte, (wide) => Buffer.from(wide, "utf8").toString("latin1"));
  if (isUtf8(Buffer.from(narrow, "latin1"))) return narrow;
  return narrow.replace(utf8Sequence, (found) =>
    found.length > 1 ? found : `${backslash}x${hex(found.charCodeAt(0), 2)}`,
  );
}

/** The code point of one UTF-8 sequence. */
function codeOf(sequence: string): number {
  return sequence.length === 1
    ? sequence.charCodeAt(0)
    : (Buffer.from(sequence, "latin1").toString("utf8").codePointAt(0) ?? 0);
}

const shortEscapes: Readonly<Record<string, string>> = {
  ...{ '"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t" },
};

function escapeForJson(found: string): string {
  return shortEscapes[found] ?? `\\u${hex(codeOf(found), 4)}`;
}

function escapeForLine(found: string): string {
  const code = codeOf(found);
  return code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
}

/** A JSON string with its quotes. */
export function jsonString(bytes: string): string {
  if (!jsonSpecial.test(bytes)) return `"${bytes}"`;
  return `"${validUtf8(bytes).replace(jsonDangerous, escapeForJson)}"`;
}

/** JSON text that was found inside a log and is passed on as it is: on one line, and harmless. */
export function jsonText(bytes: string): string {
  if (!jsonSpecial.test(bytes)) return bytes;
  // Quotes and backslashes are JSON's own; blanks other than the space stand between its tokens only.
  return validUtf8(bytes, "\\\\").replace(jsonDangerous, (found) => {
    if (found === '"' || found === "\\") return found;
    return found === "\n" || found === "\r" || found === "\t" ? " " : escapeForJson(found);
  });
}

/** Text that stays on one line. */
export function lineText(bytes: string): string {
  if (!lineSpecial.test(bytes)) return bytes;
  return validUtf8(bytes).replace(lineDangerous, escapeForLine);
}

/** A byte string of UTF-8 as text. */
export function decodeText(bytes: string): string {
  return notAscii.test(bytes) ? Buffer.from(bytes, "latin1").toString("utf8") : bytes;
}
