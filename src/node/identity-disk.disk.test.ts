import { deepEqual, equal, rejects } from "node:assert/strict";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { newFolder } from "../../test/support/temporary-folder.ts";
import { nodeDisk } from "../base/disk.ts";
import { homeAt, type Home } from "./home.ts";
import { openIdentity, openMasterPin, openPins, openTerm } from "./identity-disk.ts";

function newHome(): Home {
  const home = homeAt(newFolder("identity"));
  mkdirSync(home.etc);
  return home;
}

const key = (byte: number): Buffer => Buffer.alloc(32, byte);

test("a node makes its key once, readable by itself only", async () => {
  const home = newHome();
  const first = await openIdentity(home, nodeDisk);
  equal(statSync(home.nodeKey).mode & 0o777, 0o600);
  const second = await openIdentity(home, nodeDisk);
  deepEqual(second.publicKey, first.publicKey);
  equal(first.publicKey.length, 32);
  deepEqual(second.sign(key(1)), first.sign(key(1)));
});

test("a key file of another kind stops the start and is left as it is", async () => {
  const home = newHome();
  writeFileSync(home.nodeKey, "no key");
  await rejects(openIdentity(home, nodeDisk), { code: "ARGUS_NODE_IDENTITY" });
  equal(readFileSync(home.nodeKey, "utf8"), "no key");
});

test("pins survive a restart, several at once too, and can be forgotten", async () => {
  const home = newHome();
  const pins = await openPins(home, nodeDisk);
  await Promise.all([pins.pin("worker-node1", key(1)), pins.pin("worker-node2", key(2))]);
  const again = await openPins(home, nodeDisk);
  deepEqual(again.names(), ["worker-node1", "worker-node2"]);
  deepEqual(again.of("worker-node2"), key(2));
  await again.forget("worker-node1");
  equal((await openPins(home, nodeDisk)).of("worker-node1"), undefined);
  equal(statSync(home.nodesKeys).mode & 0o777, 0o600);
  equal(await openTerm(home, nodeDisk), 1);
});

test("a pin that cannot be written is not believed", async () => {
  const full = { ...nodeDisk, replace: () => Promise.reject(new Error("ENOSPC")) };
  const pins = await openPins(newHome(), full);
  await rejects(pins.pin("worker-node1", key(1)));
  equal(pins.of("worker-node1"), undefined);
});

test("a worker's pin of its master keeps key and term", async () => {
  const home = newHome();
  const pin = await openMasterPin(home, nodeDisk);
  equal(pin.current(), undefined);
  await pin.pin({ name: "master", publicKey: key(3), term: 4 });
  deepEqual((await openMasterPin(home, nodeDisk)).current(), { name: "master", publicKey: key(3), term: 4 });
});

test("a line of nodes.keys that cannot be read stops the start and is named", async () => {
  for (const line of [
    "worker ../x AAAA",
    "worker w1 short",
    `worker w1 ${key(1).toString("base64")} 9`,
    "term x",
    "what is this",
  ]) {
    const home = newHome();
    writeFileSync(home.nodesKeys, `term 1\n${line}\n`);
    await rejects(openPins(home, nodeDisk), { message: /nodes\.keys:2/ }, line);
  }
});
