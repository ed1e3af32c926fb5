import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { eventOf, ruleOf, rulesetOf } from "../../../../test/support/ruleset.ts";
import type { Answer } from "../../../model/alert.ts";
import { Engine } from "../../engine.ts";

const decoders = [
  "syscheck_integrity_changed",
  "syscheck_new_entry",
  "syscheck_deleted",
  "syscheck_registry_key_modified",
  "syscheck_registry_key_added",
  "syscheck_registry_key_deleted",
  "syscheck_registry_value_modified",
  "syscheck_registry_value_added",
  "syscheck_registry_value_deleted",
];

const ruleset = rulesetOf(
  decoders
    .map(
      (name, index) => `<rule id="${200 + index}" level="5"><category>ossec</category>
        <decoded_as>${name}</decoded_as><description>$(event_type) $(entry_type) $(file)</description></rule>`,
    )
    .join("") + `<rule id="300" level="3"><match>event</match><description>any text</description></rule>`,
);

function answerOf(log: string): Answer {
  return new Engine(ruleset).answer(eventOf(log, 0, { queue: "8", agentId: "007", location: "syscheck" }));
}

const answerOfData = (data: object): Answer => answerOf(JSON.stringify({ type: "event", data }));

const modified = {
  path: "/etc/passwd",
  version: 2,
  mode: "whodata",
  type: "modified",
  timestamp: 1_795_600_000,
  tags: "accounts,linux",
  attributes: {
    ...{ type: "file", size: 120, perm: "rw-r--r--", uid: "0", gid: "0", user_name: "root", group_name: "root" },
    ...{ inode: 77, mtime: 1_795_600_000, hash_md5: "b1", hash_sha1: "b2", hash_sha256: "b3", checksum: "c" },
  },
  changed_attributes: ["size", "mtime", "md5", "sha1", "sha256"],
  old_attributes: {
    ...{ type: "file", size: 100, perm: "rw-r--r--", uid: "0", gid: "0", user_name: "root", group_name: "root" },
    ...{ inode: 77, mtime: 1_795_500_000, hash_md5: "a1", hash_sha1: "a2", hash_sha256: "a3", checksum: "d" },
  },
  content_changes: "1a2\n> bob",
  audit: {
    ...{ user_id: "1000", user_name: "bob", group_id: "1000", group_name: "staff", process_id: 431 },
    ...{ process_name: "/usr/bin/vi", cwd: "/tmp", parent_name: "/bin/bash", parent_cwd: "/tmp", ppid: 430 },
    ...{ audit_uid: "1000", audit_name: "bob", effective_uid: "0", effective_name: "root" },
  },
};

// ruleset-spec 8: "51 dynamic fields in fixed order"; those of Windows and of links are not in this event.
test("a changed file has its fields in the order of the specification", () => {
  const answer = answerOfData(modified);
  equal(answer.decoded.decoder?.name, "syscheck_integrity_changed");
  deepEqual(
    answer.decoded.dynamicFields.map(({ name, value }) => `${name}=${value}`),
    [
      ...["file=/etc/passwd", "mode=whodata", "size=120", "size_before=100", "perm=rw-r--r--"],
      ...["perm_before=rw-r--r--", "uid=0", "uid_before=0", "gid=0", "gid_before=0", "md5=b1", "md5_before=a1"],
      ...["sha1=b2", "sha1_before=a2", "uname=root", "uname_before=root", "gname=root", "gname_before=root"],
      ...["mtime=1795600000", "mtime_before=1795500000", "inode=77", "inode_before=77", "sha256=b3"],
      ...["sha256_before=a3", "changed_content=1a2\n> bob", "changed_fields=size,mtime,md5,sha1,sha256"],
      ...["user_id=1000", "user_name=bob", "group_id=1000", "group_name=staff", "process_name=/usr/bin/vi"],
      ...["parent_name=/bin/bash", "cwd=/tmp", "parent_cwd=/tmp", "audit_uid=1000", "audit_name=bob"],
      ...["effective_uid=0", "effective_name=root", "ppid=430", "process_id=431", "tag=accounts,linux"],
      ...["entry_type=file", "event_type=modified"],
    ],
  );
});

test("full_log says what happened to the file, a line for each thing that changed", () => {
  equal(
    answerOfData({ ...modified, hard_links: ["/a", "/b"] }).event.log,
    "File '/etc/passwd' modified\nHard links: /a,/b\nMode: whodata\nChanged attributes: size,mtime,md5,sha1,sha256\n" +
      "Size changed from '100' to '120'\nOld modification time was: '1795500000', now it is '1795600000'\n" +
      "Old md5sum was: 'a1'\nNew md5sum is : 'b1'\nOld sha1sum was: 'a2'\nNew sha1sum is : 'b2'\n" +
      "Old sha256sum was: 'a3'\nNew sha256sum is : 'b3'\n",
  );
});

test("the alert has the change as a whole", () => {
  const { syscheck } = answerOfData(modified).decoded;
  equal(syscheck?.event, "modified");
  equal(syscheck?.before?.size, "100");
  equal(syscheck?.after?.mtime, 1_795_600_000);
  deepEqual(syscheck?.tags, ["accounts", "linux"]);
  deepEqual(syscheck?.audit?.process, {
    ...{ id: "431", name: "/usr/bin/vi", cwd: "/tmp", parentName: "/bin/bash", parentCwd: "/tmp", ppid: "430" },
  });
});

// ruleset-spec 8: the decoder by what the entry is and by what happened to it.
const kinds: readonly (readonly [entry: string, event: string, decoder: string])[] = [
  ["file", "modified", "syscheck_integrity_changed"],
  ["file", "added", "syscheck_new_entry"],
  ["file", "deleted", "syscheck_deleted"],
  ["registry_key", "modified", "syscheck_registry_key_modified"],
  ["registry_key", "added", "syscheck_registry_key_added"],
  ["registry_key", "deleted", "syscheck_registry_key_deleted"],
  ["registry", "added", "syscheck_registry_key_added"],
  ["registry_value", "modified", "syscheck_registry_value_modified"],
  ["registry_value", "added", "syscheck_registry_value_added"],
  ["registry_value", "deleted", "syscheck_registry_value_deleted"],
];

for (const [type, event, decoder] of kinds) {
  test(`a ${type} that was ${event} is ${decoder}`, () => {
    const answer = answerOfData({ path: "/x", type: event, attributes: { type } });
    equal(answer.decoded.decoder?.name, decoder);
    equal(ruleOf(answer), 200 + decoders.indexOf(decoder));
    equal(answer.rule?.description, `${event} ${type === "registry" ? "registry_key" : type} /x`);
  });
}

test("a registry value is named with its view, its key and its name", () => {
  const answer = answerOfData({
    ...{ path: "HKEY_LOCAL_MACHINE\\Software\\x", type: "added", mode: "scheduled", arch: "[x64]", value_name: "run" },
    attributes: { type: "registry_value", value_type: "REG_SZ", size: 5 },
  });
  equal(answer.event.log, "Registry Value '[x64] HKEY_LOCAL_MACHINE\\Software\\x\\run' added\nMode: scheduled\n");
  equal(answer.decoded.syscheck?.valueType, "REG_SZ");
});

test("Windows' permissions are told by account, and as text in the field", () => {
  const perm = { "S-1-5-18": { name: "SYSTEM", allowed: ["delete", "read"] }, "S-1-1": { denied: ["write"] } };
  const answer = answerOfData({
    path: "C:\\x",
    type: "added",
    attributes: { type: "file", perm, attributes: "ARCHIVE" },
  });
  deepEqual(answer.decoded.syscheck?.after?.winPerm, [
    { name: "SYSTEM", allowed: ["delete", "read"] },
    { name: "S-1-1", denied: ["write"] },
  ]);
  equal(answer.decoded.dynamicFields.find(({ name }) => name === "perm")?.value, JSON.stringify(perm));
  equal(answer.decoded.dynamicFields.find(({ name }) => name === "win_attributes")?.value, "ARCHIVE");
});

const noNews: Readonly<Record<string, string>> = {
  "a scan's begin": '{"type":"scan_start","data":{"timestamp":1}}',
  "cut JSON": '{"type":"event","data":{"path":"/x"',
  "an event without a path": '{"type":"event","data":{"type":"added"}}',
  "an event of another kind": '{"type":"event","data":{"path":"/x","type":"moved"}}',
  "an entry of another kind": '{"type":"event","data":{"path":"/x","type":"added","attributes":{"type":"pipe"}}}',
  "data that are no object": '{"type":"event","data":[1]}',
  "a list": "{}",
};

for (const [what, log] of Object.entries(noNews)) {
  test(`${what} is no news, and no rule sees it`, () => {
    const answer = answerOf(log);
    equal(answer.rule, undefined);
    equal(answer.event.log, log);
  });
}

test("strange values are left out, and lists are bounded", () => {
  const answer = answerOfData({
    ...{ path: "/x", type: "added", mode: 5, tags: [], hard_links: {}, changed_attributes: "size", audit: [] },
    attributes: { type: "file", size: null, perm: [], mtime: "x", inode: -1, uid: {}, __proto__: { gid: "1" } },
  });
  deepEqual(
    answer.decoded.dynamicFields.map(({ name }) => name),
    ["file", "entry_type", "event_type"],
  );
  const many = Array.from({ length: 5_000 }, (_, index) => `a${index}`);
  const listed = answerOfData({
    path: "/x",
    type: "modified",
    attributes: {},
    changed_attributes: many,
    tags: many.join(),
  });
  ok((listed.decoded.syscheck?.changedAttributes?.length ?? 0) <= 128);
  ok((listed.decoded.syscheck?.tags?.length ?? 0) <= 128);
});
