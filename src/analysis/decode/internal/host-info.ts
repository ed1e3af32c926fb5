/**
 * What a port scan that an agent follows says of a host (ruleset-spec 8, hostinfo): `Host: ADDRESS (NAME), open ports:
 * LIST`. News is a host that was not there, and one whose list is another than the last that the agent told.
 */
import { VALUE_BYTES_MAX } from "../../baseline.ts";
import type { InternalDecoder } from "./internal-decoder.ts";

const hostPattern = /^Host: ([^\s,]{1,255})(?: [^,]{0,512})?, open ports: ([^]*)$/;

export const decodeHostInfo: InternalDecoder = (decoded, needs, baseline) => {
  const { agentId } = decoded.event;
  const log = decoded.log.raw;
  const [, host, list = ""] = hostPattern.exec(log) ?? [];
  if (host === undefined) {
    decoded.isPassedOver = true;
    return;
  }
  const ports = list.slice(0, VALUE_BYTES_MAX);
  const known = baseline.get(agentId, "hostinfo", host);
  if (known === ports) {
    decoded.isPassedOver = true;
    return;
  }
  baseline.set(agentId, "hostinfo", host, ports);
  decoded.decoder = needs.internal(known === undefined ? "hostinfo_new" : "hostinfo_modified");
  decoded.fields.srcip = host;
  if (known !== undefined) decoded.rewrite(`${log}\nPreviously open ports: ${known}`);
};
