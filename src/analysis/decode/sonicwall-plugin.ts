/**
 * The plugin `SonicWall_Decoder` (ruleset-spec 3.7): logs of SonicWall's firewalls.
 *
 *   … pri=6 c=262144 m=98 msg="Connection Opened" n=1 src=192.0.2.7:36701:WAN dst=198.51.100.1:80:LAN proto=tcp/http
 *
 * What a message is about says of which type the event is, so that it goes to the rules of firewalls, of intrusion
 * detection or of proxies. The peers write the type into the decoder that all events share, where it stays until the
 * next message of a firewall; here it is the event's own, so that no event is answered by what another was.
 */
import { compileExpression } from "../../syntax/expression.ts";
import type { Expression } from "../../syntax/pattern.ts";
import type { DecodedEvent } from "../decoded-event.ts";
import type { DecoderType } from "./decoder.ts";

/** In Wazuh's words in both flavours: the plugin's expressions are no part of a ruleset. */
function osRegex(text: string): Expression {
  return compileExpression("osregex", text, { captures: true, flavour: "wazuh" });
}

const headPattern = osRegex("pri=(\\d) c=(\\d+) m=(\\d+) ");
const addressesPattern = osRegex("src=(\\d+.\\d+.\\d+.\\d+):(\\d+):\\S* dst=(\\d+.\\d+.\\d+.\\d+):(\\d+):");
const protocolPattern = osRegex(" proto=(\\w+)/");
const protocolBytesMax = 6;

const intrusionCategory = "32";
const proxyMessage = "97";
/** By the number of the message: the connection passed, was dropped, or was closed. */
const firewallActions: ReadonlyMap<string, string> = new Map([
  ...["98", "597", "598"].map((id) => [id, "pass"] as const),
  ...["36", "37", "38", "173", "174"].map((id) => [id, "drop"] as const),
  ["537", "close"] as const,
]);

export function runSonicWallPlugin(decoded: DecodedEvent, from: number): void {
  const { log, fields } = decoded;
  const head = headPattern.exec(log, from);
  if (head === undefined) return;
  const [priority = "", category = "", id = ""] = head.groups;
  fields.status = priority;
  fields.id = id;
  fillAddresses(decoded, head.pointer);
  decoded.foundType = typeOf(category, id);
  if (decoded.foundType === "firewall") fields.action = firewallActions.get(id);
  if (decoded.foundType === "squid") fillRequest(decoded, head.pointer);
}

function typeOf(category: string, id: string): DecoderType {
  if (category === intrusionCategory) return "ids";
  if (firewallActions.has(id)) return "firewall";
  return id === proxyMessage ? "squid" : "syslog";
}

function fillAddresses({ log, fields }: DecodedEvent, from: number): void {
  const addresses = addressesPattern.exec(log, from);
  if (addresses !== undefined) {
    [fields.srcip, fields.srcport, fields.dstip, fields.dstport] = addresses.groups;
  }
  const protocol = protocolPattern.exec(log, addresses?.pointer ?? from)?.groups[0];
  if (protocol !== undefined && protocol.length <= protocolBytesMax) fields.protocol = protocol;
}

/** What a proxy answered, and for which page: rules of proxies look for them in the id and the URL. */
function fillRequest({ log: { raw }, fields }: DecodedEvent, from: number): void {
  const result = valueOf(raw, " result=", from);
  const host = valueOf(raw, " dstname=", from);
  if (result !== undefined) fields.id = result;
  if (host !== undefined) fields.url = host + (valueOf(raw, " arg=", from) ?? "");
}

function valueOf(raw: string, name: string, from: number): string | undefined {
  const begin = raw.indexOf(name, from);
  if (begin < 0) return undefined;
  const end = raw.indexOf(" ", begin + name.length);
  return raw.slice(begin + name.length, end < 0 ? raw.length : end);
}
