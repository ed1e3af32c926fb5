/** What the disk does to the spool and the journal. Codes are explained in docs/operating/errors.md. */
import { ArgusError, type ArgusErrorOptions } from "../base/error.ts";

export type SpoolErrorCode =
  | "ARGUS_SPOOL_IO"
  | "ARGUS_SPOOL_SYNC_FAILED"
  | "ARGUS_SPOOL_VERSION"
  | "ARGUS_SPOOL_CLOSED"
  | "ARGUS_SPOOL_POSITION_GONE";

export class SpoolError extends ArgusError {
  /** The file or folder that it happened on. */
  readonly path: string;

  constructor(code: SpoolErrorCode, path: string, message: string, options: ArgusErrorOptions = {}) {
    super(code, message, options);
    this.path = path;
  }
}
