/**
 * Ruleset snapshots on disk: `queue/rulesets/<sha256>/`, in it `manifest.json` (snapshot.ts) and each file under the
 * SHA-256 of its bytes. The manifest is written last, so a folder that has one is whole.
 */
import { join } from "node:path";
import type { CrashPoint } from "../base/crash-point.ts";
import type { Disk } from "../base/disk.ts";
import { describeError } from "../base/error.ts";
import { SnapshotError } from "./errors.ts";
import { GEOIP_BYTES_MAX } from "./geoip.ts";
import { LIST_BYTES_MAX } from "./rules/lookup-list.ts";
import { defaultRulesetOptions } from "./ruleset.ts";
import { manifestBytes, manifestOf, sha256Of, type Manifest, type Snapshot } from "./snapshot.ts";

const manifestName = "manifest.json";
/** 10,000 files of 256 bytes each; the largest known ruleset has 300. */
const manifestBytesMax = 4 * 1_024 * 1_024;
const hashPattern = /^[0-9a-f]{64}$/;

/**
 * Stores a snapshot durably (nothing to do when it is there and whole). To be done before its control record is
 * appended; passes the crash point `snapshot.written`. Rejects with the disk's own errors.
 */
export async function storeSnapshot(disk: Disk, folder: string, snapshot: Snapshot, crash: CrashPoint): Promise<void> {
  const own = join(folder, snapshot.sha256);
  if ((await disk.stat(join(own, manifestName))) !== undefined) return;
  await disk.makeFolder(own, 0o750);
  const { decoders, rules, lists, geoip } = snapshot.source;
  const texts = [...decoders, ...rules, ...lists].map(({ text }) => Buffer.from(text, "latin1"));
  const byHash = new Map(texts.map((bytes) => [sha256Of(bytes), bytes]));
  for (const [hash, bytes] of byHash) await writeSynced(disk, join(own, hash), bytes);
  if (geoip !== undefined) await storeDatabase(disk, folder, own, geoip.bytes);
  await disk.syncFolder(own);
  await disk.replace(join(own, manifestName), manifestBytes(manifestOf(snapshot.source, snapshot.version)), 0o640);
  await disk.syncFolder(folder);
  crash("snapshot.written");
}

/**
 * A database of tens of megabytes is in one snapshot after another: where an older one holds it, whole, it stands on
 * the disk once.
 */
async function storeDatabase(disk: Disk, folder: string, own: string, bytes: Uint8Array): Promise<void> {
  const hash = sha256Of(bytes);
  for (const name of await disk.list(folder)) {
    const older = join(folder, name, hash);
    if (!hashPattern.test(name) || join(folder, name) === own) continue;
    if ((await disk.stat(older))?.bytes !== bytes.length) continue;
    const found = await disk.readWhole(older, bytes.length);
    if (found === undefined || sha256Of(found) !== hash) continue;
    await disk.remove(join(own, hash)); // What an earlier attempt may have left.
    return disk.hardLink(older, join(own, hash));
  }
  await writeSynced(disk, join(own, hash), bytes);
}

async function writeSynced(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const file = await disk.open(path, "create", 0o640);
  try {
    await file.truncate(0);
    await file.write([bytes], 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Rejects with `SnapshotError` when it is absent or its content does not have that hash. */
export async function loadSnapshot(disk: Disk, folder: string, sha256: string): Promise<Snapshot> {
  const own = join(folder, sha256);
  const readBytes = async (name: string, hash: string, bytesMax: number): Promise<Buffer> => {
    const bytes = await disk.readWhole(join(own, name), bytesMax).catch((cause: unknown) => {
      throw new SnapshotError(sha256, `the ruleset snapshot ${sha256} cannot be read: ${describeError(cause)}`, {
        cause,
      });
    });
    if (bytes === undefined) throw new SnapshotError(sha256, `the ruleset snapshot ${sha256} lacks ${name}`);
    if (sha256Of(bytes) !== hash)
      throw new SnapshotError(sha256, `the ruleset snapshot ${sha256} has a changed ${name}`);
    return bytes;
  };
  const written = await readBytes(manifestName, sha256, manifestBytesMax);
  // Under its hash it is what `manifestBytes` of this form wrote; only the format may be one of another Argus.
  const manifest = JSON.parse(written.toString("utf8")) as Omit<Manifest, "format"> & { format: number };
  if (manifest.format !== 1) {
    throw new SnapshotError(sha256, `the ruleset snapshot ${sha256} is of format ${manifest.format}, not 1`);
  }
  const { geoip } = manifest;
  const textOf = async (hash: string): Promise<string> =>
    (await readBytes(hash, hash, LIST_BYTES_MAX)).toString("latin1");
  const filesOf = async (entries: [string, string][]): Promise<{ path: string; text: string }[]> => {
    const files: { path: string; text: string }[] = [];
    for (const [path, hash] of entries) files.push({ path, text: await textOf(hash) });
    return files;
  };
  const lists = await filesOf(manifest.lists);
  return {
    sha256,
    version: manifest.version,
    source: {
      decoders: await filesOf(manifest.decoders),
      rules: await filesOf(manifest.rules),
      lists: lists.map(({ path, text }) => ({ name: path, text })),
      ...(geoip && { geoip: { path: geoip[0], bytes: await readBytes(geoip[1], geoip[1], GEOIP_BYTES_MAX) } }),
      // A snapshot of an older Argus has fewer options; those that it lacks had no effect then.
      options: { ...defaultRulesetOptions, ...manifest.options },
    },
  };
}

/**
 * Removes the files of all snapshots but those in `keep`: the manifest first, so that what a crash leaves is no
 * snapshot. The empty folders stay; a name that comes again finds its own.
 */
export async function removeSnapshots(disk: Disk, folder: string, keep: ReadonlySet<string>): Promise<void> {
  for (const name of await disk.list(folder)) {
    if (!hashPattern.test(name) || keep.has(name)) continue;
    const own = join(folder, name);
    await disk.remove(join(own, manifestName));
    for (const file of await disk.list(own)) await disk.remove(join(own, file));
  }
}
