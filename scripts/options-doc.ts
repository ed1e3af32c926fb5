/** Writes docs/operating/options.md from the tables of all stages: `node dist/scripts/options-doc.js`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { optionsDocument } from "../src/node/options-document.ts";

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  writeFileSync(join(process.cwd(), "docs", "operating", "options.md"), optionsDocument());
}
