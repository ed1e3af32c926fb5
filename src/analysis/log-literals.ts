/**
 * Which literals, of all that decoders and rules look for, the log of the current event holds: one pass over the log
 * answers for all of them. What is looked for is numbered; a *group* is a demand, such as one of some literals. A group
 * is fulfilled when its mark is that of the current event. Group 0 demands nothing and always is.
 *
 * It knows nothing of events but the current one, so one walk at a time may use it.
 */
import { LiteralScan, type ScannedLiteral } from "../syntax/literal-scan.ts";

export const ALWAYS = 0;

/** Shorter literals are in so many logs that looking for them rules nothing out. */
const literalBytesMin = 2;
/** The start of a long literal is nearly as telling, and a smaller machine stays in the cache. */
const literalBytesMax = 12;
/** Marks begin anew before they leave their range. */
const markMax = 0x7fff_fff0;

export class LogLiterals {
  readonly #literals: ScannedLiteral[] = [];
  readonly #groups = new Map<string, number>();
  /** Undefined: not built yet, or something was added since. */
  #scan: LiteralScan | undefined = undefined;
  #groupCount = 1;
  #marks = new Int32Array(1);
  #mark = 0;
  /** The log that was scanned last, until somebody has asked for it. */
  #scanned: string | undefined = undefined;

  /** The mark of every group by its number; a group is fulfilled when it equals `mark`. */
  get marks(): Int32Array {
    return this.#marks;
  }

  get mark(): number {
    return this.#mark;
  }

  /** The group of logs that hold one of the texts, which are in lower case; the same for equal lists. */
  groupOf(texts: readonly string[] | undefined): number {
    if (texts === undefined || texts.some(({ length }) => length < literalBytesMin)) return ALWAYS;
    const starts = [...new Set(texts.map((text) => text.slice(0, literalBytesMax)))];
    const key = starts.join("\n");
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = this.newGroup();
      this.#groups.set(key, group);
      for (const text of starts) this.#literals.push({ text, group });
    }
    return group;
  }

  /** A group that only its owner marks. */
  newGroup(): number {
    this.#scan = undefined;
    this.#groupCount += 1;
    return this.#groupCount - 1;
  }

  /** Builds what `scan` runs, so that no event waits for it. */
  seal(): LiteralScan {
    const scan = new LiteralScan(this.#literals);
    this.#scan = scan;
    this.#marks = new Int32Array(this.#groupCount);
    this.#mark = 0;
    return scan;
  }

  /** Begins a new event: marks what its log holds, and nothing else. */
  scan(log: string): void {
    const scan = this.#scan ?? this.seal();
    if (this.#mark >= markMax) {
      this.#marks.fill(0);
      this.#mark = 0;
    }
    this.#mark += 1;
    this.#marks[ALWAYS] = this.#mark;
    scan.scan(log, this.#marks, this.#mark);
    this.#scanned = log;
  }

  /** The same, unless it is what was scanned last; once for each scan, since equal logs may be two events'. */
  use(log: string): void {
    if (this.#scanned !== log) this.scan(log);
    this.#scanned = undefined;
  }

  holds(group: number): boolean {
    return this.#marks[group] === this.#mark;
  }
}
