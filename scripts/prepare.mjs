/**
 * Builds dist/ when it does not fit the sources. npm runs it after `npm ci` and again before each `npx argus` in a
 * checkout, so it must cost nothing when there is nothing to do, and must say nothing on stdout, which belongs to the
 * command.
 *
 * dist/.built holds a hash of everything that dist/ is made of. Compiler and bundler write into dist-PID, which then
 * takes dist's place by a rename, so nobody ever runs half a build. `.build-lock` is a link that "points" to its
 * holder's pid: making it is atomic, and it is never half written. It only saves work: were two processes ever to hold
 * it, both would build the same thing, each aside.
 *
 * JavaScript, because it runs before there is anything compiled.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const sourceFolders = ["src", "test", "bench", "scripts"];
/** The lock file names the versions of compiler and bundler; the others say what is built, and how. */
const sourceFiles = ["tsconfig.json", "vite.config.ts", "package-lock.json", "scripts/prepare.mjs"];
/** The page: compiled by itself, because it has a browser's types, and then bundled into dist/dashboard. */
const pageFolder = join("src", "dashboard");
/** A build takes seconds; whoever waits this long waits for a holder that hangs. */
const waitMsMax = 300_000;
const pollMs = 50;

function sourcePaths(root) {
  const paths = sourceFiles.filter((path) => existsSync(join(root, path)));
  for (const folder of sourceFolders) {
    const path = join(root, folder);
    if (!existsSync(path)) continue;
    for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath ?? entry.path, entry.name);
      // Of the page everything counts: markup, styles and pictures are what it is made of.
      if (entry.isFile() && (entry.name.endsWith(".ts") || path.startsWith(join(root, pageFolder)))) paths.push(path);
    }
  }
  return paths.map((path) => (path.startsWith(root) ? path.slice(root.length + 1) : path)).sort();
}

function hashOfSources(root) {
  const hash = createHash("sha256");
  for (const path of sourcePaths(root)) {
    const bytes = readFileSync(join(root, path));
    hash.update(`${path}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex");
}

function builtHash(root) {
  try {
    return readFileSync(join(root, "dist", ".built"), "utf8").trim();
  } catch {
    return "";
  }
}

/**
 * The scripts of compiler and bundler, when all of both is there: they are dev dependencies, and their binaries
 * optional ones of their own. Of the bundler's that is seen by loading it, because their names depend on more than the
 * platform.
 */
function findTools(root) {
  const fromRoot = createRequire(join(root, "package.json"));
  try {
    const manifest = fromRoot.resolve("typescript/package.json");
    createRequire(manifest).resolve(`@typescript/typescript-${process.platform}-${process.arch}/package.json`);
    const compiler = join(manifest, "..", "bin", "tsc");
    if (!existsSync(join(root, pageFolder))) return { compiler, bundler: undefined };
    const bundler = join(fromRoot.resolve("vite/package.json"), "..", "bin", "vite.js");
    const load = spawnSync(process.execPath, ["--input-type=module", "-e", 'await import("vite")'], { cwd: root });
    return load.status === 0 ? { compiler, bundler } : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function holderOf(lock) {
  try {
    return readlinkSync(lock);
  } catch {
    return undefined;
  }
}

function tryLock(lock) {
  try {
    symlinkSync(String(process.pid), lock);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  const holder = holderOf(lock);
  if (holder !== undefined && !isAlive(Number(holder))) {
    // Moved away rather than removed: of several that see a dead holder only one moves it.
    const aside = `${lock}-${process.pid}`;
    try {
      renameSync(lock, aside);
      unlinkSync(aside);
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
    }
  }
  return false;
}

function release(lock) {
  if (holderOf(lock) === String(process.pid)) unlinkSync(lock);
}

function removeLeftovers(root) {
  for (const name of readdirSync(root)) {
    const pid = /^dist-(?:old-)?(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(root, name), { recursive: true, force: true });
  }
}

/** The calls that make all of dist/ in `made`, in their order. */
function callsOf(root, { compiler, bundler }, made) {
  const page = join(root, pageFolder);
  const calls = [[compiler, "-p", root, "--outDir", made]];
  if (bundler === undefined) return calls;
  calls.push([compiler, "-p", page, "--outDir", made]);
  calls.push([bundler, "build", "--logLevel", "warn", "--outDir", join(made, "dashboard")]);
  return calls;
}

function build(root, tools, hash) {
  removeLeftovers(root);
  const [made, old, dist] = [`dist-${process.pid}`, `dist-old-${process.pid}`, "dist"].map((name) => join(root, name));
  for (const call of callsOf(root, tools, made)) {
    const run = spawnSync(process.execPath, call, { cwd: root, encoding: "utf8" });
    if (run.status === 0) continue;
    rmSync(made, { recursive: true, force: true });
    const why = run.error === undefined ? `${run.stdout}${run.stderr}` : `${run.error.message}\n`;
    process.stderr.write(`${why}argus: the build failed; ${existsSync(dist) ? "dist/ is as it was" : "no dist/"}\n`);
    return 1;
  }
  mkdirSync(made, { recursive: true });
  writeFileSync(join(made, ".built"), `${hash}\n`);
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(made, dist);
  rmSync(old, { recursive: true, force: true });
  return 0;
}

async function prepare(root) {
  const lock = join(root, ".build-lock");
  const startedMs = Date.now();
  while (builtHash(root) !== hashOfSources(root)) {
    const tools = findTools(root);
    if (tools === undefined) {
      const state = existsSync(join(root, "dist")) ? "dist/ is left as it is" : "there is no dist/ yet";
      process.stderr.write(`argus: not built, for the compiler or the bundler is not installed (${state}); `);
      process.stderr.write("to build, type: npm ci --include=dev --include=optional\n");
      return 0;
    }
    if (tryLock(lock)) {
      try {
        // Hashed again under the lock: whoever held it before may have built just this.
        const hash = hashOfSources(root);
        return builtHash(root) === hash ? 0 : build(root, tools, hash);
      } finally {
        release(lock);
      }
    }
    if (Date.now() - startedMs > waitMsMax) {
      process.stderr.write(`argus: process ${holderOf(lock)} has held ${lock} for too long; remove it and try again\n`);
      return 1;
    }
    await sleep(pollMs);
  }
  return 0;
}

process.exitCode = await prepare(fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, ""));
