/** What the page's bundle may weigh, and what it may not hold: nothing in it may load or run what is not its own. */
import { deepEqual, ok } from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

const folder = "dist/dashboard";
const JS_GZ_BYTES_MAX = 70 * 1_024;
const CSS_GZ_BYTES_MAX = 14 * 1_024;

function bundleFiles(): string[] {
  ok(existsSync(folder), "dist/dashboard is built");
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /\.[a-z]+$/.test(name));
}

function gzBytes(extension: string): number {
  const files = bundleFiles().filter((name) => name.endsWith(extension));
  ok(files.length > 0, `there is a file ${extension}`);
  return files.reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name)), { level: 9 }).length, 0);
}

test(`the scripts have at most ${JS_GZ_BYTES_MAX} bytes, compressed`, (context) => {
  const bytes = gzBytes(".js");
  context.diagnostic(`${bytes} bytes`);
  ok(bytes <= JS_GZ_BYTES_MAX, `${bytes} bytes`);
});

test(`the styles have at most ${CSS_GZ_BYTES_MAX} bytes, compressed`, (context) => {
  const bytes = gzBytes(".css");
  context.diagnostic(`${bytes} bytes`);
  ok(bytes <= CSS_GZ_BYTES_MAX, `${bytes} bytes`);
});

test("there are scripts, styles, the markup and one icon: no fonts and no pictures", () => {
  const kinds = new Set(bundleFiles().map((name) => name.slice(name.lastIndexOf("."))));
  deepEqual([...kinds].sort(), [".css", ".html", ".js", ".svg"]);
});

test("nothing in it names another place, save the names of namespaces", () => {
  const offences: string[] = [];
  for (const name of bundleFiles()) {
    for (const [url] of readFileSync(join(folder, name), "utf8").matchAll(
      /(?:https?:)?\/\/[a-z0-9.-]+\.[a-z]{2,}[^\s"'`)]*/gi,
    )) {
      if (!/^https?:\/\/www\.w3\.org\/(?:2000\/svg|1999\/xhtml|1998\/Math\/MathML|1999\/xlink)$/.test(url))
        offences.push(`${name}: ${url}`);
    }
  }
  deepEqual(offences, []);
});

test("the markup holds neither a script nor a style of its own, as the content security policy demands", () => {
  const markup = readFileSync(join(folder, "index.html"), "utf8");
  deepEqual(markup.match(/<script(?![^>]*\ssrc=)[^>]*>|<style|\sstyle=|\son[a-z]+=|javascript:|data:/gi) ?? [], []);
});

test("no source of the page writes markup or evaluates text", () => {
  const offences: string[] = [];
  for (const name of readdirSync("src/dashboard", { recursive: true, encoding: "utf8" })) {
    if (!/\.tsx?$/.test(name) || name.endsWith(".test.ts")) continue;
    const found = readFileSync(join("src/dashboard", name), "utf8").match(
      /dangerouslySetInnerHTML|\b(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write|\beval\(|new Function\(|\sstyle=/g,
    );
    if (found !== null) offences.push(`${name}: ${found.join(", ")}`);
  }
  deepEqual(offences, []);
});
