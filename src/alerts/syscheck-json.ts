/**
 * The `syscheck` object of an alert about a file or a registry entry, in the keys and the order of Wazuh (ruleset-spec
 * 9.1), and the block of attributes in alerts.log. What is not known is left out.
 */
import type { LocalTime } from "../base/local-time.ts";
import type { FileAttributes, IdAndName, Syscheck, SyscheckAudit, WindowsPermission } from "../model/alert.ts";
import { jsonString } from "./byte-text.ts";

/** Objects are made by hand, so that no key of a stranger's can be one. */
class ObjectText {
  #text = "";

  /** `json` is a JSON text. */
  add(name: string, json: string | undefined): this {
    if (json !== undefined) this.#text += `${this.#text === "" ? "" : ","}"${name}":${json}`;
    return this;
  }

  text(name: string, value: string | undefined): this {
    return this.add(name, value === undefined ? undefined : jsonString(value));
  }

  list(name: string, values: readonly string[] | undefined): this {
    return this.add(name, values && `[${values.map((value) => jsonString(value)).join(",")}]`);
  }

  /** Undefined when nothing was added. */
  get object(): string | undefined {
    return this.#text === "" ? undefined : `{${this.#text}}`;
  }
}

export function writeSyscheck(syscheck: Syscheck, time: LocalTime): string {
  const { before = {}, after = {}, audit } = syscheck;
  const text = new ObjectText()
    .text("path", syscheck.path)
    .text("hard_links", syscheck.hardLinks)
    .text("mode", syscheck.mode)
    .text("symbolic_path", syscheck.symbolicPath)
    .text("arch", syscheck.arch)
    .text("value_name", syscheck.valueName)
    .text("value_type", syscheck.valueType);
  const pair = (name: string, show: (attributes: FileAttributes) => string | undefined): void => {
    text.add(`${name}_before`, show(before)).add(`${name}_after`, show(after));
  };
  const texts = (name: string, key: TextKey): void =>
    pair(name, ({ [key]: value }) => (value === undefined ? undefined : jsonString(value)));
  texts("size", "size");
  pair("perm", ({ perm, winPerm }) => (perm === undefined || winPerm !== undefined ? undefined : jsonString(perm)));
  pair("win_perm", ({ winPerm }) => winPerm && `[${winPerm.map(writePermission).join(",")}]`);
  for (const name of ["uid", "gid", "md5", "sha1", "sha256", "attrs", "uname", "gname"] as const) texts(name, name);
  pair("mtime", ({ mtime }) => (mtime === undefined ? undefined : jsonString(secondStamp(mtime, time))));
  pair("inode", ({ inode }) => (inode === undefined ? undefined : String(inode)));
  text
    .text("diff", syscheck.diff)
    .list("tags", syscheck.tags)
    .list("changed_attributes", syscheck.changedAttributes)
    .text("event", syscheck.event)
    .add("audit", audit && writeAudit(audit));
  return text.object ?? "{}";
}

type TextKey = Exclude<keyof FileAttributes, "winPerm" | "mtime" | "inode">;

/** `2026-11-25T10:00:00`, by the master's clock on the wall. */
function secondStamp(seconds: number, time: LocalTime): string {
  return time.isoStamp(seconds * 1_000).slice(0, 19);
}

function writePermission({ name, allowed, denied }: WindowsPermission): string {
  return new ObjectText().text("name", name).list("allowed", allowed).list("denied", denied).object ?? "{}";
}

function writeNamed(value: IdAndName | undefined): string | undefined {
  return value && new ObjectText().text("id", value.id).text("name", value.name).object;
}

function writeAudit({ user, group, process, loginUser, effectiveUser }: SyscheckAudit): string | undefined {
  const processText =
    process &&
    new ObjectText()
      .text("id", process.id)
      .text("name", process.name)
      .text("cwd", process.cwd)
      .text("parent_name", process.parentName)
      .text("parent_cwd", process.parentCwd)
      .text("ppid", process.ppid).object;
  return new ObjectText()
    .add("user", writeNamed(user))
    .add("process", processText)
    .add("group", writeNamed(group))
    .add("login_user", writeNamed(loginUser))
    .add("effective_user", writeNamed(effectiveUser)).object;
}

/** Lines `NAME: VALUE` of what the entry is now, for alerts.log. */
export function syscheckAttributes({ after = {} }: Syscheck, time: LocalTime): string[] {
  const lines: string[] = [];
  const add = (name: string, value: string | undefined): void => {
    if (value !== undefined && value !== "") lines.push(` - ${name}: ${value}`);
  };
  const withName = (id: string | undefined, name: string | undefined): string | undefined =>
    name === undefined ? id : id === undefined ? name : `${name} (${id})`;
  add("Size", after.size);
  add("Permissions", after.perm);
  add("Date", after.mtime === undefined ? undefined : secondStamp(after.mtime, time));
  add("Inode", after.inode === undefined ? undefined : String(after.inode));
  add("User", withName(after.uid, after.uname));
  add("Group", withName(after.gid, after.gname));
  add("MD5", after.md5);
  add("SHA1", after.sha1);
  add("SHA256", after.sha256);
  add("File attributes", after.attrs);
  return lines;
}
