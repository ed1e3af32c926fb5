/**
 * The master's end of a session's blobs: one at a time, one piece on its way (docs/protocol/link.md 6.3).
 *
 *   idle ──want──▶ opening ──opened──▶ held ──room──▶ reading ──read──▶ sending ──drained──▶ held …
 *                                                                └─ the last ─▶ ending ──drained──▶ idle
 *
 * The worker may ask for the next one as soon as it has the last piece, which may be before the connection says that it
 * has taken it: such a `want` waits. So a worker that does not read never makes more wait than one answer.
 *
 * Pure but for the allowance, which is the node's; the caller passes the time in and carries the actions out.
 */
import type { Bucket } from "./bucket.ts";
import { PIECE_BYTES_MAX, type Piece } from "./frames.ts";
import type { BlobMessage } from "./wire.ts";

/** What is on its way: of `sha256`, from `offset` on. */
interface Open {
  /** `held`: waits for its allowance. */
  readonly name: "held" | "reading" | "sending";
  readonly sha256: string;
  readonly offset: number;
  readonly total: number;
}

export type BlobSupplyState =
  | { readonly name: "idle" }
  | { readonly name: "opening"; readonly sha256: string; readonly offset: number }
  | { readonly name: "ending"; readonly next: (BlobSupplyInput & { type: "want" }) | undefined }
  | Open;

export type BlobSupplyInput =
  | { type: "want"; sha256: string; offset: number }
  /** `undefined`: the master does not have it. */
  | { type: "opened"; total: number | undefined }
  /** `undefined`: it is there no more. */
  | { type: "read"; bytes: Buffer | undefined }
  | { type: "drained" }
  | { type: "tick" };

export type BlobSupplyAction =
  | { type: "open"; sha256: string }
  | { type: "read"; offset: number; length: number }
  | { type: "piece"; piece: Piece }
  | { type: "send"; message: BlobMessage }
  | { type: "close"; reason: "out_of_turn" };

type Step = [BlobSupplyState, BlobSupplyAction[]];

const idle: BlobSupplyState = { name: "idle" };
const ending: BlobSupplyState = { name: "ending", next: undefined };

export const newBlobSupply: BlobSupplyState = idle;

export function stepBlobSupply(state: BlobSupplyState, input: BlobSupplyInput, nowMs: number, supplied: Bucket): Step {
  switch (input.type) {
    case "want":
      if (state.name === "ending" && state.next === undefined) return [{ name: "ending", next: input }, []];
      if (state.name !== "idle") return [state, [{ type: "close", reason: "out_of_turn" }]];
      // Also of one that is missing: to look costs something, and so does an answer.
      supplied.take(PIECE_BYTES_MAX, nowMs);
      return [
        { name: "opening", sha256: input.sha256, offset: input.offset },
        [{ type: "open", sha256: input.sha256 }],
      ];
    case "opened":
      if (state.name !== "opening") return [state, []];
      // An offset behind the end is of another blob of that name, which there cannot be.
      if (input.total === undefined || input.total < state.offset) return missing(state.sha256);
      return readNext({ ...state, name: "held", total: input.total }, nowMs, supplied);
    case "read":
      return state.name === "reading" ? onRead(state, input.bytes, nowMs, supplied) : [state, []];
    case "drained":
      if (state.name === "sending") return readNext({ ...state, name: "held" }, nowMs, supplied);
      if (state.name !== "ending") return [state, []];
      return state.next === undefined ? [idle, []] : stepBlobSupply(idle, state.next, nowMs, supplied);
    case "tick":
      return state.name === "held" ? readNext(state, nowMs, supplied) : [state, []];
  }
}

function missing(sha256: string): Step {
  return [ending, [{ type: "send", message: { type: "missing", body: { sha256 } } }]];
}

function readNext(state: Open, nowMs: number, supplied: Bucket): Step {
  if (supplied.isOver(nowMs)) return [state, []];
  const length = Math.min(PIECE_BYTES_MAX, state.total - state.offset);
  return [{ ...state, name: "reading" }, [{ type: "read", offset: state.offset, length }]];
}

function onRead(state: Open, bytes: Buffer | undefined, nowMs: number, supplied: Bucket): Step {
  const { sha256, offset, total } = state;
  if (bytes === undefined || offset + bytes.length > total || (bytes.length === 0 && offset < total)) {
    return missing(sha256);
  }
  supplied.take(bytes.length, nowMs);
  const end = offset + bytes.length;
  const next: BlobSupplyState = end === total ? ending : { ...state, name: "sending", offset: end };
  return [next, [{ type: "piece", piece: { sha256, offset, total, bytes } }]];
}
