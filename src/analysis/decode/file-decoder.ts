/** A decoder as a file has it: what the walk (decoder-set.ts, ossec-walk.ts) runs. Never changed after loading. */
import type { Expression } from "../../syntax/pattern.ts";
import type { DecodedEvent } from "../decoded-event.ts";
import type { Decoder, FieldTarget, Offset } from "./decoder.ts";

/**
 * Fills fields from the working log from `from` on. `decoder` is the event's decoder, whose options hold, and not
 * always the one that names the plugin (ruleset-spec 3.5). Never throws on what an event holds.
 */
export type Plugin = (decoded: DecodedEvent, from: number, decoder: Decoder) => void;

export interface FileDecoder extends Decoder {
  /** As the file calls it. */
  ownName: string;
  /** Undefined: for events without a program name. */
  programName: Expression | undefined;
  /** `group` of log-literals.ts: a log that does not fulfil it does not match. */
  prematch: { expression: Expression; offset: Offset; group: number } | undefined;
  regex: { expression: Expression; offset: Offset; order: readonly FieldTarget[] } | undefined;
  plugin: Plugin | undefined;
  file: string;
  line: number;
}

/** One place of a decoder below a root; of one parent's name there may be several roots. */
export interface Child {
  decoder: FileDecoder;
  /** A later sibling has the same name: go on with the next element of the list, whatever it is. */
  hasNext: boolean;
}

export interface Root {
  decoder: FileDecoder;
  children: Child[];
}
