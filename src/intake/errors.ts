/** What the world does to intake. */
import { ArgusError, errnoOf } from "../base/error.ts";

const reasons: Record<string, string> = {
  EADDRINUSE: "another program listens there",
  EACCES: "ports below 1024 need root or CAP_NET_BIND_SERVICE",
  EADDRNOTAVAIL: "this machine does not have that address",
};

/** A listener could not be had at its address, or was lost. */
export class IntakeListenError extends ArgusError {
  readonly address: string;

  /** `address` is `protocol://address:port`. */
  constructor(address: string, cause: unknown) {
    const reason = reasons[errnoOf(cause)];
    super("ARGUS_INTAKE_LISTEN", `cannot listen on ${address}${reason === undefined ? "" : ` (${reason})`}`, {
      cause,
      retry: errnoOf(cause) === "EADDRINUSE" || errnoOf(cause) === "EADDRNOTAVAIL",
    });
    this.address = address;
  }
}
