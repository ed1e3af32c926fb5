/** Fails the build when a folder of src/ imports a folder it may not. This table is the architecture; docs quote it. */
import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import {
  importsOf,
  isTest,
  isTypeScript,
  nodeModulesOf,
  packagesOf,
  productFiles,
  projectFiles,
  readText,
  valueImportsOf,
} from "../support/source.ts";

const kernel = ["base", "model", "syntax", "config"];
const mayImport: Readonly<Record<string, readonly string[]>> = {
  base: [],
  model: ["base"],
  syntax: ["base"],
  config: ["base", "syntax"],
  // Tools: pure or driven through doubles, no sockets.
  wire: kernel,
  collect: kernel,
  logfile: kernel,
  // The data path, in the order an event travels. No stage imports another: the programs join them.
  intake: [...kernel, "wire", "collect"],
  spool: ["base", "config"],
  link: kernel,
  analysis: kernel,
  alerts: [...kernel, "logfile"],
  // The control path.
  membership: kernel,
  registry: [...kernel, "wire"],
  sync: kernel,
  api: kernel,
  dashboard: ["api"],
  // Programs.
  agent: [...kernel, "wire", "collect", "logfile", "spool"],
  node: [
    ...[...kernel, "wire", "collect", "logfile", "intake", "spool", "link", "analysis", "alerts"],
    ...["membership", "registry", "sync", "api"],
  ],
  cli: [...kernel, "api", "analysis", "node", "agent"],
};

/** The doors of the programs: what the command starts or asks. Everything else in there is their own business. */
const programDoors: ReadonlySet<string> = new Set([
  "src/agent/enrol.ts",
  "src/agent/home.ts",
  "src/agent/log.ts",
  "src/agent/run.ts",
  "src/node/config-check.ts",
  "src/node/home-lock-disk.ts",
  "src/node/home.ts",
  "src/node/journal-check.ts",
  "src/node/logtest-ruleset.ts",
  "src/node/package-disk.ts",
  "src/node/ruleset-check.ts",
  "src/node/run.ts",
  "src/node/trial.ts",
]);

interface Import {
  from: string;
  to: string;
}

function allImports(): Import[] {
  return productFiles().flatMap((from) => importsOf(from).map((to) => ({ from, to })));
}

const folderOf = (path: string): string => path.split("/")[1] ?? "";
const say = ({ from, to }: Import): string => `${from} imports ${to}`;

test("each folder imports only the folders below it", () => {
  const imports = allImports();
  ok(imports.length > 200, "the test reads the sources");
  const offences = imports.filter(({ from, to }) => {
    // What lies beside dist/ (package.json, ruleset/, the command) is found from one place.
    if (!to.startsWith("src/")) return from !== "src/node/package-disk.ts";
    return folderOf(from) !== folderOf(to) && !mayImport[folderOf(from)]?.includes(folderOf(to));
  });
  deepEqual(offences.map(say), []);
});

/** Files that are left when those that import none of the others have been taken away, again and again. */
function filesInCircles(): string[] {
  const left = new Map(productFiles().map((path) => [path, importsOf(path)]));
  for (let count = -1; count !== left.size;) {
    count = left.size;
    for (const [path, targets] of left) if (!targets.some((target) => left.has(target))) left.delete(path);
  }
  return [...left.keys()];
}

test("no files of src import one another in a circle, types included", () => {
  deepEqual(filesInCircles(), []);
});

test("every folder of src has its row in the table", () => {
  const folders = new Set(productFiles().map(folderOf));
  deepEqual(
    [...folders].filter((folder) => mayImport[folder] === undefined),
    [],
  );
});

test("the dashboard takes only the contract of the API", () => {
  const offences = allImports().filter(
    ({ from, to }) => folderOf(from) === "dashboard" && folderOf(to) === "api" && !to.startsWith("src/api/contract/"),
  );
  deepEqual(offences.map(say), []);
});

/** The page runs in a browser, where there is neither Node nor a schema: types leave nothing behind there. */
test("the dashboard takes types from the API, and nothing else", () => {
  const files = productFiles().filter((path) => folderOf(path) === "dashboard");
  ok(files.length > 20, "the test reads the page");
  const offences = files.flatMap((from) =>
    valueImportsOf(from)
      .filter((to) => folderOf(to) !== "dashboard")
      .map((to) => say({ from, to })),
  );
  deepEqual(offences, []);
});

test("no source of the dashboard but its tests imports a module of Node", () => {
  const files = productFiles().filter((path) => folderOf(path) === "dashboard");
  deepEqual(
    files.filter((path) => nodeModulesOf(path).length > 0),
    [],
  );
});

test("what runs in Node imports only packages that are installed with Argus, and the page only its own", () => {
  const { dependencies } = JSON.parse(readText("package.json")) as { dependencies: Record<string, string> };
  const ofPage = /^(?:preact|@preact\/signals|d3-[a-z]+(?:-[a-z]+)*)$/;
  const offences = productFiles().flatMap((path) =>
    packagesOf(path)
      .filter((name) => (folderOf(path) === "dashboard" ? !ofPage.test(name) : !Object.hasOwn(dependencies, name)))
      .map((name) => `${path} imports ${name}`),
  );
  deepEqual(offences, []);
});

test("the command enters the programs by their doors", () => {
  const offences = allImports().filter(
    ({ from, to }) => folderOf(from) === "cli" && ["node", "agent"].includes(folderOf(to)) && !programDoors.has(to),
  );
  deepEqual(offences.map(say), []);
});

test("nothing in src but its tests imports test/, and no test imports another test", () => {
  const offences: string[] = [];
  for (const from of projectFiles().filter(isTypeScript)) {
    for (const to of importsOf(from)) {
      if (isTest(to)) offences.push(say({ from, to }));
      if (from.startsWith("src/") && !isTest(from) && to.startsWith("test/")) offences.push(say({ from, to }));
    }
  }
  deepEqual(offences, []);
});
