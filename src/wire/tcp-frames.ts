/**
 * Messages out of a TCP stream: a length of four bytes, little-endian, and that many bytes (agent-protocol 2.1). Both
 * directions have the same frames, and chunks split and join them anywhere.
 *
 * Misbehaviour: a length of 0 or beyond the limit is a fault, and the connection must be closed, because nothing after
 * it can be framed. Nothing is allocated for a length: memory grows by doubling with the bytes that have come, at
 * most to one frame, and 4 KiB of it are kept between frames.
 */
import { assert } from "../base/assert.ts";
import { MESSAGE_BYTES_MAX } from "./secure-message.ts";

/** One frame's body: a view that is valid during the call. False: hand over no more, the stream is given up. */
export type FrameHandler = (message: Buffer) => boolean;

export type FrameFault = "frame_empty" | "frame_too_large";

const lengthBytes = 4;
/** A larger buffer is given back after its frame. */
const heldBytesKept = 4 * 1_024;

export class TcpFrames {
  readonly #onMessage: FrameHandler;
  readonly #frameBytesMax: number;
  /** The beginning of a frame, with its length in front: a copy, since a view would keep a chunk of 64 KiB alive. */
  #held = Buffer.alloc(0);
  #heldBytes = 0;

  constructor(onMessage: FrameHandler, frameBytesMax = MESSAGE_BYTES_MAX) {
    this.#onMessage = onMessage;
    this.#frameBytesMax = frameBytesMax;
  }

  /** Bytes in memory for this stream. */
  get heldBytes(): number {
    return this.#held.length;
  }

  /** Hands over the messages that `chunk` completes. After a fault the stream is unusable. */
  push(chunk: Buffer): FrameFault | undefined {
    let at = 0;
    while (at < chunk.length) {
      if (this.#heldBytes > 0) {
        const next = this.#complete(chunk, at);
        if (typeof next === "string") return next;
        if (next < 0) return undefined;
        at = next;
        continue;
      }
      if (chunk.length - at < lengthBytes) return this.#hold(chunk, at, chunk.length);
      const length = chunk.readUInt32LE(at);
      const fault = this.#faultOf(length);
      if (fault !== undefined) return fault;
      const end = at + lengthBytes + length;
      if (end > chunk.length) return this.#hold(chunk, at, chunk.length);
      if (!this.#onMessage(chunk.subarray(at + lengthBytes, end))) return undefined;
      at = end;
    }
    return undefined;
  }

  /** Adds to the frame that is held, from `at`. Where the next one begins; -1 when there is nothing more to do. */
  #complete(chunk: Buffer, at: number): number | FrameFault {
    let from = at;
    if (this.#heldBytes < lengthBytes) {
      from = Math.min(chunk.length, at + lengthBytes - this.#heldBytes);
      this.#hold(chunk, at, from);
      if (this.#heldBytes < lengthBytes) return -1;
      const fault = this.#faultOf(this.#held.readUInt32LE(0));
      if (fault !== undefined) return fault;
    }
    const wholeBytes = lengthBytes + this.#held.readUInt32LE(0);
    const end = Math.min(chunk.length, from + wholeBytes - this.#heldBytes);
    this.#hold(chunk, from, end);
    if (this.#heldBytes < wholeBytes) return -1;
    const message = this.#held.subarray(lengthBytes, wholeBytes);
    this.#heldBytes = 0;
    if (this.#held.length > heldBytesKept) this.#held = Buffer.alloc(0);
    return this.#onMessage(message) ? end : -1;
  }

  #faultOf(length: number): FrameFault | undefined {
    if (length === 0) return "frame_empty";
    return length > this.#frameBytesMax ? "frame_too_large" : undefined;
  }

  #hold(chunk: Buffer, from: number, to: number): undefined {
    const needed = this.#heldBytes + (to - from);
    if (needed > this.#held.length) {
      const size = Math.min(lengthBytes + this.#frameBytesMax, Math.max(needed, this.#held.length * 2));
      const larger = Buffer.allocUnsafeSlow(size);
      this.#held.copy(larger, 0, 0, this.#heldBytes);
      this.#held = larger;
    }
    chunk.copy(this.#held, this.#heldBytes, from, to);
    this.#heldBytes = needed;
  }
}

/** The message as it goes over TCP. */
export function frameOf(message: Uint8Array): Buffer {
  assert(message.length > 0 && message.length <= MESSAGE_BYTES_MAX, "a frame holds 1 to 65,536 bytes");
  const frame = Buffer.allocUnsafe(lengthBytes + message.length);
  frame.writeUInt32LE(message.length, 0);
  frame.set(message, lengthBytes);
  return frame;
}
