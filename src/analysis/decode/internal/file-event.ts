/**
 * File integrity as agents of Wazuh 3.12 and later tell it: `{"type":"event","data":{…}}` with the entry's attributes
 * and, where it changed, those of before; the agent has compared them itself. `scan_start`, `scan_end` and whatever
 * else comes on this queue as JSON is no news.
 */
import type { FileAttributes, IdAndName, Syscheck, SyscheckAudit, WindowsPermission } from "../../../model/alert.ts";
import type { DecodedEvent } from "../../decoded-event.ts";
import type { InternalNeeds } from "./internal-decoder.ts";
import { readJson, type JsonValue } from "../json-value.ts";
import { linesOfChange, showFileChange, type EntryType, type FileChange } from "./file-change.ts";
import { compactJson, numberAt, scalarAt, textAt, textsAt, valueAt } from "./json-field.ts";

/** `registry` is what agents before 4.1 call a key. */
const entryTypes: ReadonlyMap<string, EntryType> = new Map([
  ["file", "file"],
  ["registry", "registry_key"],
  ["registry_key", "registry_key"],
  ["registry_value", "registry_value"],
]);

const entryNames: Readonly<Record<EntryType, string>> = {
  file: "File",
  registry_key: "Registry Key",
  registry_value: "Registry Value",
};

/** More than this no alert shows; an agent's own limits are far below. */
const listMax = 128;

export function decodeFileEvent(decoded: DecodedEvent, needs: InternalNeeds): void {
  const value = readJson(decoded.log.raw, 0);
  const data = textAt(value, "type") === "event" ? valueAt(value, "data") : undefined;
  const change = data && changeOf(data);
  if (change === undefined) decoded.isPassedOver = true;
  else showFileChange(decoded, change, logOf(change), needs);
}

function isChange(text: string | undefined): text is Syscheck["event"] {
  return text === "added" || text === "modified" || text === "deleted";
}

/** Undefined for what lacks a path, or says nothing that happened to it. */
function changeOf(data: JsonValue): FileChange | undefined {
  const event = textAt(data, "type");
  const path = scalarAt(data, "path");
  const attributes = valueAt(data, "attributes");
  const entryType = entryTypes.get(textAt(attributes, "type") ?? "file");
  if (!isChange(event) || path === undefined || entryType === undefined) return undefined;
  const changed = textsAt(data, "changed_attributes").slice(0, listMax);
  const tags = scalarAt(data, "tags")?.split(",", listMax);
  const syscheck = withoutMissing<Syscheck>({
    event,
    path,
    mode: textAt(data, "mode"),
    hardLinks: listText(valueAt(data, "hard_links")),
    symbolicPath: scalarAt(data, "symbolic_path"),
    arch: scalarAt(data, "arch"),
    valueName: scalarAt(data, "value_name"),
    valueType: scalarAt(attributes, "value_type") ?? scalarAt(data, "value_type"),
    before: event === "modified" ? attributesOf(valueAt(data, "old_attributes")) : undefined,
    after: attributesOf(attributes),
    diff: scalarAt(data, "content_changes"),
    tags,
    changedAttributes: changed.length > 0 ? changed : undefined,
    audit: auditOf(valueAt(data, "audit")),
  });
  return { entryType, syscheck, pathHash: scalarAt(data, "index") };
}

/** With `exactOptionalPropertyTypes` a missing value is a missing key. */
function withoutMissing<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;
}

function listText(value: JsonValue | undefined): string | undefined {
  if (value?.kind === "text") return value.text === "" ? undefined : value.text;
  if (value?.kind !== "array") return undefined;
  const texts = value.items.slice(0, listMax).flatMap((item) => (item.kind === "text" ? [item.text] : []));
  return texts.length === 0 ? undefined : texts.join(",");
}

function attributesOf(value: JsonValue | undefined): FileAttributes | undefined {
  if (value?.kind !== "object") return undefined;
  const perm = valueAt(value, "perm");
  return withoutMissing<FileAttributes>({
    size: scalarAt(value, "size"),
    perm: perm?.kind === "object" ? compactJson(perm) : scalarAt(value, "perm"),
    winPerm: perm?.kind === "object" ? windowsPermissions(perm) : undefined,
    uid: scalarAt(value, "uid"),
    gid: scalarAt(value, "gid"),
    md5: scalarAt(value, "hash_md5"),
    sha1: scalarAt(value, "hash_sha1"),
    sha256: scalarAt(value, "hash_sha256"),
    uname: scalarAt(value, "user_name"),
    gname: scalarAt(value, "group_name"),
    mtime: wholeNumberAt(value, "mtime"),
    inode: wholeNumberAt(value, "inode"),
    attrs: scalarAt(value, "attributes"),
  });
}

function wholeNumberAt(value: JsonValue, name: string): number | undefined {
  const number = numberAt(value, name) ?? Number(textAt(value, name) ?? Number.NaN);
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** `{"S-1-5-18":{"name":"SYSTEM","allowed":["delete",…]},…}`; of an account without a name, its identifier. */
function windowsPermissions(value: JsonValue): WindowsPermission[] {
  if (value.kind !== "object") return [];
  return value.entries.slice(0, listMax).map(({ key, value: account }) => {
    const [allowed, denied] = [textsAt(account, "allowed"), textsAt(account, "denied")];
    return {
      name: scalarAt(account, "name") ?? key,
      ...(allowed.length > 0 ? { allowed: allowed.slice(0, listMax) } : {}),
      ...(denied.length > 0 ? { denied: denied.slice(0, listMax) } : {}),
    };
  });
}

function auditOf(value: JsonValue | undefined): SyscheckAudit | undefined {
  if (value?.kind !== "object" || value.entries.length === 0) return undefined;
  const named = (id: string, name: string): IdAndName | undefined => {
    const [idText, nameText] = [scalarAt(value, id), scalarAt(value, name)];
    if (idText === undefined && nameText === undefined) return undefined;
    return withoutMissing<IdAndName>({ id: idText, name: nameText });
  };
  const process = withoutMissing<NonNullable<SyscheckAudit["process"]>>({
    id: scalarAt(value, "process_id"),
    name: scalarAt(value, "process_name"),
    cwd: scalarAt(value, "cwd"),
    parentName: scalarAt(value, "parent_name"),
    parentCwd: scalarAt(value, "parent_cwd"),
    ppid: scalarAt(value, "ppid"),
  });
  return withoutMissing<SyscheckAudit>({
    user: named("user_id", "user_name"),
    group: named("group_id", "group_name"),
    process: Object.keys(process).length > 0 ? process : undefined,
    loginUser: named("audit_uid", "audit_name"),
    effectiveUser: named("effective_uid", "effective_name"),
  });
}

/** `File 'PATH' modified` and what there is to say of it, a line each; a registry entry is named with its view. */
function logOf({ entryType, syscheck }: FileChange): string {
  const { arch, path, valueName, event, hardLinks, mode, changedAttributes: changed = [] } = syscheck;
  const value = entryType === "registry_value" && valueName !== undefined ? `\\${valueName}` : "";
  const place = entryType === "file" || arch === undefined ? path : `${arch} ${path}`;
  const lines = [`${entryNames[entryType]} '${place}${value}' ${event}`];
  if (hardLinks !== undefined) lines.push(`Hard links: ${hardLinks}`);
  if (mode !== undefined) lines.push(`Mode: ${mode}`);
  if (changed.length > 0) lines.push(`Changed attributes: ${changed.join(",")}`);
  if (event === "modified") lines.push(...linesOfChange(syscheck));
  return `${lines.join("\n")}\n`;
}
