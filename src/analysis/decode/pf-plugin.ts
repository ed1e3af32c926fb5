/**
 * The plugin `PF_Decoder` (ruleset-spec 3.7): what OpenBSD's packet filter did with a packet, as tcpdump prints it.
 *
 *   … rule 2/(match) pass in on xl0: 140.211.166.3.6667 > 192.168.2.10.16290: P 7408:7677(269) …
 *                    action          source        port   destination   port   first letter: the protocol
 *
 * It reads from left to right and keeps what it has when the rest is of another form.
 */
import type { DecodedEvent } from "../decoded-event.ts";

export function runPfPlugin({ log: { raw }, fields }: DecodedEvent, from: number): void {
  const bracket = raw.indexOf(")", from);
  if (bracket < 0 || raw[bracket + 1] !== " ") return;
  const letter = raw[bracket + 2];
  if (letter !== "p" && letter !== "b") return;
  fields.action = letter === "p" ? "pass" : "block";

  const colon = raw.indexOf(": ", bracket);
  const sourceEnd = colon < 0 ? -1 : raw.indexOf(" ", colon + 2);
  if (sourceEnd < 0) return;
  const source = addressOf(raw.slice(colon + 2, sourceEnd));
  fields.srcip = source.ip;
  if (source.port !== undefined) fields.srcport = source.port;

  const destinationEnd = raw.startsWith(" > ", sourceEnd) ? raw.indexOf(":", sourceEnd + 3) : -1;
  if (destinationEnd < 0) return;
  const destination = addressOf(raw.slice(sourceEnd + 3, destinationEnd));
  fields.dstip = destination.ip;
  if (destination.port !== undefined) fields.dstport = destination.port;

  let at = destinationEnd + 1;
  while (raw[at] === " ") at += 1;
  if (at < raw.length) fields.protocol = raw[at] === "u" ? "UDP" : raw[at] === "i" ? "ICMP" : "TCP";
}

/** A port stands behind the address as if it were its fifth part. */
function addressOf(text: string): { ip: string; port: string | undefined } {
  let end = -1;
  for (let dots = 0; dots < 4; dots += 1) {
    end = text.indexOf(".", end + 1);
    if (end < 0) return { ip: text, port: undefined };
  }
  return { ip: text.slice(0, end), port: text.slice(end + 1) };
}
