/** All decoders of a ruleset, loaded and indexed. Holds no state of events. */
import type { EngineEvent } from "../../model/alert.ts";
import type { DecodedEvent } from "../decoded-event.ts";
import type { Decoder } from "./decoder.ts";

export interface DecoderFile {
  path: string;
  /** Byte string. */
  text: string;
}

/** What is wrong in a ruleset's file. A set of which an `error` was reported must not be put in force. */
export interface DecoderProblem {
  file: string;
  line: number;
  column: number;
  severity: "error" | "warning";
  message: string;
}

export interface DecoderSet {
  readonly decoders: readonly Decoder[];
  /** The number of a final name, for `decoded_as`; undefined for a name that no file and no built-in has. */
  nameId(name: string): number | undefined;
  /** SHA-independent figures for `ruleset cost` and the tests. */
  readonly counts: { withProgramName: number; withoutProgramName: number; children: number };
}

/**
 * Loads decoder files in the order given (the caller sorts them by base name). Never throws on what a file holds: every
 * problem is reported with its place, and a decoder with an error is left out.
 */
export declare function loadDecoders(
  files: readonly DecoderFile[],
  report: (problem: DecoderProblem) => void,
): DecoderSet;

/** Predecodes and decodes `event` into `into`, which is returned. */
export declare function decodeEvent(set: DecoderSet, event: EngineEvent, into: DecodedEvent): DecodedEvent;
