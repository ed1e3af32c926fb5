/** What the world does to the registry. */
import { ArgusError, describeError, errnoOf } from "../base/error.ts";

/** agents.db could not be read or written. */
export class RegistryStoreFailed extends ArgusError {
  readonly path: string;

  constructor(path: string, cause: unknown) {
    super("ARGUS_REGISTRY_STORE", `${path} cannot be used: ${describeError(cause)}`, { cause, retry: true });
    this.path = path;
  }
}

/** etc/client.keys could not be read or written. */
export class ClientKeysFailed extends ArgusError {
  readonly path: string;

  constructor(path: string, what: string, cause?: unknown) {
    const why = cause === undefined ? "" : `: ${describeError(cause)}`;
    super("ARGUS_REGISTRY_KEYS", `${path} ${what}${why}`, { cause, retry: true });
    this.path = path;
  }
}

/** A folder of etc/shared could not be made, moved or read. */
export class GroupFolderFailed extends ArgusError {
  readonly path: string;

  constructor(path: string, what: string, cause?: unknown) {
    const why = cause === undefined ? "" : `: ${describeError(cause)}`;
    super("ARGUS_REGISTRY_GROUP", `${path} ${what}${why}`, { cause, retry: true });
    this.path = path;
  }
}

/** The certificate, the password or a list of certificates of port 1515 cannot be used. */
export class EnrolmentFileFailed extends ArgusError {
  readonly path: string;

  constructor(path: string, what: string, cause?: unknown) {
    const why = cause === undefined ? "" : `: ${describeError(cause)}`;
    super("ARGUS_REGISTRY_ENROLMENT_FILE", `${path} ${what}${why}`, { cause });
    this.path = path;
  }
}

const reasons: Record<string, string> = {
  EADDRINUSE: "another program listens there",
  EACCES: "ports below 1024 need root or CAP_NET_BIND_SERVICE",
  EADDRNOTAVAIL: "this machine does not have that address",
};

/** The enrolment port could not be had. */
export class EnrolmentListenError extends ArgusError {
  readonly address: string;

  /** `address` is `address:port`. */
  constructor(address: string, cause: unknown) {
    const reason = reasons[errnoOf(cause)];
    super("ARGUS_REGISTRY_LISTEN", `cannot listen on ${address}${reason === undefined ? "" : ` (${reason})`}`, {
      cause,
      retry: errnoOf(cause) === "EADDRINUSE" || errnoOf(cause) === "EADDRNOTAVAIL",
    });
    this.address = address;
  }
}
