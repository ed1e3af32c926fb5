/** What a node's configuration says of agents: where they come to, and who may become one. */
import type { Configuration } from "../config/load.ts";
import type { AgentRemote } from "../intake/agent-listener.ts";
import type { AgentPolicy } from "../intake/agent-session.ts";
import { agentPolicyOf, agentRemoteOf, isAgentListener, remoteSection, unaskedAgentRemote } from "../intake/options.ts";
import type { EnrolmentPolicy } from "../registry/enrolment.ts";
import { authSection, policyOf, type Auth } from "../registry/options.ts";

export interface AgentSettings {
  readonly remotes: readonly AgentRemote[];
  readonly policy: AgentPolicy;
  readonly isListenerWritten: boolean;
  /** Undefined: no enrolment port on this node. */
  readonly auth: Auth | undefined;
  readonly authHost: string;
  readonly isAuthWritten: boolean;
  /** What a master decides by, whichever node's port an agent has come to. */
  readonly enrolment: EnrolmentPolicy;
  readonly isEnrolmentOff: boolean;
  readonly usesPassword: boolean;
  readonly isPurging: boolean;
}

/** `ownAddress`: where a port that nobody has written is opened. */
export function readAgentSettings(configuration: Configuration, ownAddress: string): AgentSettings {
  const written = configuration.all(remoteSection).map(({ values }) => values);
  const isUnasked = written.length === 0;
  const listeners = written.filter(isAgentListener);
  const auth = configuration.one(authSection).values;
  const isAuthWritten = configuration.placeOf(authSection.name) !== undefined;
  const isOpen = isAuthWritten ? !auth.disabled && auth.remote_enrollment : isUnasked;
  return {
    remotes: isUnasked ? [unaskedAgentRemote(ownAddress)] : listeners.map(agentRemoteOf),
    policy: agentPolicyOf(listeners),
    isListenerWritten: !isUnasked,
    auth: isOpen ? auth : undefined,
    authHost: isAuthWritten ? (auth.local_ip ?? "0.0.0.0") : ownAddress,
    isAuthWritten,
    enrolment: policyOf(auth),
    isEnrolmentOff: isAuthWritten && auth.disabled,
    // A port that nobody has thought of lets in nobody who does not know a word.
    usesPassword: isAuthWritten ? auth.use_password : true,
    isPurging: auth.purge,
  };
}
