/**
 * merged.mg: the files of a group in one, as agents fetch and unpack them (agent-protocol 3.6).
 *
 *   [ "#" group LF ] ( "!" size " " name LF bytes )*       ar.conf first, then by the bytes of the names
 *
 * Who unpacks skips every line at the place of a header that does not begin with "!". An agent appends whatever comes
 * between the beginning and the end of a transfer, except a payload that begins with `#!-`, which it obeys: so no piece
 * of a file may begin with it, or a file could order an agent about. Agents keep what they receive as C strings: a file
 * with a NUL cannot be shared.
 *
 * What an agent unpacks comes from its manager, and still is confined: names are relative, without `..`, and bounded.
 */
import { hash } from "node:crypto";
import { assert } from "../base/assert.ts";

export interface SharedFile {
  /** Relative, with `/` between folders. */
  readonly name: string;
  readonly bytes: Buffer;
}

export type UnshareableReason = "bad_name" | "reserved_name" | "has_nul";

const nameBytesMax = 255;
const lf = 0x0a;
const exclamation = 0x21;
const responseFile = "ar.conf";
const configFile = "agent.conf";
const headerForm = /^!(\d{1,10}) (.+)$/;

/** Segments of a name begin with no dot, so there is neither `..` nor a hidden file. */
export function isSharedName(name: string): boolean {
  return (
    Buffer.byteLength(name) <= nameBytesMax &&
    !/[\x00-\x1f\x7f\\:]/.test(name) &&
    name.split("/").every((segment) => segment !== "" && !segment.startsWith("."))
  );
}

/** Why a file of a group's folder is left out; undefined: it is shared. */
export function unshareableReason({ name, bytes }: SharedFile): UnshareableReason | undefined {
  if (!isSharedName(name)) return "bad_name";
  // What agents and managers write themselves: merged.mg, and its copies in the making.
  const base = name.slice(name.lastIndexOf("/") + 1);
  if (base.startsWith("merged.mg") || name === responseFile) return "reserved_name";
  return bytes.includes(0) ? "has_nul" : undefined;
}

/**
 * The file for one group, or for several by `multigroupHash`. Only files that are shareable; `responses` is the text
 * of ar.conf. The same files give the same bytes on every node.
 */
export function mergedFile(group: string, responses: Buffer, files: readonly SharedFile[]): Buffer {
  const parts: Buffer[] = [Buffer.from(`#${group}\n`)];
  const byName = (a: SharedFile, b: SharedFile): number => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name));
  const sorted = [...files].sort(byName);
  for (const { name, bytes } of [{ name: responseFile, bytes: responses }, ...sorted]) {
    assert(isSharedName(name) && !bytes.includes(0), "only files that are shareable are merged");
    parts.push(Buffer.from(`!${bytes.length} ${name}\n`), bytes);
  }
  return Buffer.concat(parts);
}

/** In place of a group's name where there are several: eight hex digits. */
export function multigroupHash(groups: readonly string[]): string {
  return hash("sha256", groups.join(",")).slice(0, 8);
}

export interface GroupFiles {
  readonly group: string;
  readonly files: readonly SharedFile[];
}

/**
 * The files of several groups in one: of a name the last group's counts. Only agent.conf is put together of all, each
 * part under a comment that names its group.
 */
export function joinGroups(groups: readonly GroupFiles[]): SharedFile[] {
  const joined = new Map<string, SharedFile>();
  const configs: Buffer[] = [];
  for (const { group, files } of groups) {
    for (const file of files) {
      if (file.name !== configFile) joined.set(file.name, file);
      else configs.push(Buffer.from(`<!-- Source file: ${group}/${configFile} -->\n`), file.bytes);
    }
  }
  if (configs.length > 0) joined.set(configFile, { name: configFile, bytes: Buffer.concat(configs) });
  return [...joined.values()];
}

export type UnpackFault = "merged_bad_name" | "merged_cut_off" | "merged_too_many" | "merged_bad_header";

/** The files in a merged.mg, as views of it; of a name that stands there twice the last counts. */
export function unpackMerged(bytes: Buffer, filesMax = 4_096): SharedFile[] | UnpackFault {
  const files = new Map<string, SharedFile>();
  for (let at = 0; at < bytes.length;) {
    const lineEnd = bytes.indexOf(lf, at);
    const headerEnd = lineEnd < 0 ? bytes.length : lineEnd;
    const next = headerEnd + 1;
    if (bytes[at] !== exclamation) {
      at = next;
      continue;
    }
    if (lineEnd < 0) return "merged_cut_off";
    if (headerEnd - at > nameBytesMax + 12) return "merged_bad_header";
    const [, size, name] = headerForm.exec(bytes.toString("utf8", at, headerEnd)) ?? [];
    if (size === undefined || name === undefined) return "merged_bad_header";
    if (!isSharedName(name)) return "merged_bad_name";
    if (files.size >= filesMax) return "merged_too_many";
    const end = next + Number(size);
    if (end > bytes.length) return "merged_cut_off";
    files.set(name, { name, bytes: bytes.subarray(next, end) });
    at = end;
  }
  return [...files.values()];
}

/**
 * The pieces in which a file is sent: views of it, none longer than `bytesMax`, none of which begins with `#!-`. The
 * file itself must not begin so; one that `mergedFile` made does not.
 */
export function* chunksOf(bytes: Buffer, bytesMax: number): Generator<Buffer, void> {
  assert(bytesMax > 1 && !isObeyed(bytes, 0), "a file cannot be cut so that no piece is obeyed");
  for (let at = 0; at < bytes.length;) {
    let end = Math.min(bytes.length, at + bytesMax);
    // One byte less, and the next piece begins with the byte before: that is not `#` with `!-` behind it as well.
    if (isObeyed(bytes, end)) end -= 1;
    yield bytes.subarray(at, end);
    at = end;
  }
}

function isObeyed(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0x23 && bytes[at + 1] === exclamation && bytes[at + 2] === 0x2d;
}
