/** Tables as commands print them: a title line, columns as wide as what they hold, no lines drawn between. */
import { displayWidth, fit, padTo, type Paint, type Style } from "./paint.ts";

export interface Column {
  title: string;
  align?: "left" | "right";
  /** The column that gives way when the terminal is too narrow; without one, the last does. */
  isFlexible?: boolean;
}

export interface Cell {
  text: string;
  style?: Style;
}

export interface TableOptions {
  paint: Paint;
  /** Columns of the terminal; undefined in a pipe, where nothing is cut. */
  columns: number | undefined;
}

const gap = "  ";
/** Below this a column says nothing any more. */
const columnWidthMin = 4;

/** The lines of the table, without line ends. A row with fewer cells than there are columns has empty ones. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  options: TableOptions,
): string[] {
  const texts = rows.map((row) => columns.map((_, index) => fit(row[index]?.text ?? "", Number.MAX_SAFE_INTEGER)));
  const widths = columns.map((column, index) =>
    Math.max(displayWidth(column.title), ...texts.map((row) => displayWidth(row[index] ?? ""))),
  );
  narrow(columns, widths, options.columns);
  const line = (cells: readonly Cell[]): string =>
    columns
      .map((column, index) => {
        const { text, style = "plain" } = cells[index] ?? { text: "" };
        const width = widths[index] ?? 0;
        const padded = padTo(fit(text, width), width, column.align);
        // Blanks at the end of a line would wrap in a terminal that is just as wide.
        const isLast = index === columns.length - 1 && column.align !== "right";
        return options.paint(style, isLast ? padded.trimEnd() : padded);
      })
      .join(gap)
      .trimEnd();
  return [line(columns.map(({ title }) => ({ text: title, style: "dim" }))), ...rows.map(line)];
}

/** Takes what is too much from the flexible column first, then from the widest one of all. */
function narrow(columns: readonly Column[], widths: number[], available: number | undefined): void {
  if (available === undefined) return;
  const named = columns.findIndex(({ isFlexible }) => isFlexible === true);
  let excess = widths.reduce((sum, width) => sum + width, 0) + gap.length * (columns.length - 1) - available;
  for (let index = named < 0 ? columns.length - 1 : named; excess > 0; index = widths.indexOf(Math.max(...widths))) {
    const width = widths[index] ?? 0;
    const isWidest = width === Math.max(...widths);
    // A column of the flexible kind gives all it can; any other gives one, so that the widest ones end alike.
    const given = Math.min(excess, Math.max(0, width - columnWidthMin), isWidest && index !== named ? 1 : excess);
    if (given === 0 && isWidest) return;
    widths[index] = width - given;
    excess -= given;
  }
}
