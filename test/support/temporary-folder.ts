/** Folders on the real disk for the tests of one file. They are removed when all of these have run. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

const made: string[] = [];
after(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A new, empty one, whose name holds `name`. */
export function newFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `argus-${name}-`));
  made.push(folder);
  return folder;
}
