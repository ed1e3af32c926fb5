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

/** Runs of what may not be shown as it is. Braille's blank and Hangul's fillers are pictures of nothing. */
const hidden =
  /(?:(?![\ufe0e\ufe0f])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb\u2800])+/gu;

/** `text` in pieces, in order; none is empty, and no two neighbours are of one kind. */
export function visibleText(text: string): TextPiece[] {
  const pieces: TextPiece[] = [];
  let end = 0;
  for (const match of text.matchAll(hidden)) {
    if (match.index > end) pieces.push({ text: text.slice(end, match.index), isEscape: false });
    pieces.push({ text: Array.from(match[0], escapeOf).join(""), isEscape: true });
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end), isEscape: false });
  return pieces;
}

/** The same as one string, for places that take no markup: a title, a label, the clipboard. */
export function visibleString(text: string): string {
  return visibleText(text)
    .map((piece) => piece.text)
    .join("");
}

function escapeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16);
  if (code < 0x100) return `\\x${digits.padStart(2, "0")}`;
  return code < 0x1_0000 ? `\\u${digits.padStart(4, "0")}` : `\\u{${digits}}`;
}
