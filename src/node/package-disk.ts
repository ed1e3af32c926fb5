/** The installed package itself: its version, and the ruleset that comes with it. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { must } from "../base/assert.ts";

/** This file is `dist/src/node/package-disk.js` wherever the package is installed. */
export const packageFolder = fileURLToPath(new URL("../../../", import.meta.url));

/** The folder `ruleset/` of the package. */
export const shippedRuleset = fileURLToPath(new URL("../../../ruleset/", import.meta.url)).replace(/\/$/, "");

export const commandFile = fileURLToPath(new URL("../../../bin/argus.js", import.meta.url));

function readVersion(): string {
  const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  return must(/"version":\s*"([^"]+)"/.exec(text)?.[1], "package.json names no version");
}

export const argusVersion = readVersion();
