/**
 * The password before the registry: on the master, for those who come to its own port and for those whom workers relay,
 * so that guesses count together wherever they are made. A worker guards what it relays in the same way, without
 * knowing the password: by the master's answers.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import type { OccasionalLog } from "../base/occasional-log.ts";
import type { EnrolmentAnswer, EnrolmentRequest } from "../model/agent.ts";
import { LockOut, lockOutLimits, type LockOutLimits } from "./lock-out.ts";
import type { Enrolment } from "./needs.ts";

/** A Wazuh manager's words. */
export const INVALID_PASSWORD = "Invalid password";
const refused: EnrolmentAnswer = { isEnrolled: false, reason: INVALID_PASSWORD };

export interface GuardOptions {
  readonly enrolment: Enrolment;
  readonly clock: Clock;
  readonly complaints: OccasionalLog;
  readonly lockOut?: LockOut;
}

/** Compares in a time that tells nothing, of the password's length neither. */
function isSame(given: string, wanted: string): boolean {
  const sum = (text: string): Buffer => createHash("sha256").update(text, "utf8").digest();
  return timingSafeEqual(sum(given), sum(wanted));
}

/** On the master. */
export class PasswordGuard implements Enrolment {
  readonly #options: GuardOptions;
  readonly #lockOut: LockOut;
  readonly #password: () => Promise<string | undefined>;

  /** `password`: undefined where none is asked for; a given one is then passed over. Rejects when it cannot be read. */
  constructor(options: GuardOptions, password: () => Promise<string | undefined>) {
    this.#options = options;
    this.#lockOut = options.lockOut ?? new LockOut();
    this.#password = password;
  }

  async enrol(request: EnrolmentRequest): Promise<EnrolmentAnswer> {
    const { enrolment, clock, complaints } = this.#options;
    const { source, password: given } = request;
    let wanted: string | undefined;
    try {
      wanted = await this.#password();
    } catch {
      complaints.warning("no password", "Nobody can enrol: etc/authd.pass cannot be read.");
      return refused;
    }
    if (wanted === undefined) return enrolment.enrol(withoutPassword(request));
    if (given === undefined) {
      complaints.warning("without password", `${source} asked to enrol without a password.`);
      return refused;
    }
    // Counting and comparing are one breath: however many come at once, each is counted before it is compared.
    if (!this.#lockOut.begin(source, clock.monotonicMs())) {
      complaints.warning("locked out", `${source} has given too many wrong passwords and has to wait.`);
      return refused;
    }
    if (!isSame(given, wanted)) {
      complaints.warning("wrong password", `${source} asked to enrol with a wrong password.`);
      return refused;
    }
    this.#lockOut.takeBack(source);
    return enrolment.enrol(withoutPassword(request));
  }
}

function withoutPassword(request: EnrolmentRequest): EnrolmentRequest {
  return { ...request, password: undefined };
}

/** Tries that are on their way count as well here, and many agents may stand behind one address. */
const relayLimits: LockOutLimits = { ...lockOutLimits, failuresMax: 64 };

/** On a worker, before what relays to the master. */
export class RelayGuard implements Enrolment {
  readonly #options: GuardOptions;
  readonly #lockOut: LockOut;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#lockOut = options.lockOut ?? new LockOut(relayLimits);
  }

  async enrol(request: EnrolmentRequest): Promise<EnrolmentAnswer> {
    const { enrolment, clock, complaints } = this.#options;
    const { source } = request;
    if (!this.#lockOut.begin(source, clock.monotonicMs())) {
      complaints.warning("locked out", `${source} has given too many wrong passwords and has to wait.`);
      return refused;
    }
    const answer = await enrolment.enrol(request);
    if (answer.isEnrolled || answer.reason !== INVALID_PASSWORD) this.#lockOut.takeBack(source);
    return answer;
  }
}
