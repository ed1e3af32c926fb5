import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { configFrom, problemsOf } from "../../test/support/config-text.ts";
import {
  agentPolicyOf,
  agentRemoteOf,
  isAgentListener,
  pendingEventsMaxOf,
  remoteSection,
  syslogRemoteOf,
  unaskedAgentRemote,
} from "./options.ts";

const read = (text: string) => configFrom([remoteSection], { shared: `<ossec_config>${text}</ossec_config>` });
const words = (text: string) => problemsOf(read(text)).map((problem) => problem.replace(/^.*?: /, ""));
const remotes = (text: string) =>
  read(text)
    .all(remoteSection)
    .map(({ values }) => values);
const first = (text: string) => {
  const [remote] = remotes(text);
  if (remote === undefined) throw new Error("no <remote> was read");
  return remote;
};

const syslog = (more = "", allowed = "<allowed-ips>127.0.0.0/8</allowed-ips>"): string =>
  `<remote><connection>syslog</connection>${allowed}${more}</remote>`;

test("listens on 514, over TCP and UDP, on all addresses, unless told otherwise", () => {
  const remote = syslogRemoteOf(first(syslog()));
  deepEqual(
    { ...remote, allowedIps: remote.allowedIps.map(({ text }) => text) },
    {
      port: 514,
      protocols: ["tcp", "udp"],
      allowedIps: ["127.0.0.0/8"],
      deniedIps: [],
      localIp: undefined,
      ipv6: false,
    },
  );
});

test("listens where and how it is told", () => {
  const more =
    "<port>10514</port><protocol>udp</protocol><local_ip>127.0.0.2</local_ip><denied-ips>127.0.0.9</denied-ips>";
  const { port, protocols, localIp, deniedIps } = syslogRemoteOf(first(syslog(more)));
  deepEqual(
    [port, protocols, localIp, deniedIps.map(({ text }) => text)],
    [10_514, ["udp"], "127.0.0.2", ["127.0.0.9/32"]],
  );
});

test("takes several protocols and several lists of addresses", () => {
  const more = "<protocol>tcp,udp</protocol><allowed-ips>10.1.1.1</allowed-ips>";
  const { protocols, allowedIps } = syslogRemoteOf(first(syslog(more)));
  deepEqual(
    [protocols, allowedIps.map(({ text }) => text)],
    [
      ["tcp", "udp"],
      ["127.0.0.0/8", "10.1.1.1/32"],
    ],
  );
});

test("refuses a syslog listener that names no senders", () => {
  deepEqual(words(syslog("", "")), ["error: <allowed-ips>: a syslog listener must name the senders it accepts"]);
});

const secure = (more = ""): string => `<remote><connection>secure</connection>${more}</remote>`;

test("tells listeners for agents from those for syslog", () => {
  equal(isAgentListener(first(secure())), true);
  equal(isAgentListener(first("<remote></remote>")), true);
  equal(isAgentListener(first(syslog())), false);
});

test("listens for agents on 1514, over TCP and UDP, on all addresses, unless told otherwise", () => {
  deepEqual(agentRemoteOf(first(secure())), {
    ...{ port: 1_514, protocols: ["tcp", "udp"], localIp: undefined, ipv6: false },
  });
  const more = "<port>21514</port><protocol>udp</protocol><local_ip>::1</local_ip>";
  deepEqual(agentRemoteOf(first(secure(more))), { port: 21_514, protocols: ["udp"], localIp: "::1", ipv6: false });
});

test("where no listener is written, agents come to the address that is the node's own", () => {
  deepEqual(unaskedAgentRemote("10.0.0.1"), {
    ...{ port: 1_514, protocols: ["tcp", "udp"], localIp: "10.0.0.1", ipv6: false },
  });
});

test("what a secure listener of Wazuh 4.14 holds is taken without a word", () => {
  const more =
    "<port>1514</port><protocol>tcp</protocol><queue_size>131072</queue_size>" +
    "<rids_closing_time>5m</rids_closing_time><connection_overtake_time>60</connection_overtake_time>" +
    "<agents><allow_higher_versions>no</allow_higher_versions></agents>";
  deepEqual(words(secure(more)), []);
});

test("agents of any version are let in and counters may be lower, unless a section says otherwise", () => {
  deepEqual(agentPolicyOf([]), { isStrict: false, versionMax: undefined });
  deepEqual(agentPolicyOf(remotes(secure())), { isStrict: false, versionMax: undefined });
  const no = "<agents><allow_higher_versions>no</allow_higher_versions></agents>";
  const policy = agentPolicyOf(remotes(secure() + secure(`${no}<verify_msg_id>yes</verify_msg_id>`)));
  deepEqual(policy, { isStrict: true, versionMax: { product: "wazuh", major: 4, minor: 14, patch: 0 } });
});

test("warns of an IPv4 listener whose senders are all IPv6", () => {
  deepEqual(words(syslog("", "<allowed-ips>fd00::/8</allowed-ips>")), [
    "warning: <ipv6>: only IPv6 senders are allowed, but the listener is on IPv4; write <ipv6>yes</ipv6>",
  ]);
  deepEqual(words(syslog("<ipv6>yes</ipv6>", "<allowed-ips>fd00::/8</allowed-ips>")), []);
});

test("lets as many events wait as the largest queue of a listener holds", () => {
  equal(pendingEventsMaxOf([]), 131_072);
  equal(pendingEventsMaxOf(remotes(syslog("<queue_size>200000</queue_size>") + syslog())), 200_000);
});
