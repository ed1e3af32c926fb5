/** The plugins that a decoder may name in `<plugin_decoder>` (ruleset-spec 3.7), by the name in a file of decoders. */
import type { Plugin } from "./file-decoder.ts";
import { runJsonPlugin } from "./json-plugin.ts";
import { runOssecAlertPlugin } from "./ossec-alert-plugin.ts";
import { runPfPlugin } from "./pf-plugin.ts";
import { runSonicWallPlugin } from "./sonicwall-plugin.ts";
import { runSymantecPlugin } from "./symantec-plugin.ts";

export const plugins: ReadonlyMap<string, Plugin> = new Map([
  ["JSON_Decoder", runJsonPlugin],
  ["OSSECAlert_Decoder", runOssecAlertPlugin],
  ["PF_Decoder", runPfPlugin],
  ["SonicWall_Decoder", runSonicWallPlugin],
  ["SymantecWS_Decoder", runSymantecPlugin],
]);
