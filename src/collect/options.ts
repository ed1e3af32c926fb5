/**
 * The `<localfile>` section of ossec.conf: which files of this machine are followed.
 *
 * This table is the only place where an option's name, default, limits and meaning are written.
 */
import { needless, oneOf, path, section, textList, unsupported, yesNo, type Values } from "../config/schema.ts";
import type { FollowedLocation } from "./file-collector.ts";

/** One line, one log: these formats differ in what the decoders make of a line, not in how it is read. */
const lineFormats = ["syslog", "json", "snort-fast", "squid", "iis", "apache"] as const;
const otherFormats = [
  ...([
    "snort-full",
    "nmapg",
    "mysql_log",
    "postgresql_log",
    "djb-multilog",
    "multi-line",
    "multi-line-regex",
  ] as const),
  ...(["audit", "command", "full_command", "eventlog", "eventchannel", "journald", "macos"] as const),
] as const;

const isLineFormat = (format: string): boolean => lineFormats.some((known) => known === format);

export const localfileSection = section("localfile", {
  help: "A log file of this machine to follow. Repeat the section to follow several.",
  repeat: true,
  options: {
    location: path({
      help: "The file, as an absolute path. `*`, `?` and `[…]` match names; `%Y`, `%m`, `%d`, `%H` the local date.",
    }),
    log_format: oneOf([...lineFormats, ...otherFormats], {
      initial: "syslog",
      help:
        "How the file is read. `syslog`, `json`, `snort-fast`, `squid`, `iis`, `apache`: line by line, each line as it " +
        "is. The others are not supported yet.",
    }),
    "only-future-events": yesNo({
      initial: true,
      help:
        "`no`: a file that is seen for the first time is read from its beginning instead of its end. A file that was " +
        "followed before goes on where it was in either case.",
    }),
    exclude: textList({ help: "Paths that <location> matches and that are not to be followed." }),
    target: needless("All that is collected goes into the node's spool."),
    out_format: unsupported("A template for the collected line."),
    label: unsupported("A field added to JSON lines."),
    ignore: unsupported("A pattern of lines that are passed over."),
    restrict: unsupported("A pattern that lines must match to be collected."),
    age: unsupported("Passes over files that were not changed for so long."),
    ignore_binaries: unsupported("Passes over binary files."),
    command: unsupported("A command whose output is collected."),
    alias: unsupported("Another name for a command."),
    frequency: unsupported("How often a command is run."),
    query: unsupported("A filter on Windows events and macOS logs."),
    filter: unsupported("A filter on journald fields."),
    reconnect_time: unsupported("Windows event channels."),
    multiline_regex: unsupported("How lines are joined to one log."),
  },
  lack({ log_format: format }) {
    if (isLineFormat(format)) return undefined;
    const isCommand = format === "command" || format === "full_command";
    const effect = isCommand ? "this command is not run" : "this log is not followed";
    return { option: "log_format", message: `\`${format}\` is not supported yet: ${effect}` };
  },
  check({ location, exclude }, refuse) {
    if (location === undefined) refuse("location", "a followed file must have a path");
    else if (!location.startsWith("/")) refuse("location", "must be an absolute path");
    if (exclude.some((pattern) => !pattern.startsWith("/"))) refuse("exclude", "must be an absolute path");
  },
});

export type Localfile = Values<typeof localfileSection.options>;

/** The location to follow, or `undefined` for a format that is not supported yet (the configuration warned of it). */
export function followedLocationOf(localfile: Localfile): FollowedLocation | undefined {
  const { location, log_format: format, exclude } = localfile;
  if (location === undefined || !isLineFormat(format)) return undefined;
  return { location, exclude, start: localfile["only-future-events"] ? "end" : "beginning" };
}
