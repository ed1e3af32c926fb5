/** What can be wrong in a file of one of OSSEC's languages. */
import { ArgusError } from "../base/error.ts";

interface FilePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

export class XmlError extends ArgusError {
  readonly place: FilePlace;
  /** The message without the place before it. */
  readonly what: string;

  constructor(place: FilePlace, what: string) {
    super("ARGUS_SYNTAX_XML", `${place.file}:${place.line}:${place.column}: ${what}`);
    this.place = place;
    this.what = what;
  }
}
