/**
 * A change of a file or a registry entry, whichever form its agent told it in: its decoder, its 51 fields in the order
 * of ruleset-spec 8, the text that stands in for its log, and what the alert shows of it.
 */
import type { FileAttributes, Syscheck } from "../../../model/alert.ts";
import type { DecodedEvent } from "../../decoded-event.ts";
import type { InternalNeeds } from "./internal-decoder.ts";

export type EntryType = "file" | "registry_key" | "registry_value";

export interface FileChange {
  entryType: EntryType;
  syscheck: Syscheck;
  /** Of the entry's whole path, where the agent says it. */
  pathHash: string | undefined;
}

/** By what it is and what happened to it. */
const decoderNames: Readonly<Record<EntryType, Readonly<Record<Syscheck["event"], string>>>> = {
  file: { added: "syscheck_new_entry", modified: "syscheck_integrity_changed", deleted: "syscheck_deleted" },
  registry_key: {
    added: "syscheck_registry_key_added",
    modified: "syscheck_registry_key_modified",
    deleted: "syscheck_registry_key_deleted",
  },
  registry_value: {
    added: "syscheck_registry_value_added",
    modified: "syscheck_registry_value_modified",
    deleted: "syscheck_registry_value_deleted",
  },
};

/** Makes the event one of this change; `log` takes the place of what the agent sent. */
export function showFileChange(
  decoded: DecodedEvent,
  change: FileChange,
  log: string,
  needs: InternalNeeds,
  decoderName: string = decoderNames[change.entryType][change.syscheck.event],
): void {
  decoded.decoder = needs.internal(decoderName);
  decoded.syscheck = change.syscheck;
  decoded.rewrite(log);
  for (const [name, value] of fieldsOf(change)) {
    if (value !== undefined && value !== "") decoded.addDynamic(name, name, value);
  }
}

/** Of the attributes that are one value. */
export type AttributeName = Exclude<keyof FileAttributes, "winPerm">;

type Field = readonly [name: string, value: string | undefined];

/** A value now and before, under the name of the field. */
function pair(name: string, key: AttributeName, { before, after }: Syscheck): Field[] {
  const text = (attributes: FileAttributes | undefined): string | undefined => {
    const value = attributes?.[key];
    return value === undefined ? undefined : String(value);
  };
  return [
    [name, text(after)],
    [`${name}_before`, text(before)],
  ];
}

function fieldsOf({ entryType, syscheck, pathHash }: FileChange): Field[] {
  const { audit } = syscheck;
  return [
    ["file", syscheck.path],
    ["hard_links", syscheck.hardLinks],
    ["mode", syscheck.mode],
    ...pair("size", "size", syscheck),
    ...pair("perm", "perm", syscheck),
    ...pair("uid", "uid", syscheck),
    ...pair("gid", "gid", syscheck),
    ...pair("md5", "md5", syscheck),
    ...pair("sha1", "sha1", syscheck),
    ...pair("uname", "uname", syscheck),
    ...pair("gname", "gname", syscheck),
    ...pair("mtime", "mtime", syscheck),
    ...pair("inode", "inode", syscheck),
    ...pair("sha256", "sha256", syscheck),
    ["changed_content", syscheck.diff],
    ...pair("win_attributes", "attrs", syscheck),
    ["changed_fields", syscheck.changedAttributes?.join(",")],
    ["user_id", audit?.user?.id],
    ["user_name", audit?.user?.name],
    ["group_id", audit?.group?.id],
    ["group_name", audit?.group?.name],
    ["process_name", audit?.process?.name],
    ["parent_name", audit?.process?.parentName],
    ["cwd", audit?.process?.cwd],
    ["parent_cwd", audit?.process?.parentCwd],
    ["audit_uid", audit?.loginUser?.id],
    ["audit_name", audit?.loginUser?.name],
    ["effective_uid", audit?.effectiveUser?.id],
    ["effective_name", audit?.effectiveUser?.name],
    ["ppid", audit?.process?.ppid],
    ["process_id", audit?.process?.id],
    ["tag", syscheck.tags?.join(",")],
    ["symbolic_path", syscheck.symbolicPath],
    ["arch", syscheck.arch],
    ["value_name", syscheck.valueName],
    ["value_type", syscheck.valueType],
    ["hash_full_path", pathHash],
    ["entry_type", entryType],
    ["event_type", syscheck.event],
  ];
}

type Shape = (before: string, after: string) => string;

/** One line, or two, for each attribute that may change, in the words that readers of the peers' logs know. */
const changeLines: readonly (readonly [key: AttributeName, shape: Shape])[] = [
  ["size", (before, after) => `Size changed from '${before}' to '${after}'`],
  ["perm", (before, after) => `Permissions changed from '${before}' to '${after}'`],
  ["uid", (before, after) => `Ownership was '${before}', now it is '${after}'`],
  ["uname", (before, after) => `User name was '${before}', now it is '${after}'`],
  ["gid", (before, after) => `Group ownership was '${before}', now it is '${after}'`],
  ["gname", (before, after) => `Group name was '${before}', now it is '${after}'`],
  ["mtime", (before, after) => `Old modification time was: '${before}', now it is '${after}'`],
  ["inode", (before, after) => `Old inode was: '${before}', now it is '${after}'`],
  ["md5", (before, after) => `Old md5sum was: '${before}'\nNew md5sum is : '${after}'`],
  ["sha1", (before, after) => `Old sha1sum was: '${before}'\nNew sha1sum is : '${after}'`],
  ["sha256", (before, after) => `Old sha256sum was: '${before}'\nNew sha256sum is : '${after}'`],
  ["attrs", (before, after) => `Old attributes were: '${before}'\nNow they are '${after}'`],
];

/** The lines of what is different; an attribute that one side lacks is not. */
export function linesOfChange({ before = {}, after = {} }: Syscheck): string[] {
  const lines: string[] = [];
  for (const [key, shape] of changeLines) {
    const [was, is] = [before[key], after[key]];
    if (was !== undefined && is !== undefined && was !== is) lines.push(shape(String(was), String(is)));
  }
  return lines;
}

/** What changed, in the words of `changed_attributes`, as agents name them. */
const attributeNames: readonly (readonly [key: AttributeName, name: string])[] = [
  ["size", "size"],
  ["perm", "permission"],
  ["uid", "uid"],
  ["uname", "user_name"],
  ["gid", "gid"],
  ["gname", "group_name"],
  ["mtime", "mtime"],
  ["inode", "inode"],
  ["md5", "md5"],
  ["sha1", "sha1"],
  ["sha256", "sha256"],
  ["attrs", "attributes"],
];

/** For agents that only send records: what a comparison finds. */
export function changedAttributes(before: FileAttributes, after: FileAttributes): string[] {
  return attributeNames
    .filter(([key]) => before[key] !== undefined && after[key] !== undefined && before[key] !== after[key])
    .map(([, name]) => name);
}
