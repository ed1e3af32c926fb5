/** What can go wrong between a command and a node. */
import { ArgusError } from "../base/error.ts";

/** Codes that travel in an ErrorReply. */
export type ReplyCode =
  | "ARGUS_API_QUERY"
  | "ARGUS_API_ROUTE"
  | "ARGUS_API_NOT_MASTER"
  | "ARGUS_API_ALERT"
  | "ARGUS_API_QUARANTINE"
  | "ARGUS_API_AGENT"
  | "ARGUS_API_GROUP"
  | "ARGUS_API_CHANGE"
  | "ARGUS_API_STREAMS"
  | "ARGUS_API_BUSY"
  | "ARGUS_API_HOST"
  | "ARGUS_API_ORIGIN"
  | "ARGUS_API_FAILED";

export class ApiError extends ArgusError {}

/** Without the system's own error: that there is no socket is what "not running" means, and says nothing more. */
export function notRunning(home: string): ApiError {
  const message = `no node is running in ${home}; start it with: argus node --home ${home}`;
  return new ApiError("ARGUS_API_NOT_RUNNING", message, { retry: true });
}

/** The socket is there and may not be used. */
export function socketRefused(path: string, why: string, cause?: unknown): ApiError {
  return new ApiError("ARGUS_API_SOCKET", `${path} cannot be used: ${why}`, { cause });
}

export function socketTaken(path: string): ApiError {
  return new ApiError("ARGUS_API_SOCKET_TAKEN", `another process answers at ${path}; is a node running there already?`);
}

/** An answer that is none of the contract's. */
export function unreadable(home: string, why: string): ApiError {
  return new ApiError("ARGUS_API_UNREADABLE", `the node in ${home} gave an answer that cannot be read: ${why}`);
}

/** The node does its work without its page. */
export function pageNotOpen(address: string, port: number, cause: unknown): ApiError {
  const message =
    `the page cannot be served at ${address}:${port}; ` +
    "events are taken in and analysed all the same, and it is tried again every 10 s";
  return new ApiError("ARGUS_API_PAGE", message, { cause, retry: true });
}
