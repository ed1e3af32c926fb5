/**
 * What an event knows of its decoder, and rules, plugins and outputs ask. Decoders of files are more than that
 * (file-decoder.ts); those of agents' modules stand in no file (internal.ts). Never changed after loading.
 */
import type { StaticFieldName } from "../../model/alert.ts";

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

export interface Decoder {
  /** In the load order of its set, from 0; -1 for one that stands in no file. */
  index: number;
  /** The number of its final name; `decoded_as` compares it. Decoders that share a final name share the number. */
  nameId: number;
  /** The final name: the parent's, unless `use_own_name`. */
  name: string;
  parent: string | undefined;
  /** Not inherited: a child that says nothing is `syslog`. */
  type: DecoderType;
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
}
