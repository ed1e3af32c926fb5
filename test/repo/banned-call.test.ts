/**
 * Time, chance, sockets, files, threads and the end of the process are doubled in tests, so the product reaches them in
 * few places only: base/, files whose name says so, and the programs.
 */
import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { codeOf, nodeModulesOf, productFiles, projectFiles, readText } from "../support/source.ts";

const mayReachTheWorld = /^src\/(?:base|node|cli|agent)\/|-(?:connection|disk|thread|process)\.ts$/;

const bannedModules: Readonly<Record<string, string>> = {
  net: "a transport from needs.ts, or a *-connection.ts",
  tls: "a *-connection.ts",
  dgram: "a *-connection.ts",
  http: "a *-connection.ts",
  http2: "a *-connection.ts",
  https: "a *-connection.ts",
  fs: "Disk of base/disk.ts, or a *-disk.ts",
  "fs/promises": "Disk of base/disk.ts, or a *-disk.ts",
  worker_threads: "a *-thread.ts",
  child_process: "a *-process.ts",
  timers: "Clock of base/clock.ts",
  "timers/promises": "Clock of base/clock.ts",
};

const bannedCalls: readonly { pattern: RegExp; instead: string }[] = [
  { pattern: /\bDate\.now\b/, instead: "Clock of base/clock.ts" },
  { pattern: /\bnew Date\(\s*\)/, instead: "Clock of base/clock.ts" },
  { pattern: /\bperformance\.now\b/, instead: "Clock of base/clock.ts" },
  { pattern: /\bprocess\.hrtime\b/, instead: "Clock of base/clock.ts" },
  { pattern: /\bset(?:Timeout|Interval)\s*\(/, instead: "Clock of base/clock.ts" },
  { pattern: /\bMath\.random\b/, instead: "Random of base/random.ts" },
  { pattern: /\brandom(?:Bytes|UUID|Int|FillSync)\b/, instead: "Random of base/random.ts" },
  { pattern: /\bprocess\.exit\b/, instead: "an error that the program hears of" },
];

test("sockets, files, threads and processes are reached only where the file's name says so", () => {
  const offences: string[] = [];
  for (const path of productFiles()) {
    if (mayReachTheWorld.test(path)) continue;
    for (const name of nodeModulesOf(path)) {
      const instead = bannedModules[name];
      if (instead !== undefined) offences.push(`${path} imports node:${name}; use ${instead}`);
    }
  }
  deepEqual(offences, []);
});

test("time, chance and the end of the process are reached only where the file's name says so", () => {
  const offences: string[] = [];
  for (const path of productFiles()) {
    if (mayReachTheWorld.test(path)) continue;
    codeOf(readText(path))
      .split("\n")
      .forEach((line, index) => {
        for (const { pattern, instead } of bannedCalls) {
          if (pattern.test(line)) offences.push(`${path}:${index + 1} has ${pattern.source}; use ${instead}`);
        }
      });
  }
  deepEqual(offences, []);
});

test("Node's modules are imported by their full name", () => {
  const offences: string[] = [];
  for (const path of projectFiles().filter((name) => name.endsWith(".ts"))) {
    if (/from "(?:fs|net|path|os|crypto|zlib|events|stream|util|buffer|url)"/.test(readText(path))) offences.push(path);
  }
  deepEqual(offences, []);
});

test("no check is switched off in a source", () => {
  const switches = /@ts-(?:ignore|expect-error|nocheck)|(?:oxlint|eslint)-disable|prettier-ignore|oxfmt-ignore/;
  const offences = projectFiles()
    .filter((path) => /\.(?:ts|js|mjs)$/.test(path) && path !== "test/repo/banned-call.test.ts")
    .filter((path) => switches.test(readText(path)));
  deepEqual(offences, []);
});

test("a time bomb in a source would be found", () => {
  const code = codeOf("const a = 'Date.now()'; // setTimeout(\nconst at = Date.now();");
  ok(!bannedCalls.some(({ pattern }) => pattern.test(code.split("\n")[0] ?? "")));
  ok(bannedCalls.some(({ pattern }) => pattern.test(code.split("\n")[1] ?? "")));
});
