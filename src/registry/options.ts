/**
 * The `<auth>` section of ossec.conf: who may become an agent, and how the enrolment port is secured (agent-protocol
 * 1.5). Where Wazuh has renamed an option, its old name is read as well.
 */
import { address, block, duration, entries, needless, oneOf, path, port, section, text } from "../config/schema.ts";
import { unsupported, yesNo, type Entry, type Values } from "../config/schema.ts";
import { parseDuration } from "../config/quantity.ts";
import type { EnrolmentPolicy } from "./enrolment.ts";

const force = block({
  help: "When an agent that has the name or the address that is asked for gives way. All of these must hold.",
  options: {
    enabled: yesNo({ initial: true, help: "Whether an agent gives way at all." }),
    key_mismatch: yesNo({
      initial: true,
      help: "Who proves that he has the agent's key is refused: he needs no other one.",
    }),
    disconnected_time: entries({
      attributes: { enabled: "`yes` or `no`" },
      help: 'How long the agent must have been disconnected, not written: 1h; one that never connected gives way. \
With the attribute `enabled="no"`, or 0: it gives way whatever it does.',
    }),
    after_registration_time: duration({
      initial: "1h", // A script that enrols in a circle replaces nobody.
      min: "0s",
      max: "3650d",
      help: "How old the agent's registration must be.",
    }),
  },
});

const disconnectedInitialMs = 3_600_000;

/** The last one counts; `undefined` when its text is no duration. */
function disconnectedMsOf(written: readonly Entry[]): number | undefined {
  const last = written.at(-1);
  if (last === undefined) return disconnectedInitialMs;
  return last.attributes["enabled"]?.toLowerCase() === "no" ? 0 : parseDuration(last.text);
}

export const authSection = section("auth", {
  help: "Enrolment: how agents get their keys, on TCP with TLS.",
  options: {
    disabled: yesNo({ initial: false, help: "Agents cannot enrol at this node." }),
    remote_enrollment: yesNo({
      initial: true,
      help: "`no`: nothing listens; agents are added by `argus agents add` only.",
    }),
    port: port({ initial: 1515, help: "The port to listen on." }),
    ipv6: yesNo({ initial: false, help: "Listen on IPv6 as well." }),
    local_ip: address({ help: "The address to listen on, which Wazuh has no option for; all of them when not given." }),
    use_source_ip: yesNo({
      initial: false,
      help: "An agent that asks for no address is registered under that from which it enrols, not as `any`.",
    }),
    force,
    force_insert: oneOf(["yes", "no"], { help: "The old word for <enabled> of <force>." }),
    force_time: duration({
      initial: "1h",
      min: "0s",
      max: "3650d",
      help: "The old word for <disconnected_time> of <force>, in seconds; 0: it gives way whatever it does.",
    }),
    purge: yesNo({
      initial: false,
      help: "A removed agent leaves client.keys; otherwise its line is marked with `!`.",
    }),
    use_password: yesNo({ initial: false, help: "Whoever enrols must know the first line of etc/authd.pass." }),
    ciphers: text({ help: "OpenSSL's list of ciphers for TLS 1.2 and older. Not written: Node's own." }),
    ssl_agent_ca: path({ help: "Certificates (PEM) of which one must have signed the certificate of each agent." }),
    ssl_verify_host: yesNo({
      initial: false,
      help: "With <ssl_agent_ca>: an agent's certificate must also name the address from which it comes.",
    }),
    ssl_manager_cert: path({ initial: "etc/sslmanager.cert", help: "The certificate of the port, made when absent." }),
    ssl_manager_key: path({ initial: "etc/sslmanager.key", help: "Its private key, made together with it." }),
    ssl_auto_negotiate: yesNo({
      initial: false,
      help: "Also TLS 1.0 and 1.1, for agents on systems that know no better. They protect neither key nor password well.",
    }),
    agents: block({
      help: "Which agents may enrol.",
      options: {
        allow_higher_versions: yesNo({
          initial: true, // Wazuh's `no` turns agents away after they were upgraded before the manager.
          help: "`no`: agents of a version above 4.14, the last that Argus knows, are refused.",
        }),
      },
    }),
    limit_maxagents: needless("There is no limit."),
    key_request: unsupported("Keys are not asked for from another program."),
    timeout_seconds: needless("A request has 10 s in all, and a second of silence ends it."),
  },
  isOff: (auth) => auth.disabled,
  check(auth, refuse, warn) {
    if (disconnectedMsOf(auth.force.disconnected_time) === undefined) {
      refuse("force", "<disconnected_time> must be a duration such as 30s, 10m or 24h");
    }
    if (auth.ssl_verify_host && auth.ssl_agent_ca === undefined) {
      warn("ssl_verify_host", "it means nothing without <ssl_agent_ca>");
    }
    if (auth.ssl_auto_negotiate) warn("ssl_auto_negotiate", "TLS 1.0 and 1.1 are let in, which can be read by others");
    if (auth.remote_enrollment && !auth.use_password && auth.ssl_agent_ca === undefined) {
      warn("use_password", "whoever reaches the port can become an agent; `yes` asks for a password");
    }
  },
});
export type Auth = Values<typeof authSection.options>;

/** What of `<auth>` decides about requests. */
export function policyOf(auth: Auth): EnrolmentPolicy {
  const { force_insert: forceInsert, force_time: forceMs } = auth;
  const isOldTime = auth.force.disconnected_time.length === 0 && forceMs !== disconnectedInitialMs;
  return {
    usesSourceIp: auth.use_source_ip,
    allowsHigherVersions: auth.agents.allow_higher_versions,
    isForceEnabled: auth.force.enabled && forceInsert !== "no",
    isKeyMismatchNeeded: auth.force.key_mismatch,
    disconnectedMsMin: isOldTime ? forceMs : (disconnectedMsOf(auth.force.disconnected_time) ?? disconnectedInitialMs),
    registeredMsMin: auth.force.after_registration_time,
  };
}
