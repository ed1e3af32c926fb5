/**
 * What the world does to us (disk full, port taken, bad ossec.conf). Each stage declares its own classes in
 * `errors.ts`; the codes are stable and are listed with cause and remedy in docs/operating/errors.md, which a test
 * compares.
 */
export interface ArgusErrorOptions {
  cause?: unknown;
  /** Whether the same call may succeed later without anybody changing anything. */
  retry?: boolean;
}

export class ArgusError extends Error {
  /** Stable, e.g. `ARGUS_SPOOL_DISK_FULL`. */
  readonly code: string;
  readonly retry: boolean;

  constructor(code: string, message: string, options: ArgusErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retry = options.retry ?? false;
  }
}

/** The text of anything thrown, with its causes, on one line. */
export function describeError(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return thrown.cause === undefined ? thrown.message : `${thrown.message}: ${describeError(thrown.cause)}`;
}

/** The errno name (`ENOENT`, `EADDRINUSE` …) of a system error, or an empty string. */
export function errnoOf(thrown: unknown): string {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return "";
  return typeof thrown.code === "string" ? thrown.code : "";
}
