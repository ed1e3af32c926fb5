/** What every part logs through. How a line looks and where it goes is `logfile/`'s and `node/`'s business. */

export type LogLevel = "DEBUG" | "INFO" | "WARNING" | "ERROR";

export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warning(message: string): void;
  error(message: string): void;
  /** A log whose lines carry `[tag] [subtag]`, as in `[Worker worker-node1] [Link]`. */
  tagged(tag: string, subtag?: string): Log;
}

export interface LogLine {
  level: LogLevel;
  tag: string;
  subtag: string;
  message: string;
}

/** A `Log` over one function. */
export function logTo(sink: (line: LogLine) => void, tag = "Main", subtag = "General"): Log {
  const at = (level: LogLevel) => (message: string) => sink({ level, tag, subtag, message });
  return {
    debug: at("DEBUG"),
    info: at("INFO"),
    warning: at("WARNING"),
    error: at("ERROR"),
    tagged: (nextTag, nextSubtag) => logTo(sink, nextTag, nextSubtag ?? "General"),
  };
}

export const silentLog: Log = logTo(() => undefined);
