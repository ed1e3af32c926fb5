/** Where in the working log the next expression of a chain of decoders begins (ruleset-spec 3.5). */
import type { Offset } from "./decoder.ts";

/** Offsets in the working log, as a walk through the decoders goes on. */
export interface WalkOffsets {
  afterParent: number;
  afterPrematch: number;
  /** -1: no regex of this walk has matched. */
  afterRegex: number;
}

export function offsetOf(offset: Offset, { afterParent, afterPrematch, afterRegex }: WalkOffsets): number {
  switch (offset) {
    case "log":
      return 0;
    case "after_parent":
      return afterParent;
    case "after_prematch":
      return afterPrematch;
    case "after_regex":
      return afterRegex < 0 ? afterPrematch : afterRegex;
  }
}
