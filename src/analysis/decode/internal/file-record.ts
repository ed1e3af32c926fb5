/**
 * File integrity as OSSEC's agents, and Wazuh's up to 3.11, tell it: the record of a file each time it is looked at,
 *
 *   SIZE:PERM:UID:GID:MD5:SHA1[:UNAME:GNAME:MTIME:INODE[:SHA256[:ATTRS[:…]]]][!…] PATH[\nDIFF]
 *   -1 PATH                              the file is gone
 *   syscheck-db-completed                all files have been told once
 *
 * and the manager compares it with what it remembers (the baseline: `CHANGES RECORD` by path). A file that is not known
 * is news only when its agent has told all of its files once; until then the baseline is being made.
 */
import type { FileAttributes, Syscheck } from "../../../model/alert.ts";
import type { Baseline } from "../../baseline.ts";
import type { DecodedEvent } from "../../decoded-event.ts";
import type { InternalNeeds } from "./internal-decoder.ts";
import { changedAttributes, linesOfChange, showFileChange, type AttributeName } from "./file-change.ts";

/** After it a new file is one that was added. */
const completed = "syscheck-db-completed";
const gone = "-1";
/** Agents write this, or nothing, for what they do not compute. */
const notComputed = "xxx";
/** OSSEC's agents change files three times; what changes more often is ignored there (`auto_ignore`, its default). */
const ossecChangesMax = 3;

interface FileRecord {
  /** As it is compared. */
  text: string;
  path: string;
  diff: string | undefined;
}

export function decodeFileRecord(decoded: DecodedEvent, needs: InternalNeeds, baseline: Baseline): void {
  const { agentId } = decoded.event;
  const log = decoded.log.raw;
  // Whatever is no news stays so, the form of the record included.
  decoded.isPassedOver = true;
  if (log === completed) {
    baseline.set(agentId, "scan", completed, "");
    return;
  }
  const record = readRecord(log);
  if (record === undefined) return;
  const known = baseline.get(agentId, "file", record.path);
  if (record.text === gone) {
    if (known === undefined) return;
    baseline.delete(agentId, "file", record.path);
    return show(
      decoded,
      { event: "deleted", path: record.path, after: attributesOf(known.replace(/^\d+ /, "")) },
      needs,
    );
  }
  if (known !== undefined) return compare(decoded, record, known, needs, baseline);
  const isRemembered = baseline.set(agentId, "file", record.path, `0 ${record.text}`);
  // What cannot be remembered would be new each time that it is told.
  if (!isRemembered || baseline.get(agentId, "scan", completed) === undefined) return;
  show(decoded, { event: "added", path: record.path, after: attributesOf(record.text) }, needs);
}

/** Undefined for what has no such form. */
function readRecord(log: string): FileRecord | undefined {
  const blank = log.indexOf(" ");
  if (blank <= 0 || blank > 2_048) return undefined;
  const [text = ""] = log.slice(0, blank).split("!", 1);
  const lineEnd = log.indexOf("\n", blank);
  const path = log.slice(blank + 1, lineEnd < 0 ? undefined : lineEnd);
  const isRecord = text === gone || text.split(":", 6).length === 6;
  if (path === "" || !isRecord) return undefined;
  return { text, path, diff: lineEnd < 0 ? undefined : log.slice(lineEnd + 1) };
}

function compare(
  decoded: DecodedEvent,
  record: FileRecord,
  known: string,
  needs: InternalNeeds,
  baseline: Baseline,
): void {
  const [, count = "0", text = ""] = /^(\d+) ([^]*)$/.exec(known) ?? [];
  if (text === record.text) return;
  const changes = Number(count) + 1;
  baseline.set(decoded.event.agentId, "file", record.path, `${changes} ${record.text}`);
  if (needs.flavour === "ossec" && changes > ossecChangesMax) return;
  const [before, after] = [attributesOf(text), attributesOf(record.text)];
  const changed = changedAttributes(before, after);
  const syscheck: Syscheck = { event: "modified", path: record.path, before, after };
  if (changed.length > 0) syscheck.changedAttributes = changed;
  if (record.diff !== undefined) syscheck.diff = record.diff;
  show(decoded, syscheck, needs, needs.flavour === "ossec" ? ossecName(changes) : undefined);
}

function ossecName(changes: number): string {
  const again = ["", "", "_2nd", "_3rd"][changes] ?? "";
  return `syscheck_integrity_changed${again}`;
}

function show(decoded: DecodedEvent, syscheck: Syscheck, needs: InternalNeeds, decoderName?: string): void {
  decoded.isPassedOver = false;
  const change = { entryType: "file" as const, syscheck, pathHash: undefined };
  showFileChange(decoded, change, logOf(syscheck, needs.flavour === "ossec"), needs, decoderName);
}

/** The first line is that of the agent's own product; readers look for it. */
function logOf(syscheck: Syscheck, isOssec: boolean): string {
  const { event, path } = syscheck;
  if (event === "added") return isOssec ? `New file '${path}' added to the file system.` : `File '${path}' was added.`;
  if (event === "deleted") {
    return isOssec ? `File '${path}' was deleted. Unable to retrieve checksum.` : `File '${path}' was deleted.`;
  }
  const first = isOssec ? `Integrity checksum changed for: '${path}'` : `File '${path}' checksum changed.`;
  const diff = syscheck.diff === undefined ? [] : ["What changed:", syscheck.diff];
  return [first, ...linesOfChange(syscheck), ...diff].join("\n");
}

const places: readonly (readonly [place: number, key: AttributeName])[] = [
  [0, "size"],
  [2, "uid"],
  [3, "gid"],
  [4, "md5"],
  [5, "sha1"],
  [6, "uname"],
  [7, "gname"],
  [10, "sha256"],
  [11, "attrs"],
];

function attributesOf(text: string): FileAttributes {
  const parts = text.split(":");
  const attributes: Record<string, string | number> = {};
  for (const [place, key] of places) {
    const part = parts[place];
    if (part !== undefined && part !== "" && part !== notComputed) attributes[key] = part;
  }
  const perm = parts[1];
  if (perm !== undefined && perm !== "") attributes["perm"] = permissionText(perm);
  for (const [place, key] of [
    [8, "mtime"],
    [9, "inode"],
  ] as const) {
    const part = parts[place] ?? "";
    if (/^\d{1,15}$/.test(part)) attributes[key] = Number(part);
  }
  return attributes;
}

/** The mode of a file as `ls` shows it: agents send the number; what is none stays as it is. */
function permissionText(mode: string): string {
  if (!/^\d{1,9}$/.test(mode)) return mode;
  const bits = Number(mode);
  const letter = (bit: number, name: string): string => ((bits & bit) === 0 ? "-" : name);
  let text = "";
  for (const [shift, special, set, unset] of [
    [6, 0o4000, "s", "S"],
    [3, 0o2000, "s", "S"],
    [0, 0o1000, "t", "T"],
  ] as const) {
    text += letter(4 << shift, "r") + letter(2 << shift, "w");
    const isExecutable = (bits & (1 << shift)) !== 0;
    text += (bits & special) === 0 ? (isExecutable ? "x" : "-") : isExecutable ? set : unset;
  }
  return text;
}
