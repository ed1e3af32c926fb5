/**
 * Findings of rootcheck (ruleset-spec 8): a sentence, out of which a title and a file are read. Each finding is told
 * again with every scan; the baseline knows those that an agent has told, and `if_fts` is about the new ones alone.
 */
import type { InternalDecoder } from "./internal-decoder.ts";

/** Progress, not a finding: new each time. */
const scanMessage = /^(?:Starting|Ending) \w+ scan/;
const kindPrefix = /^(?:System Audit|Windows Audit|Windows Malware|Application Found|Windows Application): /;
const quotedFile = /\b(?:file|files|directory) '([^']{1,4096})'/i;
const fileLabel = "File: ";
/** What follows is about the finding, not its name. */
const titleEnd = / \{|\. (?:File|Reference|Signature used|Registry|Process|Link count)\b/;

export const decodeRootcheck: InternalDecoder = (decoded, needs, baseline) => {
  const log = decoded.log.raw;
  const { agentId } = decoded.event;
  decoded.decoder = needs.internal("rootcheck");
  decoded.isNews = true;
  if (!scanMessage.test(log) && baseline.get(agentId, "rootcheck", log) !== undefined) decoded.isNews = false;
  else if (!scanMessage.test(log)) baseline.set(agentId, "rootcheck", log, "");
  const title = titleOf(log);
  if (title !== "") decoded.addDynamic("title", "title", title);
  const file = quotedFile.exec(log)?.[1] ?? labelledFile(log);
  if (file !== undefined) decoded.addDynamic("file", "file", file);
};

/** `… {CIS: 1.4}. File: /etc/fstab. Reference: …` */
function labelledFile(log: string): string | undefined {
  const label = log.indexOf(fileLabel);
  if (label < 0) return undefined;
  const from = label + fileLabel.length;
  const end = log.indexOf(". ", from);
  const file = log.slice(from, end < 0 ? undefined : end).replace(/\.$/, "");
  return file === "" ? undefined : file;
}

/** `Trojaned version of file '/bin/diff' detected. Signature …` is "Trojaned version of file detected." */
function titleOf(log: string): string {
  const found = quotedFile.exec(log);
  const file = found?.[1];
  const text = (file === undefined ? log : log.replace(` '${file}'`, () => "")).replace(kindPrefix, "");
  const end = text.search(titleEnd);
  if (end < 0) return text;
  // A sentence keeps its full stop.
  return text.slice(0, text.charAt(end) === "." && file !== undefined ? end + 1 : end);
}
