/**
 * The plugin `OSSECAlert_Decoder` (ruleset-spec 3.7): an alert that another manager sent by syslog.
 *
 *   ossec: Alert Level: 3; Rule: 5715 - SSHD authentication success.; Location: (web) 192.0.2.1->/var/log/auth.log;
 *   srcip: 192.0.2.7; user: root;  Nov 25 10:00:01 web sshd[7]: Accepted password for root
 *
 * Where a rule of that number is there, it answers as if it had matched, and the event becomes the one that the other
 * manager alerted of. Where it is not there, the text is a log like any other. Decoders know no rules, so the plugin
 * only reads; `becomeForwarded` is for who has found the rule.
 *
 * Whoever may send such a line may raise any alert, which is what the decoder is for: the peers' rulesets take it from
 * any sender.
 */
import type { DecodedEvent, ForwardedAlert } from "../decoded-event.ts";

/** A location is cut here, the agent before it included. */
const locationBytesMax = 255;
/** Numbers of rules have at most six digits; a longer one is no rule of anybody. */
const headPattern = /(?:ossec: )?Alert Level: \d{1,4}; Rule: (\d{1,9}) - /y;
const locationName = "; Location: ";

/** Sets `forwarded`; fills nothing where the text is of another form. */
export function runOssecAlertPlugin(decoded: DecodedEvent, from: number): void {
  const { raw } = decoded.log;
  headPattern.lastIndex = from;
  const ruleId = headPattern.exec(raw)?.[1];
  if (ruleId === undefined) return;
  const named = raw.indexOf(locationName, headPattern.lastIndex);
  const location = named < 0 ? undefined : entryAt(raw, named + locationName.length);
  if (location === undefined) return;
  const srcip = namedEntryAt(raw, "srcip: ", location.end);
  const user = namedEntryAt(raw, "user: ", srcip?.end ?? location.end);
  const log = raw.slice(afterBlanks(raw, user?.end ?? srcip?.end ?? location.end));
  if (log === "") return;
  decoded.forwarded = {
    ruleId: Number(ruleId),
    location: location.text,
    srcip: srcip?.text,
    user: user?.text,
    log,
  };
}

/** The event is from now on the one that the other manager alerted of. */
export function becomeForwarded(decoded: DecodedEvent, { location, srcip, user, log }: ForwardedAlert): void {
  decoded.rewrite(log);
  const { event, fields } = decoded;
  const agentBytes = decoded.location.length - event.location.length;
  const room = Math.max(0, locationBytesMax - agentBytes);
  decoded.event = { ...event, location: `${event.location}|${location}`.slice(0, room) };
  if (srcip !== undefined) fields.srcip = srcip;
  if (user !== undefined) fields.dstuser = user;
}

interface Entry {
  text: string;
  /** Behind its semicolon. */
  end: number;
}

function entryAt(raw: string, at: number): Entry | undefined {
  const end = raw.indexOf(";", at);
  return end < 0 ? undefined : { text: raw.slice(at, end), end: end + 1 };
}

function namedEntryAt(raw: string, name: string, at: number): Entry | undefined {
  const begin = afterBlanks(raw, at);
  return raw.startsWith(name, begin) ? entryAt(raw, begin + name.length) : undefined;
}

function afterBlanks(raw: string, at: number): number {
  let end = at;
  while (raw[end] === " ") end += 1;
  return end;
}
