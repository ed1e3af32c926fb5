/**
 * Text of strangers, made visible. Log lines, names and messages reach the page as text nodes only, so they cannot be
 * markup; what they can still do is move, hide or turn round what a reader sees. Every character that has no picture of
 * its own, or that changes the order of others, is shown as its escape, marked as one:
 *
 *   control characters (line ends and tabs too), bidirectional marks, line separators, zero-width and other ignorable
 *   characters, tags, variation selectors save those of emoji (U+FE0E, U+FE0F), and halves of surrogate pairs.
 */

export interface TextPiece {
  text: string;
  /** `text` is made of escapes (`\x1b`, `\u202e`, `\u{e0041}`), not of what was written. */
  isEscape: boolean;
}

/** What may not be shown as it is. Braille's blank and Hangul's fillers are pictures of nothing. */
const hidden = "[\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Bidi_Control}\\p{Default_Ignorable_Code_Point}\\ufff9-\\ufffb\\u2800]";
const hiddenRuns = new RegExp(`(?:(?![\\ufe0e\\ufe0f])${hidden})+`, "gu");
const hiddenRunsInLines = new RegExp(`(?:(?![\\ufe0e\\ufe0f\\n])${hidden})+`, "gu");

/**
 * Each piece that is marked is an element of the page, and a line of 64 KiB can have a control character at every
 * second place: laying out so many of them holds the page up for seconds. A table of tabs, or a screen of
 * CRLF, is marked in full.
 */
export const PIECES_MAX = 1_000;

/**
 * `text` in pieces, in order; none is empty, and escapes and what was written take turns. Where there are more than
 * PIECES_MAX the last is all of the rest, marked, with its escapes written out among what was written.
 */
export function visibleText(text: string): TextPiece[] {
  return piecesOf(text, hiddenRuns);
}

/** The same for a text of several lines, which stay lines. */
export function visibleLines(text: string): TextPiece[] {
  return piecesOf(text, hiddenRunsInLines);
}

function piecesOf(text: string, runs: RegExp): TextPiece[] {
  const pieces: TextPiece[] = [];
  let end = 0;
  for (const match of text.matchAll(runs)) {
    if (pieces.length >= PIECES_MAX - 2) {
      const rest = text.slice(end).replace(runs, escapesOf);
      return [...pieces, { text: rest, isEscape: true }];
    }
    if (match.index > end) pieces.push({ text: text.slice(end, match.index), isEscape: false });
    pieces.push({ text: escapesOf(match[0]), isEscape: true });
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end), isEscape: false });
  return pieces;
}

function escapesOf(run: string): string {
  return Array.from(run, escapeOf).join("");
}

/** The same as one string, for places that take no markup: a title, a label, the clipboard. */
export function visibleString(text: string): string {
  return text.replace(hiddenRuns, escapesOf);
}

function escapeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16);
  if (code < 0x100) return `\\x${digits.padStart(2, "0")}`;
  return code < 0x1_0000 ? `\\u${digits.padStart(4, "0")}` : `\\u{${digits}}`;
}
