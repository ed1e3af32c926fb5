/**
 * scripts/prepare.mjs as npm runs it, in a small package of its own. Compiler and bundler there are doubles. The
 * compiler takes its time, notes each run, and fails when a source says so; what it "compiles" is the source itself.
 * The bundler copies the page's styles.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";

const compiler = `
import { appendFileSync, cpSync, mkdirSync, readFileSync } from "node:fs";
const out = process.argv[process.argv.indexOf("--outDir") + 1];
appendFileSync("runs", "run\\n");
mkdirSync(out + "/src", { recursive: true });
await new Promise((resolve) => setTimeout(resolve, 300));
if (readFileSync("src/a.ts", "utf8").includes("WRONG")) {
  console.log("src/a.ts(1,1): error TS0000: wrong");
  process.exit(1);
}
cpSync("src/a.ts", out + "/src/a.js");
`;

/** Goes before the compiler's text, and leaves the rest to it unless it is the page's turn. */
const compilerOfPage = `
import * as disk from "node:fs";
const folder = process.argv[process.argv.indexOf("-p") + 1];
if (folder.endsWith("dashboard")) {
  const made = process.argv[process.argv.indexOf("--outDir") + 1];
  disk.mkdirSync(made + "/src/dashboard", { recursive: true });
  disk.writeFileSync(made + "/src/dashboard/main.js", String(disk.existsSync(made + "/src/a.js")));
  process.exit(0);
}
`;

const bundler = `
import { cpSync, mkdirSync, readFileSync } from "node:fs";
const out = process.argv[process.argv.indexOf("--outDir") + 1];
mkdirSync(out, { recursive: true });
if (readFileSync("src/dashboard/page.css", "utf8").includes("WRONG")) {
  console.log("page.css: unexpected token");
  process.exit(1);
}
cpSync("src/dashboard/page.css", out + "/page.css");
`;

class Package {
  readonly root = mkdtempSync(join(tmpdir(), "argus-prepare-"));

  constructor(context: TestContext) {
    context.after(() => rmSync(this.root, { recursive: true, force: true }));
    cpSync("scripts/prepare.mjs", join(this.root, "scripts/prepare.mjs"));
    for (const path of ["package.json", "package-lock.json", "tsconfig.json"]) this.write(path, "{}");
    this.write("src/a.ts", "one");
    this.#writePackage("typescript");
    this.#writePackage(`@typescript/typescript-${process.platform}-${process.arch}`);
    this.write("node_modules/typescript/bin/tsc", compiler);
  }

  /** Adds a page, and what builds it. */
  addPage(): void {
    this.write("src/dashboard/page.css", "one");
    this.write("node_modules/typescript/bin/tsc", `${compilerOfPage}${compiler}`);
    this.#writePackage("vite");
    this.write("node_modules/vite/index.js", "");
    this.write("node_modules/vite/bin/vite.js", bundler);
  }

  #writePackage(name: string): void {
    this.write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: "1.0.0", type: "module" }));
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  read(path: string): string {
    return existsSync(join(this.root, path)) ? readFileSync(join(this.root, path), "utf8") : "";
  }

  get runCount(): number {
    return this.read("runs").length / 4;
  }

  prepare(): Promise<{ code: number | null; out: string; err: string }> {
    return new Promise((resolve) => {
      const child = spawn(process.execPath, ["scripts/prepare.mjs"], { cwd: this.root });
      let [out, err] = ["", ""];
      child.stdout.on("data", (piece: Buffer) => (out += piece.toString()));
      child.stderr.on("data", (piece: Buffer) => (err += piece.toString()));
      child.on("close", (code) => resolve({ code, out, err }));
    });
  }
}

/** The pid of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await new Promise((resolve) => child.on("close", resolve));
  return child.pid ?? 0;
}

test("builds once, then does nothing until a source changes, and says nothing", async (context) => {
  const it = new Package(context);
  deepEqual(await it.prepare(), { code: 0, out: "", err: "" });
  equal(it.read("dist/src/a.js"), "one");
  const madeMs = statSync(join(it.root, "dist")).ctimeMs;
  deepEqual(await it.prepare(), { code: 0, out: "", err: "" });
  equal(it.runCount, 1);
  equal(statSync(join(it.root, "dist")).ctimeMs, madeMs);
  it.write("src/a.ts", "two");
  await it.prepare();
  equal(it.read("dist/src/a.js"), "two");
  equal(it.runCount, 2);
});

test("each kind of input makes a new build: a source, a new file, the options, the lock file", async (context) => {
  const it = new Package(context);
  await it.prepare();
  let count = 1;
  for (const path of ["src/b.ts", "test/c.ts", "tsconfig.json", "package-lock.json"]) {
    it.write(path, `{"changed": "${path}"}`);
    await it.prepare();
    count += 1;
    equal(it.runCount, count, path);
  }
  it.write("src/data.json", "{}");
  await it.prepare();
  equal(it.runCount, count, "a file that is not compiled");
});

test("three at once build once, and all of them find the build", async (context) => {
  const it = new Package(context);
  const ends = await Promise.all([it.prepare(), it.prepare(), it.prepare()]);
  deepEqual(
    ends.map((end) => end.code),
    [0, 0, 0],
  );
  equal(it.runCount, 1);
  equal(it.read("dist/src/a.js"), "one");
  deepEqual(
    readdirSync(it.root).filter((name) => name.startsWith("dist-") || name.startsWith(".build")),
    [],
  );
});

test("a lock and a half-made build whose process is dead are cleared away", async (context) => {
  const it = new Package(context);
  const dead = await deadPid();
  symlinkSync(String(dead), join(it.root, ".build-lock"));
  it.write(`dist-${dead}/src/a.js`, "half");
  equal((await it.prepare()).code, 0);
  equal(it.read("dist/src/a.js"), "one");
  ok(!existsSync(join(it.root, `dist-${dead}`)));
});

test("a living holder is waited for", async (context) => {
  const it = new Package(context);
  const lock = join(it.root, ".build-lock");
  symlinkSync(String(process.pid), lock);
  const waiting = it.prepare();
  await new Promise((resolve) => setTimeout(resolve, 400));
  equal(it.runCount, 0);
  equal(readlinkSync(lock), String(process.pid));
  rmSync(lock);
  equal((await waiting).code, 0);
  equal(it.runCount, 1);
});

test("a compile error fails the install with the compiler's words, and leaves the old build", async (context) => {
  const it = new Package(context);
  await it.prepare();
  it.write("src/a.ts", "WRONG");
  const { code, out, err } = await it.prepare();
  equal(code, 1);
  equal(out, "");
  match(err, /error TS0000: wrong/);
  equal(it.read("dist/src/a.js"), "one");
  ok(!existsSync(join(it.root, ".build-lock")));
});

for (const missing of ["node_modules/typescript", "node_modules/@typescript"]) {
  test(`without ${missing} the install goes through, and says what to type`, async (context) => {
    const it = new Package(context);
    await it.prepare();
    rmSync(join(it.root, missing), { recursive: true });
    deepEqual(await it.prepare(), { code: 0, out: "", err: "" }, "a build that fits needs no compiler");
    it.write("src/a.ts", "two");
    const { code, err } = await it.prepare();
    equal(code, 0);
    match(err, /npm ci --include=dev --include=optional/);
    equal(it.read("dist/src/a.js"), "one");
  });
}

test("the page is compiled after the rest, bundled beside it, and built anew when its styles change", async (context) => {
  const it = new Package(context);
  it.addPage();
  deepEqual(await it.prepare(), { code: 0, out: "", err: "" });
  equal(it.read("dist/src/dashboard/main.js"), "true");
  equal(it.read("dist/dashboard/page.css"), "one");
  it.write("src/dashboard/page.css", "two");
  deepEqual(await it.prepare(), { code: 0, out: "", err: "" });
  equal(it.read("dist/dashboard/page.css"), "two");
});

test("a page that cannot be bundled fails the install with the bundler's words, and leaves the old build", async (context) => {
  const it = new Package(context);
  it.addPage();
  await it.prepare();
  it.write("src/dashboard/page.css", "WRONG");
  const { code, err } = await it.prepare();
  equal(code, 1);
  match(err, /page\.css: unexpected token/);
  equal(it.read("dist/dashboard/page.css"), "one");
  deepEqual(
    readdirSync(it.root).filter((name) => name.startsWith("dist-")),
    [],
  );
});

test("without the bundler, or when its binary is absent, the install goes through and says what to type", async (context) => {
  const it = new Package(context);
  it.addPage();
  it.write("node_modules/vite/index.js", 'await import("@rolldown/binding");');
  const { code, err } = await it.prepare();
  equal(code, 0);
  match(err, /npm ci --include=dev --include=optional/);
  equal(it.read("dist/src/a.js"), "");
  rmSync(join(it.root, "node_modules/vite"), { recursive: true });
  match((await it.prepare()).err, /npm ci --include=dev --include=optional/);
});
