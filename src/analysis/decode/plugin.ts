/** The plugins that a decoder may name in `<plugin_decoder>` (ruleset-spec 3.7). */
import type { Plugin } from "./decoder.ts";
import { runJsonPlugin } from "./json-plugin.ts";

/** By the name in a file of decoders; undefined: the name is known, and the plugin does nothing yet. */
export const plugins: ReadonlyMap<string, Plugin | undefined> = new Map([
  ["JSON_Decoder", runJsonPlugin],
  ["OSSECAlert_Decoder", undefined],
  ["PF_Decoder", undefined],
  ["SonicWall_Decoder", undefined],
  ["SymantecWS_Decoder", undefined],
]);
