/** A decoder as it is loaded: what the walk (decoder-set.ts, ossec-walk.ts) runs and what rules ask of it. Never changed after loading. */
import type { StaticFieldName } from "../../model/alert.ts";
import type { Expression } from "../../syntax/pattern.ts";
import type { DecodedEvent } from "../decoded-event.ts";

export const decoderTypes = [
  "firewall",
  "ids",
  "web-log",
  "syslog",
  "squid",
  "windows",
  "host-information",
  "ossec",
] as const;
export type DecoderType = (typeof decoderTypes)[number];

/** Where an expression begins: at the log, or behind what matched before (ruleset-spec 3.5, 4.4). */
export type Offset = "log" | "after_parent" | "after_prematch" | "after_regex";

/** What a capture group fills: a static field, or a dynamic one by the name as written and in lower case. */
export type FieldTarget = { kind: "static"; name: StaticFieldName } | { kind: "dynamic"; name: string; lower: string };

/** OSSEC gives room to so many groups of one expression, and to so many names of an order. */
export const OSSEC_GROUPS_MAX = 64;

/**
 * Fills fields from the working log from `from` on. `decoder` is the event's decoder, whose options hold, and not
 * always the one that names the plugin (ruleset-spec 3.5). Never throws on what an event holds.
 */
export type Plugin = (decoded: DecodedEvent, from: number, decoder: Decoder) => void;

export interface Decoder {
  /** In the load order of its set, from 0; -1 for one that stands in no file. */
  index: number;
  /** The number of its final name; `decoded_as` compares it. Decoders that share a final name share the number. */
  nameId: number;
  /** The final name: the parent's, unless `use_own_name`. */
  name: string;
  /** As the file calls it. */
  ownName: string;
  parent: string | undefined;
  /** Not inherited: a child that says nothing is `syslog`. */
  type: DecoderType;
  /** Undefined: for events without a program name. */
  programName: Expression | undefined;
  /** `group` of log-literals.ts: a log that does not fulfil it does not match. */
  prematch: { expression: Expression; offset: Offset; group: number } | undefined;
  regex: { expression: Expression; offset: Offset; order: readonly FieldTarget[] } | undefined;
  plugin: Plugin | undefined;
  /**
   * How a plugin reads. The walk asks the event's decoder for it, not the one that holds the plugin (ruleset-spec 3.5),
   * so every decoder has it.
   */
  pluginOffset: Offset;
  nullField: "string" | "discard";
  arrays: "array" | "csv";
  /**
   * What makes an event of this decoder known for `if_fts`: `name`, static names and dynamic names in lower case, in
   * the fixed order of the key (ruleset-spec 5.7), dynamic ones last. Empty: the decoder has none.
   */
  fts: readonly string[];
  ftscomment: string | undefined;
  accumulate: boolean;
  file: string;
  line: number;
}

/** One place of a decoder below a root; of one parent's name there may be several roots. */
export interface Child {
  decoder: Decoder;
  /** A later sibling has the same name: go on with the next element of the list, whatever it is. */
  hasNext: boolean;
}

export interface Root {
  decoder: Decoder;
  children: Child[];
}
