/** What the world does to the link. */
import { ArgusError, errnoOf } from "../base/error.ts";

const reasons: Record<string, string> = {
  EADDRINUSE: "another program listens there",
  EACCES: "ports below 1024 need root or CAP_NET_BIND_SERVICE",
  EADDRNOTAVAIL: "this machine does not have that address; see <bind_addr>",
};

/** The cluster port could not be had. */
export class LinkListenError extends ArgusError {
  readonly address: string;

  constructor(address: string, port: number, cause: unknown) {
    const reason = reasons[errnoOf(cause)];
    super("ARGUS_LINK_LISTEN", `cannot listen on ${address}:${port}${reason === undefined ? "" : ` (${reason})`}`, {
      cause,
      retry: errnoOf(cause) === "EADDRINUSE" || errnoOf(cause) === "EADDRNOTAVAIL",
    });
    this.address = `${address}:${port}`;
  }
}
