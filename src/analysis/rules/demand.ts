/** What a rule demands of an event in a form that can be looked up for many rules at once (sibling-index.ts). */
import type { Expression } from "../../syntax/pattern.ts";
import type { FieldReader } from "../correlate/composite.ts";
import type { ExpressionName } from "./draft.ts";

/** An event that does not fulfil it does not match the rule; a missing value fulfils none. */
export type Demand =
  /** The log, in lower case, holds one of the literals. */
  | { kind: "log"; literals: readonly string[] }
  /** The value is there and, where texts are given, is one of them, case aside. Equal names read the same value. */
  | { kind: "value"; name: string; read: FieldReader; texts: readonly string[] | undefined };

/** Undefined: it would rule nothing out that is not ruled out at less cost. */
export function demandOf(
  name: ExpressionName,
  { outline }: Expression,
  read: FieldReader | undefined,
): Demand | undefined {
  // Every event has a location and a host, and to read them costs more than is won.
  if (name === "location" || name === "hostname") return undefined;
  if (read !== undefined) return { kind: "value", name, read, texts: outline.values };
  return outline.needed === undefined ? undefined : { kind: "log", literals: outline.needed };
}
