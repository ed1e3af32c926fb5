/** The installed package itself: its version, and the ruleset and the page that come with it. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { must } from "../base/assert.ts";
import { errnoOf } from "../base/error.ts";
import { notBuilt, pageFilesOf, type PageFiles } from "../api/page-file.ts";

/** The folder `ruleset/` of the package: this file is `dist/src/node/package-disk.js` wherever that is installed. */
export const shippedRuleset = fileURLToPath(new URL("../../../ruleset/", import.meta.url)).replace(/\/$/, "");

export const commandFile = fileURLToPath(new URL("../../../bin/argus.js", import.meta.url));

function readVersion(): string {
  const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  return must(/"version":\s*"([^"]+)"/.exec(text)?.[1], "package.json names no version");
}

export const argusVersion = readVersion();

/** What scripts/prepare.mjs has vite make. */
const pageFolder = fileURLToPath(new URL("../../dashboard/", import.meta.url));

/** The page's files as they stand in `folder` now. Where it was not built, the page says so. */
export function readPageFiles(folder = pageFolder): PageFiles {
  try {
    const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const files = pageFilesOf(
      found.map(({ parentPath, name }) => {
        const path = join(parentPath, name);
        return [relative(folder, path).split(sep).join("/"), readFileSync(path)] as const;
      }),
    );
    return files.has("/") ? files : notBuilt;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return notBuilt;
    throw error;
  }
}
