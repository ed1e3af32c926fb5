/** What a person can get wrong on the command line. */
import { ArgusError } from "../base/error.ts";

export class UsageError extends ArgusError {
  constructor(message: string) {
    super("ARGUS_CLI_USAGE", message);
  }
}
