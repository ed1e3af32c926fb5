/** What the world does to the alert files. */
import { ArgusError, describeError } from "../base/error.ts";

export class AlertFileError extends ArgusError {
  readonly path: string;

  /**
   * The bytes that were to be written are lost from memory, not from the journal: the caller opens the files again from
   * its last checkpoint.
   */
  constructor(path: string, cause: unknown) {
    super("ARGUS_ALERTS_FILE", `${path} cannot be written: ${describeError(cause)}`, { cause, retry: true });
    this.path = path;
  }
}

export class AlertLengthsError extends ArgusError {
  constructor() {
    super("ARGUS_ALERTS_LENGTHS", "the lengths of the alert files in the checkpoint are not of a form that is known");
  }
}
