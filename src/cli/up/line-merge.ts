/**
 * Brings what a generated text has become into a copy of it that somebody has edited: `before` is the text as it was
 * generated for the copy, `after` as it is generated now. Lines are compared without the white space around them. Each
 * changed line takes the place of the one that it was; where the edit has changed or removed that one, the edit stands.
 */

export interface Merged {
  readonly text: string;
  /** New lines that found no place, because the edit has taken theirs. */
  readonly left: readonly string[];
}

/** For each line of `from` its place in `to`, -1 where it is not there: a longest common subsequence, early places. */
function placesOf(from: readonly string[], to: readonly string[]): number[] {
  const width = to.length + 1;
  const lengths = new Uint32Array((from.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  const isSame = (i: number, j: number): boolean => from[i]?.trim() === to[j]?.trim();
  for (let i = from.length - 1; i >= 0; i -= 1) {
    for (let j = to.length - 1; j >= 0; j -= 1)
      lengths[i * width + j] = isSame(i, j) ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  const places: number[] = [];
  for (let j = 0; places.length < from.length;) {
    const i = places.length;
    if (j < to.length && isSame(i, j)) places.push(j++);
    else if (j < to.length && at(i, j + 1) >= at(i + 1, j)) j += 1;
    else places.push(-1);
  }
  return places;
}

/** Lines `begin` up to `end` of `before` became `lines`. */
interface Change {
  readonly begin: number;
  readonly end: number;
  readonly lines: readonly string[];
}

/** As small as they can be: of as many lines as before each is a change of its own. */
function changesOf(before: readonly string[], after: readonly string[]): Change[] {
  const places = [...placesOf(before, after), after.length];
  const changes: Change[] = [];
  let [begin, taken] = [0, 0];
  for (const [end, place] of places.entries()) {
    if (place < 0) continue;
    const lines = after.slice(taken, place);
    if (lines.length === end - begin)
      changes.push(...lines.map((line, index) => ({ begin: begin + index, end: begin + index + 1, lines: [line] })));
    else changes.push({ begin, end, lines });
    [begin, taken] = [end + 1, place + 1];
  }
  return changes;
}

/** The lines with which `change` begins and ends in the edited copy; undefined where the edit has taken its place. */
function targetOf({ begin, end, lines }: Change, places: readonly number[], edited: readonly string[]) {
  if (begin === end) {
    // What is put in may be there already by somebody's own hand.
    const isThere = edited.some((line) => line.trim() === lines[0]?.trim());
    const previous = begin === 0 ? -1 : (places[begin - 1] ?? -1);
    const hasPlace = !isThere && (begin === 0 || previous >= 0);
    return hasPlace ? { from: previous + 1, to: previous + 1 } : undefined;
  }
  const [from, last] = [places[begin] ?? -1, places[end - 1] ?? -1];
  return from >= 0 && last - from === end - 1 - begin ? { from, to: last + 1 } : undefined;
}

/** A line for another keeps the white space that the edit has given it. */
function inPlaceOf(old: string | undefined, line: string): string {
  return old === undefined || old.trim() === "" ? line : old.replace(old.trim(), () => line.trim());
}

export function mergeLines(before: string, after: string, edited: string): Merged {
  const old = before.split("\n");
  const text = edited.split("\n");
  const places = placesOf(old, text);
  const left: string[] = [];
  // From the end on, so that places before it stay what they are.
  for (const change of changesOf(old, after.split("\n")).reverse()) {
    const target = targetOf(change, places, text);
    if (target === undefined) left.unshift(...change.lines.map((line) => line.trim()));
    else {
      const { from, to } = target;
      const lines = change.lines.map((line, index) =>
        inPlaceOf(from + index < to ? text[from + index] : undefined, line),
      );
      text.splice(from, to - from, ...lines);
    }
  }
  return { text: text.join("\n"), left };
}
