/** Compresses batches on the thread pool, few at a time: each brotli encoder takes a megabyte or two while it works. */
import { brotliCompress, constants, type BrotliOptions } from "node:zlib";
import { CODEC_BROTLI, CODEC_NONE } from "./record.ts";

export interface Compressed {
  codec: number;
  payload: Buffer;
}

type Done = (compressed: Compressed) => void;

/** One at the writer's heels and one ahead of it; a third gains nothing on two cores. */
const concurrentMax = 2;
/** A window of 256 KiB is a whole batch. */
const windowBits = 18;

export class Compressor {
  readonly #waiting: { payload: Buffer; done: Done }[] = [];
  #working = 0;

  /** Calls `done` once, later, in no particular order. Never fails: what brotli cannot shrink stays as it is. */
  compress(payload: Buffer, done: Done): void {
    this.#waiting.push({ payload, done });
    this.#next();
  }

  #next(): void {
    if (this.#working >= concurrentMax) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    this.#working += 1;
    brotliCompress(job.payload, optionsFor(job.payload), (error, compressed) => {
      this.#working -= 1;
      const isSmaller = error === null && compressed.length < job.payload.length;
      job.done(isSmaller ? { codec: CODEC_BROTLI, payload: compressed } : { codec: CODEC_NONE, payload: job.payload });
      this.#next();
    });
  }
}

function optionsFor(payload: Buffer): BrotliOptions {
  return {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 1,
      [constants.BROTLI_PARAM_LGWIN]: windowBits,
      [constants.BROTLI_PARAM_SIZE_HINT]: payload.length,
    },
  };
}
