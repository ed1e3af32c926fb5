/** Colour and width of text in a terminal. Text of strangers is made harmless before it is measured. */
import { styleText } from "node:util";
import { escapeControl } from "../base/escape.ts";

export type Style = "plain" | "bold" | "dim" | "red" | "boldRed" | "green" | "yellow" | "cyan";

type Format = Parameters<typeof styleText>[0];
const formats: Readonly<Record<Exclude<Style, "plain">, Format>> = {
  bold: "bold",
  dim: "dim",
  red: "red",
  boldRed: ["bold", "red"],
  green: "green",
  yellow: "yellow",
  cyan: "cyan",
};

/** Puts a style on text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

export const noPaint: Paint = (_style, text) => text;

const colourPaint: Paint = (style, text) =>
  // Whether there is colour is decided once, below: newer runtimes would otherwise decide again, by their own rules.
  style === "plain" || text === "" ? text : styleText(formats[style], text, { validateStream: false });

/** Colour only on a terminal that has it, and not against the wish of whoever set NO_COLOR (https://no-color.org). */
export function paintFor(isTerminal: boolean, environment: Readonly<Record<string, string | undefined>>): Paint {
  const isUnwanted = (environment["NO_COLOR"] ?? "") !== "" || environment["TERM"] === "dumb";
  return isTerminal && !isUnwanted ? colourPaint : noPaint;
}

/** Marks that are drawn over the character before them, and characters that are not drawn. */
const noWidth = /^[\p{Mn}\p{Me}\p{Cf}]$/u;

/** First and last of the characters that take two columns: East Asian wide and full width, and pictures. */
const wide: readonly (readonly [number, number])[] = [
  ...([
    [0x1100, 0x115f],
    [0x2e80, 0x303e],
    [0x3041, 0x33ff],
    [0x3400, 0x4dbf],
    [0x4e00, 0x9fff],
  ] as const),
  ...([
    [0xa000, 0xa4cf],
    [0xac00, 0xd7a3],
    [0xf900, 0xfaff],
    [0xfe30, 0xfe6f],
    [0xff00, 0xff60],
  ] as const),
  ...([
    [0xffe0, 0xffe6],
    [0x1f300, 0x1f64f],
    [0x1f680, 0x1f6ff],
    [0x1f900, 0x1f9ff],
    [0x20000, 0x3fffd],
  ] as const),
];

function characterWidth(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (noWidth.test(character)) return 0;
  return wide.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}

/** How many columns text takes that holds no control characters and no styles. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** Harmless text of at most `columns` columns; what is cut ends in `…`. */
export function fit(text: string, columns: number): string {
  const safe = escapeControl(text);
  if (displayWidth(safe) <= columns) return safe;
  let width = 0;
  let kept = "";
  for (const character of safe) {
    width += characterWidth(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return columns > 0 ? `${kept}…` : "";
}

/** `text` with blanks up to `columns`. */
export function padTo(text: string, columns: number, align: "left" | "right" = "left"): string {
  const blanks = " ".repeat(Math.max(0, columns - displayWidth(text)));
  return align === "left" ? text + blanks : blanks + text;
}
