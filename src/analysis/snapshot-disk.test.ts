import { deepEqual, equal, notEqual, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../../test/support/ruleset.ts";
import { SimDisk } from "../../test/support/sim-disk.ts";
import { noCrash } from "../base/crash-point.ts";
import { SnapshotError } from "./errors.ts";
import { defaultRulesetOptions, type RulesetOptions, type RulesetSource } from "./ruleset.ts";
import { loadSnapshot, removeSnapshots, storeSnapshot } from "./snapshot-disk.ts";
import { sha256Of, snapshotOf } from "./snapshot.ts";

const folder = "/home/queue/rulesets";

function sourceOf(options: Partial<RulesetOptions> = {}, rule = "<group name='\u00ff\u0080'/>"): RulesetSource {
  return {
    decoders: [
      { path: "ruleset/decoders/a.xml", text: "<decoder/>" },
      { path: "etc/decoders/local.xml", text: "<decoder/>" },
    ],
    rules: [{ path: "etc/rules/local.xml", text: rule }],
    lists: [{ name: "etc/lists/bad", text: "key:\u00e9" }],
    options: { ...defaultRulesetOptions, ...options },
  };
}

function simDisk(seed = 1): SimDisk {
  const random = seeded(seed);
  return new SimDisk(() => random(1_000_000) / 1_000_000);
}

test("a snapshot is read back byte for byte from its folder", async () => {
  const disk = simDisk().process();
  const snapshot = snapshotOf(sourceOf(), "0.1.0");
  await storeSnapshot(disk, folder, snapshot, noCrash);
  deepEqual(await loadSnapshot(disk, folder, snapshot.sha256), snapshot);
});

test("whatever changes an answer changes the name; the order in which options were built does not", () => {
  const name = snapshotOf(sourceOf(), "0.1.0").sha256;
  const changes: Partial<RulesetOptions>[] = [
    ...[{ logAlertLevel: 4 }, { emailAlertLevel: 4 }, { latenessMs: 1 }, { windowBytesMax: 1 }, { ftsBytesMax: 1 }],
    ...[{ zone: "Europe/Paris" }, { clusterName: "x" }, { flavour: "ossec" as const }],
    ...[{ memorySize: 8_192 }, { isCompat: true }, { statsLevel: 8 }],
    { outputs: { ...defaultRulesetOptions.outputs, logall: true } },
  ];
  // One per option: an option that is forgotten in the manifest fails here.
  equal(changes.length, Object.keys(defaultRulesetOptions).length);
  const names = changes.map((change) => snapshotOf(sourceOf(change), "0.1.0").sha256);
  equal(new Set([name, ...names]).size, changes.length + 1);
  notEqual(snapshotOf(sourceOf({}, "<group name='b'/>"), "0.1.0").sha256, name);
  notEqual(snapshotOf(sourceOf(), "0.1.1").sha256, name);
  const reversed = Object.fromEntries(Object.entries(defaultRulesetOptions).reverse()) as unknown as RulesetOptions;
  equal(snapshotOf(sourceOf(reversed), "0.1.0").sha256, name);
});

test("an absent snapshot, a changed file and a changed manifest are refused by name", async () => {
  const sim = simDisk();
  const disk = sim.process();
  const snapshot = snapshotOf(sourceOf(), "0.1.0");
  await rejects(loadSnapshot(disk, folder, snapshot.sha256), SnapshotError);
  await storeSnapshot(disk, folder, snapshot, noCrash);
  for (const path of sim.paths()) {
    const before = Buffer.from(sim.bytesOf(path));
    await disk.replace(path, Buffer.concat([before, Buffer.from("x")]), 0o640);
    await rejects(loadSnapshot(disk, folder, snapshot.sha256), SnapshotError, path);
    await disk.replace(path, before, 0o640);
  }
  deepEqual(await loadSnapshot(disk, folder, snapshot.sha256), snapshot);
});

test("a database is in the snapshot: it changes the name, and comes back byte for byte", async () => {
  const disk = simDisk().process();
  const withDatabase = (byte: number): RulesetSource => ({
    ...sourceOf(),
    geoip: { path: "etc/geo.mmdb", bytes: Buffer.from([0, 255, byte]) },
  });
  const [plain, first, second] = [sourceOf(), withDatabase(1), withDatabase(2)].map((one) => snapshotOf(one, "0.1.0"));
  equal(new Set([plain?.sha256, first?.sha256, second?.sha256]).size, 3);
  for (const snapshot of [first, second]) {
    if (snapshot === undefined) continue;
    await storeSnapshot(disk, folder, snapshot, noCrash);
    deepEqual(await loadSnapshot(disk, folder, snapshot.sha256), snapshot);
  }
});

test("a database that an older snapshot holds whole stands on the disk once; a damaged one is not taken over", async () => {
  const sim = simDisk();
  const disk = sim.process();
  const geoip = { path: "etc/geo.mmdb", bytes: Buffer.from("database") };
  const [first, second, third] = ["0.1.0", "0.2.0", "0.3.0"].map((version) =>
    snapshotOf({ ...sourceOf(), geoip }, version),
  );
  if (first === undefined || second === undefined || third === undefined) throw new Error("three are made");
  await storeSnapshot(disk, folder, first, noCrash);
  const path = (of: string): string => `${folder}/${of}/${sha256Of(geoip.bytes)}`;
  await disk.replace(path(second.sha256), Buffer.from("torn"), 0o640);
  await storeSnapshot(disk, folder, second, noCrash);
  equal((await disk.stat(path(first.sha256)))?.inode, (await disk.stat(path(second.sha256)))?.inode);
  deepEqual(await loadSnapshot(disk, folder, second.sha256), second);
  await removeSnapshots(disk, folder, new Set([second.sha256]));
  deepEqual(await loadSnapshot(disk, folder, second.sha256), second);
  await disk.replace(path(second.sha256), Buffer.from("DATABASE"), 0o640);
  await storeSnapshot(disk, folder, third, noCrash);
  deepEqual(await loadSnapshot(disk, folder, third.sha256), third);
});

test("storing again does nothing, and the crash point is passed once it is durable", async () => {
  const sim = simDisk();
  const passed: string[] = [];
  const snapshot = snapshotOf(sourceOf(), "0.1.0");
  await storeSnapshot(sim.process(), folder, snapshot, (name) => {
    passed.push(name);
    sim.cutPower();
  });
  deepEqual(passed, ["snapshot.written"]);
  deepEqual(await loadSnapshot(sim.process(), folder, snapshot.sha256), snapshot);
  const syncs = sim.syncCount;
  await storeSnapshot(sim.process(), folder, snapshot, noCrash);
  equal(sim.syncCount, syncs);
});

test("power may go at any call: afterwards the snapshot is whole or is stored again (20 seeds)", async () => {
  const snapshot = snapshotOf(sourceOf(), "0.1.0");
  for (let seed = 1; seed <= 20; seed += 1) {
    for (let at = 1; ; at += 1) {
      const sim = simDisk(seed);
      let calls = 0;
      sim.onCall = () => {
        calls += 1;
        if (calls === at) sim.cutPower();
      };
      const work = storeSnapshot(sim.process(), folder, snapshot, noCrash);
      await Promise.race([work, new Promise((resolve) => setImmediate(resolve))]);
      sim.onCall = () => undefined;
      await storeSnapshot(sim.process(), folder, snapshot, noCrash);
      deepEqual(await loadSnapshot(sim.process(), folder, snapshot.sha256), snapshot, `seed ${seed}, call ${at}`);
      if (calls < at) break;
    }
  }
});

test("snapshots that nothing names any more are removed, the others and strangers' files stay", async () => {
  const sim = simDisk();
  const disk = sim.process();
  const [kept, gone] = [snapshotOf(sourceOf(), "0.1.0"), snapshotOf(sourceOf(), "0.2.0")];
  for (const snapshot of [kept, gone]) await storeSnapshot(disk, folder, snapshot, noCrash);
  await disk.replace(`${folder}/recorded`, Buffer.from("x"), 0o640);
  await removeSnapshots(disk, folder, new Set([kept.sha256]));
  deepEqual(await loadSnapshot(disk, folder, kept.sha256), kept);
  await rejects(loadSnapshot(disk, folder, gone.sha256), SnapshotError);
  ok(sim.paths().includes(`${folder}/recorded`));
  ok(!sim.paths().some((path) => path.includes(gone.sha256)));
});
