/**
 * Logs that together reach every plugin, every decoder of agents' modules and the usual shapes of headers: what
 * mutations begin with. `pluginDecoders` has the decoders of a ruleset that knows them, `pluginRules` its rules.
 */
import type { QueuedLog } from "./log-mutator.ts";

const line = (log: string): QueuedLog => ({ queue: "1", log });
const module = (queue: string, value: unknown): QueuedLog => ({
  queue,
  log: typeof value === "string" ? value : JSON.stringify(value),
});

const sonicWall =
  'id=firewall sn=1 time="2026-11-25 10:00:00" fw=192.0.2.1 pri=5 c=64 m=97 msg="x" n=1 ' +
  "src=192.0.2.7:36701:WAN dst=198.51.100.1:80:LAN proto=tcp/http op=GET result=404 dstname=www.example.com arg=/x";
const windows =
  "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>" +
  '<Provider Name="Microsoft-Windows-Security-Auditing" Guid="{5}"/><EventID>4625</EventID><Level>0</Level>' +
  "<Keywords>0x8010000000000000</Keywords><Execution ProcessID='5' ThreadID='9'/><Channel>Security</Channel>" +
  '<Computer>pc</Computer></System><EventData><Data Name="TargetUserName">bob</Data><Data>x</Data>' +
  '<Data Name="SubcategoryGuid">{0CCE9215-69AE-11D9-BED3-505054503030}</Data></EventData></Event>';
const file = { type: "file", size: 120, perm: "rw-r--r--", uid: "0", user_name: "root", inode: 7, hash_md5: "b1" };

export const logSeeds: readonly QueuedLog[] = [
  line("Dec 29 10:00:01 web sshd[12345]: Failed password for admin from 192.0.2.7 port 4242 ssh2"),
  line("2026-11-25T10:00:00.123456+01:00 web sudo: anna : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh"),
  line('192.0.2.7 - - [25/Nov/2026:10:00:00 +0000] "GET /x?id=1%27%20or%201=1 HTTP/1.1" 404 12 "-" "curl"'),
  line("[Fri Feb 11 18:06:35 2004] [error] [client 192.0.2.7] File does not exist: /x"),
  line("01/28-09:13:16.240702  [**] [1:2:3] scan [**] [Priority: 2] {TCP} 192.0.2.7:1 -> 192.0.2.9:2"),
  line("[Time 2006.12.28 15:53:55 UTC] [Facility auth] [Sender sshd] [PID 7] [Message text] [Level 3] [Host mac]"),
  line("1140804070.368  11623 192.0.2.7 TCP_MISS/404 392 GET http://x/ - DIRECT/x text/html"),
  line("auth|security:info sshd[12]: Accepted"),
  line('{"a":{"b":[1,-2.5e3,"x\\n\\u0041",{"c":null}]},"srcip":"192.0.2.7","user":"anna","id":7,"__proto__":{"x":1}}'),
  line('json2 {"list":["a","b"],"none":null,"deep":{"deep":{"deep":true}}}'),
  line("pf: rule 2/(match) pass in on xl0: 192.0.2.3.6667 > 198.51.100.10.16290: P 7408:7677(269) ack 1 (DF)"),
  line("20070717,73556,1=5,100=Logoff due to timeout.,11=192.0.2.4,10=usera,3=1,2=2"),
  line(sonicWall),
  line(sonicWall.replace("m=97", "m=98")),
  line(sonicWall.replace("c=64", "c=32")),
  line(
    "Nov 25 10:00:02 other ossec: Alert Level: 3; Rule: 100 - text; Location: (web) 192.0.2.1->/var/log/auth.log; " +
      "srcip: 192.0.2.7; user: root;  Nov 25 10:00:01 web sshd[7]: Accepted password",
  ),
  line("ossec: Alert Level: 10; Rule: 104 - x; Location: y;  conn=1 ACCEPT 192.0.2.7"),
  line("conn=1 ACCEPT 192.0.2.7"),
  line("conn=1 BIND anna"),
  line("conn=1 RESULT"),
  module("3", "Host: 10.0.0.7 (), open ports: 22 (tcp) 80 (tcp)"),
  module("8", "100:33188:0:0:a1:a2:root:root:1795600000:77 /etc/passwd"),
  module("8", "+++100:33188:0:0:a1:a2 !0:1 HKEY_LOCAL_MACHINE\\x"),
  module("8", "-1 /etc/passwd"),
  module("8", "syscheck-db-completed"),
  module("8", {
    type: "event",
    data: {
      ...{ path: "/etc/passwd", version: 2, mode: "whodata", type: "modified", timestamp: 1_795_600_000, tags: "a,b" },
      ...{ attributes: file, old_attributes: { ...file, size: 100 }, changed_attributes: ["size"] },
      ...{ content_changes: "1a2\n> bob", audit: { user_id: "1", process_id: 431, process_name: "/bin/vi" } },
    },
  }),
  module("9", "Trojaned version of file '/bin/diff' detected. Signature used: 'bash|^/bin/sh' (Generic)."),
  module("9", "System Audit: CIS - Debian - 1.4 - /tmp {CIS: 1.4 Debian}. File: /etc/fstab. Reference: https://x ."),
  module("9", "Starting rootcheck scan."),
  module("d", { type: "dbsync_ports", operation: "INSERTED", data: { local_port: 4444, process: "nc", state: null } }),
  module("d", { type: "network", ID: 5, iface: { name: "eth0", IPv4: { address: ["10.0.0.7"] } } }),
  module("e", { type: "scan_result", scan_id: 7, cis: { rule_title: "No telnet", result: "fail", score: 76 } }),
  module("f", { Message: 'It failed.\r\nSee "C:\\x"', Event: windows }),
  module("p", {
    ...{ type: "check", id: 826, policy: "CIS Debian", policy_id: "cis_debian" },
    check: { id: 15_500, title: "No root login", compliance: { cis: "5.2.8" }, rules: ["f:/x"], result: "failed" },
  }),
  module("p", {
    type: "summary",
    scan_id: 826,
    name: "CIS",
    policy_id: "cis_debian",
    passed: 20,
    score: 40,
    hash: "h",
  }),
  module("u", { command: "upgrade_update_status", parameters: { agents: [1], status: "Done" } }),
];

/** Of the plugins beside that for JSON, each below a decoder as the peers' rulesets have it. */
export const plainPluginDecoders = `
<decoder name="pf"><type>firewall</type><prematch>^pf: </prematch><plugin_decoder>PF_Decoder</plugin_decoder></decoder>
<decoder name="sonicwall"><type>firewall</type><prematch>^id=</prematch>
  <plugin_decoder>SonicWall_Decoder</plugin_decoder></decoder>
<decoder name="symantec"><prematch>^2007</prematch><plugin_decoder>SymantecWS_Decoder</plugin_decoder></decoder>
<decoder name="ossec"><prematch>^ossec: </prematch><type>ossec</type></decoder>
<decoder name="ossec-alert1"><parent>ossec</parent><prematch>^ossec: Alert Level:</prematch>
  <plugin_decoder>OSSECAlert_Decoder</plugin_decoder></decoder>
<decoder name="ossec-alert"><program_name>^ossec$</program_name>
  <plugin_decoder>OSSECAlert_Decoder</plugin_decoder></decoder>`;

/** Logs of one connection, by its id: accepted, bound, answered. */
export const ldapDecoders = `
<decoder name="ldap"><prematch>^conn=</prematch></decoder>
<decoder name="ldap-accept"><parent>ldap</parent><prematch>ACCEPT</prematch>
  <regex>^conn=(\\S+) ACCEPT (\\S+)</regex><order>id, srcip</order><accumulate/></decoder>
<decoder name="ldap-bind"><parent>ldap</parent><prematch>BIND</prematch>
  <regex>^conn=(\\S+) BIND (\\S+)</regex><order>id, dstuser</order><accumulate/></decoder>
<decoder name="ldap-result"><parent>ldap</parent><prematch>RESULT</prematch>
  <regex>^conn=(\\S+) RESULT</regex><order>id</order><accumulate/></decoder>`;

export const pluginDecoders = `
<decoder name="json"><prematch>^{</prematch><plugin_decoder>JSON_Decoder</plugin_decoder></decoder>
<decoder name="json2"><prematch>^json2 </prematch></decoder>
<decoder name="json2-child"><parent>json2</parent><prematch offset="after_parent">^{</prematch>
  <plugin_decoder offset="after_parent">JSON_Decoder</plugin_decoder>
  <json_null_field>discard</json_null_field><json_array_structure>csv</json_array_structure></decoder>
${plainPluginDecoders}${ldapDecoders}
<decoder name="sshd"><program_name>^sshd$</program_name></decoder>
<decoder name="sshd-failed"><parent>sshd</parent><prematch>^Failed</prematch>
  <regex offset="after_prematch">for (\\S+) from (\\S+) port (\\d+)</regex>
  <order>user, srcip, srcport</order><fts>name, user, location</fts></decoder>`;

export const pluginRules = `
<rule id="100" level="3"><decoded_as>sshd</decoded_as><description>sshd $(dstuser) $(srcip)</description></rule>
<rule id="101" level="5"><if_sid>100</if_sid><if_fts/><description>first</description></rule>
<rule id="102" level="10" frequency="4" timeframe="60" ignore="20"><if_matched_sid>100</if_matched_sid><same_srcip/>
  <description>often</description></rule>
<rule id="103" level="3"><decoded_as>ldap</decoded_as><description>ldap $(dstuser) $(srcip)</description></rule>
<rule id="104" level="8" frequency="3" timeframe="60"><if_matched_sid>103</if_matched_sid><same_user/>
  <description>ldap often</description></rule>
<rule id="105" level="4"><decoded_as>json</decoded_as><description>$(a.b) $(user)</description></rule>
<rule id="106" level="4"><decoded_as>symantec</decoded_as><id>^3=</id><description>$(id)</description></rule>
<rule id="107" level="4"><category>firewall</category><action type="osmatch">drop|pass</action>
  <description>fw</description></rule>
<rule id="108" level="4"><category>ids</category><description>ids</description></rule>
<rule id="109" level="2"><category>ossec</category><description>of an agent</description></rule>`;
