/** What the world does to an agent. */
import { ArgusError } from "../base/error.ts";

/** The files of the agent's home do not say what it needs to run. */
export class AgentConfigRefused extends ArgusError {
  constructor(what: string) {
    super("ARGUS_AGENT_CONFIG_REFUSED", what);
  }
}

/** The manager was asked for a key and gave none. */
export class EnrolmentFailed extends ArgusError {
  /** `retry`: the manager was not reached or did not answer, so another try may succeed. */
  constructor(manager: string, why: string, retry: boolean) {
    super("ARGUS_AGENT_ENROLMENT_FAILED", `${manager} did not enrol this agent: ${why}`, { retry });
  }
}
