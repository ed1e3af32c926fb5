/** On a worker: every merged.mg that agents may be given is fetched from the master, before an agent needs it. */
import { pause, type Clock } from "../base/clock.ts";
import { describeError } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import type { Service } from "../base/service.ts";
import type { BlobSink, FetchResult } from "../link/agent-needs.ts";
import { BLOB_BYTES_MAX, type BlobDisk } from "../registry/blob-disk.ts";
import type { Agents } from "../registry/needs.ts";

export interface MergedFetchOptions {
  readonly agents: Agents;
  readonly blobs: BlobDisk;
  readonly clock: Clock;
  readonly log: Log;
  fetch(sha256: string, sink: BlobSink): Promise<FetchResult>;
}

/** What could not be had is asked for again. */
const retryMs = 10_000;

export class MergedFetch implements Service {
  readonly name = "merged files";
  readonly #options: MergedFetchOptions;
  #changed = new AbortController();

  constructor(options: MergedFetchOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { agents, clock } = this.#options;
    const end = agents.onChanged((changed) => {
      if (changed.some(({ kind }) => kind === "merged")) this.#changed.abort();
    });
    try {
      while (!signal.aborted) {
        this.#changed = new AbortController();
        await this.#fetchAll(signal);
        await pause(clock, retryMs, AbortSignal.any([signal, this.#changed.signal]));
      }
    } finally {
      end();
    }
  }

  async #fetchAll(signal: AbortSignal): Promise<void> {
    const { agents, blobs, log } = this.#options;
    try {
      const wanted = agents.allMerged();
      for (const { sha256, groups } of await blobs.missing(wanted)) {
        if (signal.aborted) return;
        const result = await this.#fetchOne(sha256, signal);
        if (result === "too_long") log.error(`merged.mg of ${groups} is longer than a node takes; it is not fetched.`);
      }
      const sums = new Set(agents.allMerged().map(({ sha256 }) => sha256));
      // Before the registry's first records there is nothing to go by.
      if (sums.size > 0) await blobs.keepOnly(sums);
    } catch (error) {
      log.warning(`The files of agents' groups cannot be kept here, and are tried again: ${describeError(error)}.`);
    }
  }

  /** A stop does not wait for a master that is away. */
  async #fetchOne(sha256: string, signal: AbortSignal): Promise<FetchResult> {
    const { blobs, fetch } = this.#options;
    let offset = await blobs.fetched(sha256);
    const fetched = fetch(sha256, {
      bytesMax: BLOB_BYTES_MAX,
      offset: () => offset,
      async take(from, bytes) {
        if (!(await blobs.add(sha256, from, bytes)))
          throw new Error(`a piece of ${sha256} does not follow the one before`);
        offset = from + bytes.length;
      },
    });
    const stopped = new Promise<"ended">((resolve) => {
      if (signal.aborted) resolve("ended");
      signal.addEventListener("abort", () => resolve("ended"), { once: true });
    });
    const result = await Promise.race([fetched, stopped]);
    if (result === "whole" && !(await blobs.finish(sha256))) return "missing"; // Damaged: it is fetched anew.
    return result;
  }
}
