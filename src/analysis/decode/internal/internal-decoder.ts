/** What all decoders of agents' modules have in common; internal.ts is the table of them. */
import type { Flavour } from "../../../syntax/pattern.ts";
import type { Baseline } from "../../baseline.ts";
import type { DecodedEvent } from "../../decoded-event.ts";
import type { Decoder } from "../decoder.ts";

/** What an internal decoder asks of the ruleset. */
export interface InternalNeeds {
  readonly flavour: Flavour;
  /** The decoder of that name which exists without a file; `decoded_as` compares its number. */
  internal(name: string): Decoder;
}

/**
 * Decodes an event that was just reset. Never throws on what it holds; what it does not understand, and what is no news
 * to the baseline, no rule looks at (`isPassedOver`).
 */
export type InternalDecoder = (decoded: DecodedEvent, needs: InternalNeeds, baseline: Baseline) => void;
