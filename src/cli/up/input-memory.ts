/**
 * What a local cluster was given before: demo lines, or one feed. The end of a feed is told by how many events of the
 * workers were answered, and its account by what their followed files gave, so nothing else may be mixed into it.
 */
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { UsageError } from "../errors.ts";

const demo = "demo lines";

/** A feed is named by its path and size. */
function identityOf(feed: string | undefined): string {
  if (feed === undefined) return demo;
  return createHash("sha256")
    .update(`${feed}\0${statSync(feed).size}`)
    .digest("hex");
}

/** Remembers the input of the cluster in `dir`, or throws a `UsageError` when it was given another one before. */
export function rememberInput(dir: string, feed: string | undefined): void {
  const path = join(dir, "input.id");
  const identity = identityOf(feed);
  const before = existsSync(path) ? readFileSync(path, "utf8").trim() : undefined;
  if (before === undefined) writeFileSync(path, `${identity}\n`, { mode: 0o640 });
  else if (before !== identity) {
    const held = before === demo ? "demo lines" : "the feed of another file, or of this one before it changed";
    throw new UsageError(`${dir} holds ${held}; name another folder with --dir`);
  }
}
