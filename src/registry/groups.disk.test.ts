import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { MemoryStore, RegistryWorld, reportOf } from "../../test/support/registry-world.ts";
import { newFolder } from "../../test/support/temporary-folder.ts";
import { nodeDisk } from "../base/disk.ts";
import { multigroupHash, unpackMerged } from "../wire/shared-file.ts";
import { BlobDisk } from "./blob-disk.ts";
import { GroupFolderFailed } from "./errors.ts";
import { GroupsDisk } from "./groups-disk.ts";
import type { Registry } from "./registry.ts";

class Stage {
  readonly home = newFolder("groups");
  readonly world = new RegistryWorld();
  readonly blobs = new BlobDisk(join(this.home, "queue", "registry", "merged"), nodeDisk);
  groups = this.#newGroups();
  registry: Registry | undefined;

  #newGroups(): GroupsDisk {
    const { home, blobs, world } = this;
    const limits = { filesMax: 5, fileBytesMax: 1_000, groupBytesMax: 2_000, depthMax: 2 };
    const responses = Buffer.from("restart - x - 0\n");
    return new GroupsDisk({ home, blobs, limits, responses, disk: nodeDisk, clock: world.clock, log: world.log });
  }

  async open(): Promise<Registry> {
    this.groups = this.#newGroups();
    const registry = await this.world.open({ groups: this.groups });
    this.groups.attach(registry);
    this.registry = registry;
    await this.build();
    return registry;
  }

  async build(): Promise<void> {
    await this.groups.build();
    await this.registry?.settle();
  }

  write(name: string, text: string | Buffer): string {
    const path = join(this.home, "etc", "shared", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  /** The files of a list of groups as an agent unpacks them, by the sum that the registry tells. */
  async filesOf(...groups: string[]): Promise<Record<string, string> | undefined> {
    const record = this.registry?.agents.merged(groups);
    const bytes = record === undefined ? undefined : await this.blobs.get(record.sha256);
    if (bytes === undefined) return undefined;
    equal(record?.md5, createHash("md5").update(bytes).digest("hex"));
    equal(record?.bytes, bytes.length);
    const files = unpackMerged(bytes);
    ok(typeof files !== "string");
    return Object.fromEntries(files.map((file) => [file.name, file.bytes.toString()]));
  }
}

const responses = { "ar.conf": "restart - x - 0\n" };

test("a group's files are one file for its agents, and the default group is always there", async () => {
  const stage = new Stage();
  stage.write("web/agent.conf", "<agent_config/>");
  stage.write("web/more/list.txt", "a\nb\n");
  stage.write("web/.hidden", "x");
  stage.write("web/merged.mg.tmp", "x");
  stage.write("cluster.conf", "nobody's");
  stage.write("_x.y/agent.conf", "fine");
  stage.write("a,b/agent.conf", "no name for a group");
  await stage.open();
  deepEqual(await stage.filesOf("web"), { ...responses, "agent.conf": "<agent_config/>", "more/list.txt": "a\nb\n" });
  deepEqual(await stage.filesOf("default"), responses);
  deepEqual(
    stage.registry?.agents.groups().map(({ groups }) => groups),
    ["_x.y", "default", "web"],
  );
  const published = readFileSync(join(stage.home, "etc/shared/web/merged.mg"));
  ok(published.subarray(0, 5).equals(Buffer.from("#web\n")));
  deepEqual(stage.groups.filesOf("web"), [
    { name: "agent.conf", bytes: 15 },
    { name: "more/list.txt", bytes: 4 },
  ]);
});

test("only another content is a change, and no other time", async () => {
  const stage = new Stage();
  const path = stage.write("web/agent.conf", "one");
  const registry = await stage.open();
  const { seq } = registry.held;
  writeFileSync(path, "one");
  await stage.build();
  equal(registry.held.seq, seq);
  writeFileSync(path, "two");
  utimesSync(path, 0, 0);
  await stage.build();
  deepEqual(await stage.filesOf("web"), { ...responses, "agent.conf": "two" });
  const again = await stage.open();
  await stage.build();
  equal(again.agents.merged(["web"])?.seq, registry.agents.merged(["web"])?.seq, "a restart is no change");
});

test("agents of several groups have the last one's files and the agent.conf of all", async () => {
  const stage = new Stage();
  stage.write("web/agent.conf", "W");
  stage.write("web/list", "of web");
  stage.write("db/agent.conf", "D");
  stage.write("db/list", "of db");
  const registry = await stage.open();
  const { isEnrolled } = await registry.enrol({ name: "both", groups: "web,db", source: "::1" });
  ok(isEnrolled);
  await stage.build();
  const conf = "<!-- Source file: web/agent.conf -->\nW<!-- Source file: db/agent.conf -->\nD";
  deepEqual(await stage.filesOf("web", "db"), { ...responses, "agent.conf": conf, list: "of db" });
  ok(existsSync(join(stage.home, "var/multigroups", multigroupHash(["web", "db"]), "merged.mg")));
  await registry.change({ kind: "assign", id: "001", groups: ["web"] }, "test");
  await stage.build();
  equal(await stage.filesOf("web", "db"), undefined, "nobody has this list any longer");
});

test("what a group may not give to agents is left out and named once", async () => {
  const stage = new Stage();
  stage.write("web/agent.conf", "fine");
  stage.write("web/nul.bin", Buffer.from([1, 0, 2]));
  stage.write("web/large", "x".repeat(1_001));
  symlinkSync("/etc/passwd", join(stage.home, "etc/shared/web/link"));
  await stage.open();
  await stage.build();
  await stage.build();
  deepEqual(await stage.filesOf("web"), { ...responses, "agent.conf": "fine" });
  const said = stage.world.logged.filter((text) => text.includes("is not given to agents"));
  deepEqual(said.map((text) => /shared\/web\/(\S+) is not/.exec(text)?.[1] ?? "").toSorted(), [
    "large",
    "link",
    "nul.bin",
  ]);
});

test("a group that holds too much keeps what its agents had, over a restart too", async () => {
  const stage = new Stage();
  stage.write("web/agent.conf", "fine");
  await stage.open();
  for (let index = 0; index < 5; index += 1) stage.write(`web/file-${index}`, "x");
  await stage.build();
  deepEqual(await stage.filesOf("web"), { ...responses, "agent.conf": "fine" });
  await stage.open();
  deepEqual(await stage.filesOf("web"), { ...responses, "agent.conf": "fine" });
  ok(stage.world.logged.some((text) => /web has more than 5 files; its agents keep what they have/.test(text)));
  for (let index = 0; index < 5; index += 1) rmSync(join(stage.home, `etc/shared/web/file-${index}`));
  stage.write("web/a/b/c/d", "deep");
  await stage.build();
  deepEqual(await stage.filesOf("web"), { ...responses, "agent.conf": "fine" });
});

test("a group is made with an agent.conf, and one that is removed is kept in backup/", async () => {
  const stage = new Stage();
  const registry = await stage.open();
  equal((await registry.change({ kind: "create-group", group: "new" }, "root")).isDone, true);
  ok((await stage.filesOf("new"))?.["agent.conf"]?.includes("<agent_config>"));
  equal((await registry.change({ kind: "create-group", group: "new" }, "root")).isDone, false);
  equal((await registry.change({ kind: "remove-group", group: "new" }, "root")).isDone, true);
  equal(await stage.filesOf("new"), undefined);
  ok(existsSync(join(stage.home, "backup/shared", `new.${stage.world.clock.wallMs()}`, "agent.conf")));
  await rejects(stage.groups.remove("default"), GroupFolderFailed);
  for (const name of ["../x", "a/b", "", ".", "all", "x\ny"]) {
    await rejects(stage.groups.create(name), GroupFolderFailed);
    await rejects(stage.groups.remove(name), GroupFolderFailed);
  }
});

test("a group that was made on the disk a moment ago can be asked for", async () => {
  const stage = new Stage();
  const registry = await stage.open();
  stage.write("late/agent.conf", "x");
  const answer = await registry.enrol({ name: "web", groups: "late", source: "::1" });
  ok(answer.isEnrolled);
  registry.report("n1", [reportOf(answer.id)]);
  deepEqual(registry.agents.byId(answer.id)?.groups, ["late"]);
});

test("after the loss of its database a registry builds the same files", async () => {
  const stage = new Stage();
  stage.write("web/agent.conf", "W");
  const first = await stage.open();
  const { sha256 } = first.agents.merged(["web"]) ?? {};
  Object.assign(stage.world.store, new MemoryStore());
  const second = await stage.open();
  equal(second.agents.merged(["web"])?.sha256, sha256);
});
