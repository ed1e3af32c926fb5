/** The plugins beside that for JSON, each below a decoder as the peers' rulesets have it (ruleset-spec 3.7). */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { plainPluginDecoders } from "../../../test/support/log-seeds.ts";
import { eventOf } from "../../../test/support/ruleset.ts";
import type { EngineEvent } from "../../model/alert.ts";
import type { Flavour } from "../../syntax/pattern.ts";
import { DecodedEvent } from "../decoded-event.ts";
import { decodeEvent, loadDecoders } from "./decoder-set.ts";
import { plugins } from "./plugin.ts";

function decode(log: string, flavour: Flavour = "wazuh", change: Partial<EngineEvent> = {}): DecodedEvent {
  const set = loadDecoders(
    [{ path: "0010.xml", text: plainPluginDecoders }],
    ({ message }) => equal(message, ""),
    flavour,
  );
  return decodeEvent(set, eventOf(log, 0, change), new DecodedEvent());
}

/** The type of the event and its static fields, as `type name=value …`. */
function said(log: string, flavour?: Flavour): string {
  const decoded = decode(log, flavour);
  const { fields } = decoded.toDecoded();
  return [decoded.type, ...Object.entries(fields).map(([name, value]) => `${name}=${value}`)].join(" ");
}

test("all plugins that decoders may name are there", () => {
  deepEqual([...plugins.keys()].sort(), [
    "JSON_Decoder",
    "OSSECAlert_Decoder",
    "PF_Decoder",
    "SonicWall_Decoder",
    "SymantecWS_Decoder",
  ]);
});

// ── PF ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

const passed = "pf: rule 2/(match) pass in on xl0: 192.0.2.3.6667 > 198.51.100.10.16290: P 7408:7677(269) ack 1 (DF)";

test("PF: the action, both addresses with their ports, and the protocol", () => {
  equal(
    said(passed),
    "firewall protocol=TCP action=pass srcip=192.0.2.3 srcport=6667 dstip=198.51.100.10 dstport=16290",
  );
  equal(
    said("pf: rule 4/(match) block in on lo0: 192.0.2.1.1514 > 192.0.2.9.1030:  udp 73"),
    "firewall protocol=UDP action=block srcip=192.0.2.1 srcport=1514 dstip=192.0.2.9 dstport=1030",
  );
});

test("PF: an address without a port is one too, as in ICMP", () => {
  equal(
    said("pf: rule 3/(match) pass out on xl0: 192.0.2.1 > 192.0.2.9: icmp: echo request"),
    "firewall protocol=ICMP action=pass srcip=192.0.2.1 dstip=192.0.2.9",
  );
});

test("PF: what is read before the form breaks is kept", () => {
  const begin = "pf: rule 2/(match) pass in on xl0";
  const cases: [string, string][] = [
    ["pf: rule 2/(match) scrub in", "firewall"],
    ["pf: rule 2/(match)_pass in", "firewall"],
    ["pf: no bracket", "firewall"],
    ["pf: )", "firewall"],
    [begin, "firewall action=pass"],
    [`${begin}: 192.0.2.1`, "firewall action=pass"],
    [`${begin}: 192.0.2.1 < 192.0.2.9: P`, "firewall action=pass srcip=192.0.2.1"],
    [`${begin}: 192.0.2.1 > 192.0.2.9`, "firewall action=pass srcip=192.0.2.1"],
    [`${begin}: 192.0.2.1 > 192.0.2.9:`, "firewall action=pass srcip=192.0.2.1 dstip=192.0.2.9"],
  ];
  for (const [log, expected] of cases) equal(said(log), expected, log);
});

// ── SymantecWS ─────────────────────────────────────────────────────────────────────────────────────────────────────

test("SymantecWS: user, address and URL by their numbers, and an id of nine bytes with what stands behind it", () => {
  equal(said("20070717,73556,1=5,11=192.0.2.4,10=anna,3=1,2=2"), "syslog srcip=192.0.2.4 dstuser=anna id=3=1,2=2");
  equal(said("20070717,1,3=10,2=27,60=http://x/"), "syslog id=3=10,2=27 url=http://x/");
  equal(said("20070717,1,1=3,2=27"), "syslog id=2=27");
});

test("SymantecWS: the first value of a name counts, and nothing before the first comma", () => {
  equal(said("200710=no,1,10=anna,10=berta,11=,11=x,110=y,1=z"), "syslog srcip= dstuser=anna");
  equal(said("2007"), "syslog");
  equal(said("2007,"), "syslog");
});

// ── SonicWall ──────────────────────────────────────────────────────────────────────────────────────────────────────

const sonic = (id: string, more = "", category = "64", proto = " proto=tcp/http"): string =>
  `id=firewall sn=1 time="2026-11-25 10:00:00" fw=192.0.2.1 pri=5 c=${category} m=${id} msg="x" n=1 ` +
  `src=192.0.2.7:36701:WAN dst=198.51.100.1:80:LAN${proto}${more}`;
const addresses = "srcip=192.0.2.7 srcport=36701 dstip=198.51.100.1 dstport=80";

test("SonicWall: priority, number of the message, addresses and protocol", () => {
  equal(said(sonic("236")), `syslog protocol=tcp ${addresses} id=236 status=5`);
});

test("SonicWall: the number of the message makes it an event of a firewall, with its action", () => {
  for (const [action, ids] of [
    ["pass", ["98", "597", "598"]],
    ["drop", ["36", "37", "38", "173", "174"]],
    ["close", ["537"]],
  ] as const) {
    for (const id of ids) {
      equal(said(sonic(id)), `firewall protocol=tcp action=${action} ${addresses} id=${id} status=5`);
    }
  }
});

test("SonicWall: category 32 is an intrusion, whatever the message; any other is for the rules of syslog", () => {
  equal(said(sonic("36", "", "32")), `ids protocol=tcp ${addresses} id=36 status=5`);
  equal(decode(sonic("1")).type, "syslog");
});

test("SonicWall: message 97 is a proxy's, with what it answered as id and the page as URL", () => {
  const more = " op=GET result=404 dstname=www.example.com arg=/page?x=1 code=27";
  equal(said(sonic("97", more)), `squid protocol=tcp ${addresses} id=404 status=5 url=www.example.com/page?x=1`);
  equal(
    said(sonic("97", " dstname=www.example.com")),
    `squid protocol=tcp ${addresses} id=97 status=5 url=www.example.com`,
  );
  equal(said(sonic("97")), `squid protocol=tcp ${addresses} id=97 status=5`);
});

test("SonicWall: a protocol is a name of at most six bytes", () => {
  equal(said(sonic("1", "", "1", " proto=seven77/x")), `syslog ${addresses} id=1 status=5`);
  equal(said(sonic("1", "", "1", " proto=icmp")), `syslog ${addresses} id=1 status=5`);
});

test("SonicWall: the type is the event's own, and another event of the decoder has the decoder's again", () => {
  const set = loadDecoders([{ path: "0010.xml", text: plainPluginDecoders }], () => undefined);
  const decoded = new DecodedEvent();
  const typeOf = (log: string): string => decodeEvent(set, eventOf(log), decoded).type;
  deepEqual(
    [typeOf(sonic("97")), typeOf("id=x"), typeOf(sonic("1")), typeOf(passed)],
    ["squid", "firewall", "syslog", "firewall"],
  );
});

// ── OSSECAlert ─────────────────────────────────────────────────────────────────────────────────────────────────────

const alert =
  "Alert Level: 3; Rule: 5715 - SSHD authentication success.; Location: (web) 192.0.2.1->/var/log/auth.log;";
const log = "Nov 25 10:00:01 web sshd[7]: Accepted password for root";

test("OSSECAlert: the rule, where it was, who it was, and what it was", () => {
  const forwarded = { ruleId: 5715, location: "(web) 192.0.2.1->/var/log/auth.log", log };
  deepEqual(decode(`ossec: ${alert} srcip: 192.0.2.7; user: root;  ${log}`).forwarded, {
    ...forwarded,
    srcip: "192.0.2.7",
    user: "root",
  });
  deepEqual(decode(`ossec: ${alert} user: root;  ${log}`).forwarded, { ...forwarded, srcip: undefined, user: "root" });
  deepEqual(decode(`Nov 25 10:00:02 manager ossec: ${alert}  ${log}`).forwarded, {
    ...forwarded,
    srcip: undefined,
    user: undefined,
  });
});

test("OSSECAlert: a text of another form is a log like any other", () => {
  for (const text of [
    "ossec: Alert Level: 3",
    "ossec: Alert Level: x; Rule: 5715 - x; Location: y; z",
    "ossec: Alert Level: 3; Rule: 12345678901 - x; Location: y; z",
    "ossec: Alert Level: 3; Rule: 5715 - x; z",
    "ossec: Alert Level: 3; Rule: 5715 - x; Location: y",
    "ossec: Alert Level: 3; Rule: 5715 - x; Location: y;  ",
  ]) {
    const decoded = decode(text);
    deepEqual([decoded.decoder?.name, decoded.forwarded, decoded.event.log], ["ossec", undefined, text]);
  }
});

// ── What OSSEC makes of a firewall's action ────────────────────────────────────────────────────────────────────────

test("OSSEC: the action of a firewall is one of four words, in Wazuh's flavour it is the device's", () => {
  const ossec = (action: string): string | undefined => {
    const text = `<decoder name="f"><type>firewall</type><prematch_pcre2>^f: </prematch_pcre2>
      <pcre2 offset="after_prematch">^(\\S+)</pcre2><order>action</order></decoder>`;
    const set = loadDecoders([{ path: "decoder.xml", text }], ({ message }) => equal(message, ""), "ossec");
    return decodeEvent(set, eventOf(`f: ${action}`), new DecodedEvent()).fields.action;
  };
  const words: [string, string[]][] = [
    ["DROP", ["DROP", "drop", "Deny", "denied", "REJECT", "block", "b", "discarded"]],
    ["CLOSED", ["CLOSE", "closed", "Teardown"]],
    ["ALLOW", ["ACCEPT", "pass", "p", "Permit", "OPEN", "allowed", "Built"]],
    ["UNKNOWN", ["x", "notification", "bx", "IN=eth0"]],
  ];
  for (const [word, actions] of words) for (const action of actions) equal(ossec(action), word, action);
  equal(decode(passed, "wazuh").fields.action, "pass");
});

test("OSSEC: an action of what is no firewall stays as it is", () => {
  const text = `<decoder name="f"><prematch_pcre2>^f: </prematch_pcre2>
    <pcre2 offset="after_prematch">^(\\S+)</pcre2><order>action</order></decoder>`;
  const set = loadDecoders([{ path: "decoder.xml", text }], () => undefined, "ossec");
  equal(decodeEvent(set, eventOf("f: pass"), new DecodedEvent()).fields.action, "pass");
});
