import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { configFrom } from "../../test/support/config-text.ts";
import { readAgentSettings, type AgentSettings } from "./agent-settings.ts";
import { sections } from "./sections.ts";

const settingsOf = (shared: string): AgentSettings => readAgentSettings(configFrom(sections, { shared }), "192.0.2.1");
const ports = ({ remotes, auth, authHost }: AgentSettings): string[] => [
  ...remotes.map(({ localIp, port, protocols }) => `${localIp ?? "all"}:${port} ${protocols.join(" ")}`),
  ...(auth === undefined ? [] : [`enrolment ${authHost}:${auth.port}`]),
];

test("where nothing is written both ports are open on the node's own address, and a password is asked for", () => {
  const settings = settingsOf("");
  deepEqual(ports(settings), ["192.0.2.1:1514 tcp udp", "enrolment 192.0.2.1:1515"]);
  deepEqual([settings.isListenerWritten, settings.isAuthWritten, settings.usesPassword], [false, false, true]);
});

test("where a <remote> is written, what it does not say is not opened", () => {
  const syslog =
    "<remote><connection>syslog</connection><port>514</port><allowed-ips>192.0.2.0/24</allowed-ips></remote>";
  deepEqual(ports(settingsOf(syslog)), []);
  const secure = "<remote><port>1600</port><protocol>udp</protocol></remote>";
  deepEqual(ports(settingsOf(syslog + secure)), ["all:1600 udp"]);
  equal(settingsOf(secure).usesPassword, true, "a worker may still relay whoever comes to it");
});

test("a written <auth> says how agents enrol, and may stand without a <remote>", () => {
  const settings = settingsOf("<auth><port>1600</port><use_source_ip>yes</use_source_ip></auth>");
  deepEqual(ports(settings), ["192.0.2.1:1514 tcp udp", "enrolment 0.0.0.0:1600"]);
  deepEqual([settings.usesPassword, settings.enrolment.usesSourceIp], [false, true]);
  deepEqual(ports(settingsOf("<auth><local_ip>127.0.0.9</local_ip></auth>")).at(-1), "enrolment 127.0.0.9:1515");
});

test("an <auth> that is off, or for the command alone, opens no port; only the first refuses everybody", () => {
  const off = settingsOf("<auth><disabled>yes</disabled></auth>");
  deepEqual([off.auth, off.isEnrolmentOff], [undefined, true]);
  const byHand = settingsOf("<auth><remote_enrollment>no</remote_enrollment></auth>");
  deepEqual([byHand.auth, byHand.isEnrolmentOff], [undefined, false]);
});
