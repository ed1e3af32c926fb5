/** Which feed a local cluster was given: a second one in the same journal could not be told from it. */
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../errors.ts";
import { feedIdentity } from "./local-homes.ts";

export class FeedMemory {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Remembers the feed, or throws a `UsageError` when another one was dealt into this cluster before. */
  expect(feed: string): void {
    const path = join(this.#dir, "feed.id");
    const identity = feedIdentity(feed, statSync(feed).size);
    if (!existsSync(path)) writeFileSync(path, `${identity}\n`, { mode: 0o640 });
    else if (readFileSync(path, "utf8").trim() !== identity) {
      throw new UsageError(`${this.#dir} holds the feed of another file, or of this one before it changed; use another --dir`);
    }
  }
}
