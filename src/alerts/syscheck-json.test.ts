import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { sampleAnswer } from "../../test/support/answer.ts";
import { LocalTime } from "../base/local-time.ts";
import type { Syscheck } from "../model/alert.ts";
import { writeAlertJson } from "./alert-json.ts";
import { syscheckAttributes, writeSyscheck } from "./syscheck-json.ts";

const berlin = new LocalTime("Europe/Berlin");

const change: Syscheck = {
  ...{ event: "modified", path: "/etc/passwd", mode: "whodata", hardLinks: "/a", symbolicPath: "/s" },
  before: {
    ...{ size: "100", perm: "rw-r--r--", uid: "0", gid: "0", md5: "a1", sha1: "a2", sha256: "a3", uname: "root" },
    ...{ gname: "root", mtime: 1_795_568_400, inode: 76, attrs: "ARCHIVE" },
  },
  after: {
    size: "120",
    perm: "rwxr-xr-x",
    uid: "5",
    gid: "6",
    md5: "b1",
    mtime: 1_795_568_401,
    inode: 77,
    uname: "bob",
  },
  ...{ diff: '1a2\n> "bob"', tags: ["x", "y"], changedAttributes: ["size", "mtime"] },
  audit: {
    ...{ user: { id: "1000", name: "bob" }, group: { name: "staff" }, loginUser: { id: "1" }, effectiveUser: {} },
    process: { id: "7", name: "/bin/vi", cwd: "/tmp", parentName: "/bin/sh", parentCwd: "/", ppid: "6" },
  },
};

// ruleset-spec 9.1, syscheck: the keys in their order; mtime local, inode a number.
test("a change has Wazuh's keys in Wazuh's order", () =>
  equal(
    writeSyscheck(change, berlin),
    '{"path":"/etc/passwd","hard_links":"/a","mode":"whodata","symbolic_path":"/s",' +
      '"size_before":"100","size_after":"120","perm_before":"rw-r--r--","perm_after":"rwxr-xr-x",' +
      '"uid_before":"0","uid_after":"5","gid_before":"0","gid_after":"6","md5_before":"a1","md5_after":"b1",' +
      '"sha1_before":"a2","sha256_before":"a3","attrs_before":"ARCHIVE","uname_before":"root","uname_after":"bob",' +
      '"gname_before":"root","mtime_before":"2026-11-25T02:00:00","mtime_after":"2026-11-25T02:00:01",' +
      '"inode_before":76,"inode_after":77,"diff":"1a2\\n> \\"bob\\"","tags":["x","y"],' +
      '"changed_attributes":["size","mtime"],"event":"modified",' +
      '"audit":{"user":{"id":"1000","name":"bob"},"process":{"id":"7","name":"/bin/vi","cwd":"/tmp",' +
      '"parent_name":"/bin/sh","parent_cwd":"/","ppid":"6"},"group":{"name":"staff"},"login_user":{"id":"1"}}}',
  ));

test("a registry value has its view, its name and its type; Windows' permissions are a list of accounts", () => {
  const after = {
    perm: "{…}",
    winPerm: [
      { name: "SYSTEM", allowed: ["read"] },
      { name: "x", denied: ["write"] },
    ],
  };
  const value: Syscheck = {
    event: "added",
    path: "HKEY\\x",
    arch: "[x64]",
    valueName: "run",
    valueType: "REG_SZ",
    after,
  };
  equal(
    writeSyscheck(value, berlin),
    '{"path":"HKEY\\\\x","arch":"[x64]","value_name":"run","value_type":"REG_SZ",' +
      '"win_perm_after":[{"name":"SYSTEM","allowed":["read"]},{"name":"x","denied":["write"]}],"event":"added"}',
  );
});

test("a time that no calendar has stops nothing", () =>
  equal(
    writeSyscheck({ event: "added", path: "/", after: { mtime: Number.MAX_SAFE_INTEGER } }, berlin).length > 0,
    true,
  ));

test("an alert shows the change in place of the fields, which it is made of", () => {
  const answer = sampleAnswer({
    decoded: { syscheck: change, fields: {}, dynamicFields: [{ name: "file", value: "/etc/passwd" }] },
  });
  const line = writeAlertJson(answer, { id: "1.0", time: berlin, cluster: undefined, showsFullLog: false });
  const alert = JSON.parse(line) as Record<string, unknown>;
  deepEqual((alert["syscheck"] as { event: string }).event, "modified");
  equal("data" in alert, false);
  deepEqual(Object.keys(alert).slice(-5), ["full_log", "syscheck", "predecoder", "decoder", "location"]);
});

test("alerts.log says what the file is now", () =>
  deepEqual(syscheckAttributes(change, berlin), [
    ...[" - Size: 120", " - Permissions: rwxr-xr-x", " - Date: 2026-11-25T02:00:01", " - Inode: 77"],
    ...[" - User: bob (5)", " - Group: 6", " - MD5: b1"],
  ]));
