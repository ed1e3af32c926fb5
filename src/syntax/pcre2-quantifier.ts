/** Quantifiers of PCRE2, and what they make of what stands before them. */
import type { Cursor } from "./pcre2-cursor.ts";

export interface Quantifier {
  min: number;
  /** Infinity: without a limit. */
  max: number;
  mode: "greedy" | "lazy" | "possessive";
}

/** What may come out otherwise than in PCRE2: groups alone, or where the match ends as well; never whether it is. */
export type Difference = "groups" | "span";

/** What part of a pattern is, as far as it decides what repeating it means. */
export interface Shape {
  /** What a quantifier finds: a byte that is taken, a part of a character, a place, what is looked for, or a group. */
  kind: "byte" | "part" | "place" | "ahead" | "behind" | "group";
  /** How many bytes it takes; NaN where that is not always the same. */
  length: number;
  isNullable: boolean;
  /** It prefers nothing to something, at times: what it takes when it takes nothing is not what it tries last. */
  prefersNothing: boolean;
  hasGroups: boolean;
  /** It can match and leave a group in it unset. */
  leavesGroups: boolean;
}

const quantifierForm = /[*+?]|\{(\d+)(?:(,)(\d*))?\}/y;
const repeatsMax = 65_535;
const nothing = "a quantifier follows nothing that it can repeat";

export const byteShape: Shape = {
  kind: "byte",
  length: 1,
  isNullable: false,
  prefersNothing: false,
  hasGroups: false,
  leavesGroups: false,
};
export const placeShape: Shape = { ...byteShape, kind: "place", length: 0, isNullable: true };

/** Mostly there is none, which the first character tells without a search. */
function isAtQuantifier(cursor: Cursor): boolean {
  return "*+?{".includes(cursor.peek()) && cursor.isAt(quantifierForm);
}

export function refuseQuantifier(cursor: Cursor): void {
  if (isAtQuantifier(cursor)) throw cursor.refusal(nothing);
}

/** What stands here behind something of `kind`; `skip` takes what counts for nothing. */
export function readQuantifier(
  cursor: Cursor,
  kind: Shape["kind"],
  isUngreedy: boolean,
  skip: () => void,
): Quantifier | undefined {
  skip();
  if (kind === "place") refuseQuantifier(cursor);
  const found = isAtQuantifier(cursor) ? cursor.take(quantifierForm) : undefined;
  if (found === undefined) return undefined;
  if (kind === "part") throw cursor.refusal("a character beyond ASCII cannot be repeated after (*UTF)");
  const [sign, least, comma, most] = found;
  const min = least === undefined ? Number(sign === "+") : Number(least);
  const limit = most === undefined || most === "" ? Number.POSITIVE_INFINITY : Number(most);
  const max = least === undefined ? (sign === "?" ? 1 : limit) : comma === undefined ? min : limit;
  const isTooLarge = min > repeatsMax || (max > repeatsMax && max !== Number.POSITIVE_INFINITY);
  if (isTooLarge) throw cursor.refusal(`a quantifier goes up to ${repeatsMax}`);
  if (max < min) throw cursor.refusal("the numbers of a quantifier are out of order");
  skip();
  const mode = cursor.take(/[?+]/y)?.[0];
  skip();
  if (isAtQuantifier(cursor)) throw cursor.refusal("a quantifier follows another");
  if (mode === "+") return { min, max, mode: "possessive" };
  return { min, max, mode: (mode === "?") === isUngreedy ? "greedy" : "lazy" };
}

/** `atom` as often as it is asked for. */
export function repeated(cursor: Cursor, atom: string, shape: Shape, { min, max, mode }: Quantifier): string {
  const { kind, isNullable } = shape;
  if (mode === "possessive") {
    if (kind !== "byte") throw cursor.refusal("possessive quantifiers are supported behind one byte or class only");
    return possessive(atom, min, max);
  }
  if (kind === "ahead" || kind === "behind") {
    // It is looked for once however often it is asked for. Its groups keep their numbers.
    if (max === 0) return `(?:${atom}){0}`;
    return min > 0 ? atom : optional(atom, mode);
  }
  // JavaScript does not take a round that matches nothing, and PCRE2 does.
  if (isNullable && min === 0 && max === 1) return optional(atom, mode);
  return atom + counted(min, max) + (mode === "lazy" ? "?" : "");
}

/** What something of `shape` is with a quantifier. */
export function repeatedShape(shape: Shape, { min, max, mode }: Quantifier): Shape {
  return {
    ...shape,
    // PCRE2 allows any behind what is looked for ahead, and no change of length anywhere else, even of nothing.
    length: shape.kind === "ahead" ? 0 : min === max ? shape.length * min : Number.NaN,
    isNullable: shape.isNullable || min === 0,
    prefersNothing: shape.prefersNothing || (mode === "lazy" && min < max),
    leavesGroups: shape.leavesGroups || (shape.hasGroups && min === 0),
  };
}

/**
 * Where a repetition is not the same in both engines. PCRE2 may end it with a round that matches nothing; JavaScript
 * refuses such a round: its groups are those of the round before, and it goes on where PCRE2 is content with nothing.
 * In PCRE2 a group also keeps what it took in an earlier round, where JavaScript begins each round with unset ones.
 */
export function differenceOf({ kind, ...shape }: Shape, { min, max }: Quantifier): Difference | undefined {
  if (kind !== "group" || max <= 1) return undefined;
  const losesEmptyRound = shape.isNullable && min < max;
  if (losesEmptyRound && shape.prefersNothing) return "span";
  return (losesEmptyRound && shape.hasGroups) || shape.leavesGroups ? "groups" : undefined;
}

function optional(atom: string, mode: Quantifier["mode"]): string {
  return mode === "lazy" ? `(?:|${atom})` : `(?:${atom}|)`;
}

function counted(min: number, max: number): string {
  if (max === Number.POSITIVE_INFINITY) return min === 0 ? "*" : min === 1 ? "+" : `{${min},}`;
  if (min === max) return `{${min}}`;
  return min === 0 && max === 1 ? "?" : `{${min},${max}}`;
}

/** Of something that takes one byte: as many as there are, which is until none follows or there may be no more. */
function possessive(atom: string, min: number, max: number): string {
  if (min === max) return atom + counted(min, max);
  if (max === Number.POSITIVE_INFINITY) return `${atom}${counted(min, max)}(?!${atom})`;
  return `(?:${atom}${counted(max, max)}|${atom}${counted(min, max - 1)}(?!${atom}))`;
}
