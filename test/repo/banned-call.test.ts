/**
 * Time, chance, sockets, files, threads and the end of the process are doubled in tests, so the product reaches them in
 * few places only: base/, files whose name says so, and the programs.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { codeOf, isTypeScript, nodeModulesOf, productFiles, projectFiles, readText } from "../support/source.ts";

const mayReachTheWorld =
  /^src\/(?:base|node|cli|agent)\/|-(?:connection|disk|thread|process)\.ts$|^src\/dashboard\/browser\.ts$/;

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

const browser = "Browser of src/dashboard/needs.ts";
const textNode = "a text node: what is shown comes from strangers";

/** In the page, besides: its browser's world, and whatever would make markup or code of a text. */
const bannedInPage: readonly { pattern: RegExp; instead: string }[] = [
  { pattern: /\b(?:fetch|requestAnimationFrame|requestIdleCallback)\s*\(/, instead: browser },
  { pattern: /\b(?:EventSource|XMLHttpRequest|WebSocket|sendBeacon|BroadcastChannel)\b/, instead: browser },
  { pattern: /\b(?:localStorage|sessionStorage|indexedDB|cookie|visibilityState)\b/, instead: browser },
  {
    pattern:
      /(?:\b(?:window|globalThis|document)\.|(?<![\w.]))location\.(?:search|href|hash|pathname|assign|replace|reload)\b/,
    instead: browser,
  },
  { pattern: /\b(?:matchMedia|getSelection|ownerDocument|clipboard)\b/, instead: browser },
  { pattern: /(?<![\w.])(?:document|navigator)\??\./, instead: browser },
  { pattern: /\bhistory\.(?:pushState|replaceState|back|forward|go)\b/, instead: browser },
  { pattern: /\b(?:dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|srcdoc)\b/, instead: textNode },
  { pattern: /\bdocument\.write|\beval\s*\(|\bnew Function\b|\bDOMParser\b/, instead: textNode },
  { pattern: /\sstyle=/, instead: "a class: the page's policy forbids styles in the markup" },
];

interface Ban {
  pattern: RegExp;
  instead: string;
}

/** Lines of code that have what is banned, as `path:line has …`. */
function offencesOf(path: string, source: string, bans: readonly Ban[]): string[] {
  return codeOf(source)
    .split("\n")
    .flatMap((line, index) =>
      bans
        .filter(({ pattern }) => pattern.test(line))
        .map(({ pattern, instead }) => `${path}:${index + 1} has ${pattern.source}; use ${instead}`),
    );
}

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
  const offences = productFiles()
    .filter((path) => !mayReachTheWorld.test(path))
    .flatMap((path) => offencesOf(path, readText(path), bannedCalls));
  deepEqual(offences, []);
});

test("the page reaches its browser in one place, and makes no markup of a text", () => {
  const files = productFiles().filter((path) => path.startsWith("src/dashboard/") && !mayReachTheWorld.test(path));
  ok(files.length > 20, "the test reads the page");
  deepEqual(
    files.flatMap((path) => offencesOf(path, readText(path), bannedInPage)),
    [],
  );
});

test("Node's modules are imported by their full name", () => {
  const offences: string[] = [];
  for (const path of projectFiles().filter(isTypeScript)) {
    if (/from "(?:fs|net|path|os|crypto|zlib|events|stream|util|buffer|url)"/.test(readText(path))) offences.push(path);
  }
  deepEqual(offences, []);
});

test("no check is switched off in a source", () => {
  const switches = /@ts-(?:ignore|expect-error|nocheck)|(?:oxlint|eslint)-disable|prettier-ignore|oxfmt-ignore/;
  const offences = projectFiles()
    .filter((path) => /\.(?:tsx?|js|mjs)$/.test(path) && path !== "test/repo/banned-call.test.ts")
    .filter((path) => switches.test(readText(path)));
  deepEqual(offences, []);
});

test("a time bomb in a source would be found", () => {
  const found = offencesOf("a.ts", "const a = 'Date.now()'; // setTimeout(\nconst at = Date.now();", bannedCalls);
  deepEqual(found, ["a.ts:2 has \\bDate\\.now\\b; use Clock of base/clock.ts"]);
});

const findings: [code: string, isOffence: boolean][] = [
  ["const reply = await fetch(path);", true],
  ["const source = new EventSource(path);", true],
  ['localStorage.setItem("a", "b");', true],
  ["const at = location.search;", true],
  ["window.location.href = next;", true],
  ["history.replaceState(null, next);", true],
  ["<b dangerouslySetInnerHTML={{ __html: log }} />", true],
  ["<td style={{ width }} />", true],
  ['if (document.visibilityState === "hidden") wait();', true],
  ['const narrow = matchMedia("(max-width: 720px)");', true],
  ["await navigator.clipboard.writeText(text);", true],
  ["const selection = element.ownerDocument.getSelection();", true],
  ['document.getElementById("page");', true],
  ["delete document.documentElement.dataset.theme;", true],
  ["const window = spans[range];", false],
  ["const { location } = alert;", false],
  ["senderOf(alert.location.replace(x, y));", false],
  ["<p>location is a column</p>", false],
  ["browser.replaceSearch(next);", false],
];

for (const [code, isOffence] of findings) {
  test(`in the page, ${code} is ${isOffence ? "found" : "let through"}`, () =>
    equal(offencesOf("a.tsx", code, bannedInPage).length > 0, isOffence));
}
