/**
 * The `<remote>` section of ossec.conf: how this node listens for agents and for plain syslog.
 *
 * This table is the only place where an option's name, default, limits and meaning are written.
 */
import { address, cidrList, integer, oneOf, port, section, wordList, yesNo } from "../config/schema.ts";
import { block, needless, type Values } from "../config/schema.ts";
import type { AgentVersion } from "../wire/agent-version.ts";
import type { AgentRemote } from "./agent-listener.ts";
import type { AgentPolicy } from "./agent-session.ts";
import type { SyslogRemote } from "./syslog-listener.ts";

export const remoteSection = section("remote", {
  help: "A listener. Repeat the section to open several.",
  repeat: true,
  options: {
    connection: oneOf(["secure", "syslog"], {
      initial: "secure",
      help: "`secure` accepts enrolled agents only; `syslog` accepts any sender in <allowed-ips>.",
    }),
    port: port({ help: "The port to listen on. Not written: 1514 for `secure`, 514 for `syslog`." }),
    protocol: wordList(["tcp", "udp"], {
      // Wazuh means tcp when nothing is written and OSSEC means udp, so both are served: no sender is turned away.
      help: "`tcp`, `udp` or both. Not written: both.",
    }),
    "allowed-ips": cidrList({ help: "Senders to accept, as addresses or CIDR blocks. Required for `syslog`." }),
    "denied-ips": cidrList({ help: "Senders to refuse although <allowed-ips> holds them." }),
    local_ip: address({ help: "The address of this machine to listen on. Not written: all." }),
    ipv6: yesNo({ initial: false, help: "Listen on IPv6 as well where <local_ip> is not written." }),
    queue_size: integer({
      initial: 131_072, // About 60 MB of 450-byte events: ten seconds of a 13,000 events/s burst.
      min: 1_024,
      max: 1_048_576,
      help: "Events that wait for the disk before the node stops reading from its senders; the largest counts.",
    }),
    rids_closing_time: needless("Argus keeps no file open per agent."),
    connection_overtake_time: needless("An agent's newest connection takes the place of the one before at once."),
    agents: block({
      help: "Which agents may connect.",
      options: {
        allow_higher_versions: yesNo({
          initial: true, // Agents of later versions speak the same, and refusing them would only cut them off.
          help: "`no`: agents of a version above 4.14 are refused at their startup. One section counts for all.",
        }),
      },
    }),
    verify_msg_id: yesNo({
      initial: false, // As with Wazuh: an agent that is reinstalled or set back in time begins with lower counters.
      help:
        "`yes`: of each agent only messages with a counter above the last one are taken, as with the internal option " +
        "`remoted.verify_msg_id=1`. Repeated messages are refused anyway. One section counts for all.",
    }),
  },
  check(remote, refuse, warn) {
    // An open syslog port would let anyone forge events, so silence is not consent here.
    if (remote.connection === "syslog" && remote["allowed-ips"].length === 0) {
      refuse("allowed-ips", "a syslog listener must name the senders it accepts");
    }
    const families = new Set(remote["allowed-ips"].map((block) => block.address.family));
    if (remote.connection === "syslog" && remote.local_ip === undefined && !remote.ipv6 && !families.has(4)) {
      if (families.has(6))
        warn("ipv6", "only IPv6 senders are allowed, but the listener is on IPv4; write <ipv6>yes</ipv6>");
    }
  },
});

export type Remote = Values<typeof remoteSection.options>;

/** A listener for agents, and not for syslog. */
export function isAgentListener(remote: Remote): boolean {
  return remote.connection === "secure";
}

/** Where agents come to when no `<remote>` of connection secure is written, and by default where one is. */
const agentPort = 1_514;
/** The latest of Wazuh's versions whose agents Argus was made for. */
const latestVersion: AgentVersion = { product: "wazuh", major: 4, minor: 14, patch: 0 };

/** The listener of a `<remote>` of connection secure. */
export function agentRemoteOf(remote: Remote): AgentRemote {
  return { port: remote.port ?? agentPort, ...whereOf(remote) };
}

/** The listener that a node opens where no `<remote>` of connection secure is written. */
export function unaskedAgentRemote(localIp: string): AgentRemote {
  return { port: agentPort, protocols: ["tcp", "udp"], localIp, ipv6: false };
}

/** What the `<remote>` of connection secure say of all agents of the node. */
export function agentPolicyOf(remotes: readonly Remote[]): AgentPolicy {
  const isOpen = remotes.every(({ agents }) => agents.allow_higher_versions);
  return {
    isStrict: remotes.some((remote) => remote.verify_msg_id),
    versionMax: isOpen ? undefined : latestVersion,
  };
}

/** The listener of a `<remote>` of connection syslog. */
export function syslogRemoteOf(remote: Remote): SyslogRemote {
  const { "allowed-ips": allowedIps, "denied-ips": deniedIps } = remote;
  return { port: remote.port ?? 514, ...whereOf(remote), allowedIps, deniedIps };
}

function whereOf({ protocol, local_ip: localIp, ipv6 }: Remote): Omit<AgentRemote, "port"> {
  return { protocols: protocol.length === 0 ? ["tcp", "udp"] : protocol, localIp, ipv6 };
}

/** How many events may wait in the node's one batcher: the largest `<queue_size>` of its listeners. */
export function pendingEventsMaxOf(remotes: readonly Remote[]): number {
  return Math.max(remoteSection.options.queue_size.initial, ...remotes.map((remote) => remote.queue_size));
}
