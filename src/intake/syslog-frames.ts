/**
 * Messages out of a TCP stream of syslog (RFC 6587). Each message is framed by itself, so one stream may mix both:
 *
 *   octet counting   NONZERO-DIGIT *9DIGIT SP "<" …    that many bytes, counted from the "<"
 *   newline          anything else                     up to the next LF
 *
 *             ┌──────────── whole message ────────────┐
 *             ▼                                       │
 *   start ──first bytes──▶ line │ counted ────────────┘
 *                           └─over the limit─▶ skipping ──LF──▶ start
 *
 * A count is only believed when "<" follows: lines that begin with a date or a number are common, and RFC 6587 lets a
 * counted message begin with its PRI only. So `-1 `, `007 <`, `12<13>` and `12 text` are text of a line.
 *
 * Misbehaviour: a message longer than the limit is handed over cut and marked, its rest is skipped; a count beyond
 * `frameBytesMax` is a fault, and the connection must be closed because nothing after it can be framed. Nothing is
 * allocated for a count; what is held is at most `logBytesMax` per stream, and 4 KiB while a stream is idle.
 */

export interface FrameReceiver {
  /** One message; `bytes` is a view that is valid during the call. Line ends and PRI are still on it. */
  onMessage(bytes: Buffer, isTruncated: boolean): void;
}

export type FrameFault = "octet_count_too_large";

export interface FrameLimits {
  logBytesMax: number;
  frameBytesMax: number;
}

type Mode = "start" | "line" | "counted" | "skipping";

const lf = 0x0a;
const space = 0x20;
const lessThan = 0x3c;
/** Ten digits are already far beyond any frame that is accepted; more are no count but text. */
const digitsMax = 10;
/** A larger buffer is given back after its message. */
const heldBytesKept = 4 * 1_024;

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

export class SyslogFrames {
  readonly #receiver: FrameReceiver;
  readonly #limits: FrameLimits;
  #mode: Mode = "start";
  /**
   * Bytes of the current message that came with earlier chunks: a copy, since a view would keep a 64 KiB chunk alive.
   */
  #held: Buffer = Buffer.alloc(0);
  #heldBytes = 0;
  /** In `start`: the count read so far. In `counted`: bytes of the message that are still to come. */
  #count = 0;
  #digits = 0;
  #hasSpace = false;
  /** In `counted`: the message is longer than the limit, what is held is its beginning. */
  #isCut = false;

  constructor(receiver: FrameReceiver, limits: FrameLimits) {
    this.#receiver = receiver;
    this.#limits = limits;
  }

  /** Bytes in memory for this stream. */
  get heldBytes(): number {
    return this.#held.length;
  }

  /** Hands over the messages that `chunk` completes. After a fault the stream is unusable. */
  push(chunk: Buffer): FrameFault | undefined {
    let at = 0;
    while (at < chunk.length) {
      switch (this.#mode) {
        case "start":
          at = this.#begin(chunk, at);
          break;
        case "line":
          at = this.#readLine(chunk, at);
          break;
        case "counted":
          if (this.#count > this.#limits.frameBytesMax) return "octet_count_too_large";
          at = this.#readCounted(chunk, at);
          break;
        case "skipping": {
          const end = chunk.indexOf(lf, at);
          if (end < 0) return undefined;
          this.#mode = "start";
          at = end + 1;
        }
      }
    }
    return undefined;
  }

  /** The stream has ended: hands over what was received of a last message, marked as cut if its count says more. */
  end(): void {
    if (this.#heldBytes > 0) this.#finishHeld(this.#mode === "counted");
  }

  /** Looks at the first bytes until they say which framing it is. */
  #begin(chunk: Buffer, from: number): number {
    if (this.#digits === 0 && (chunk[from] === 0x30 || !isDigit(chunk[from]))) {
      this.#mode = "line";
      return from;
    }
    for (let at = from; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (byte !== undefined && isDigit(byte) && !this.#hasSpace && this.#digits < digitsMax) {
        this.#count = this.#count * 10 + (byte - 0x30);
        this.#digits += 1;
      } else if (byte === space && !this.#hasSpace) this.#hasSpace = true;
      else if (byte === lessThan && this.#hasSpace) {
        this.#mode = "counted";
        this.#forgetHeld();
        return at;
      } else {
        this.#mode = "line";
        return from;
      }
    }
    this.#hold(chunk, from, chunk.length);
    return chunk.length;
  }

  #readLine(chunk: Buffer, from: number): number {
    const found = chunk.indexOf(lf, from);
    const end = found < 0 ? chunk.length : found;
    const isOver = this.#heldBytes + (end - from) > this.#limits.logBytesMax;
    if (found >= 0 && this.#heldBytes === 0 && !isOver) {
      this.#restart();
      this.#receiver.onMessage(chunk.subarray(from, end), false);
      return end + 1;
    }
    this.#hold(chunk, from, end);
    if (found >= 0) this.#finishHeld(isOver);
    else if (isOver) {
      this.#finishHeld(true);
      this.#mode = "skipping";
    }
    return found < 0 ? chunk.length : found + 1;
  }

  #readCounted(chunk: Buffer, from: number): number {
    const end = from + Math.min(this.#count, chunk.length - from);
    const isWhole = end - from === this.#count;
    if (isWhole && this.#heldBytes === 0 && this.#count <= this.#limits.logBytesMax) {
      this.#restart();
      this.#receiver.onMessage(chunk.subarray(from, end), false);
      return end;
    }
    this.#count -= end - from;
    if (this.#heldBytes + (end - from) > this.#limits.logBytesMax) this.#isCut = true;
    this.#hold(chunk, from, end);
    if (isWhole) this.#finishHeld(this.#isCut);
    return end;
  }

  /** Copies what fits below the limit. The copy grows by doubling, so that one byte at a time costs no more in all. */
  #hold(chunk: Buffer, from: number, to: number): void {
    const count = Math.min(to - from, this.#limits.logBytesMax - this.#heldBytes);
    if (count <= 0) return;
    const needed = this.#heldBytes + count;
    if (needed > this.#held.length) {
      const larger = Buffer.allocUnsafeSlow(
        Math.min(this.#limits.logBytesMax, Math.max(needed, this.#held.length * 2)),
      );
      this.#held.copy(larger, 0, 0, this.#heldBytes);
      this.#held = larger;
    }
    chunk.copy(this.#held, this.#heldBytes, from, from + count);
    this.#heldBytes = needed;
  }

  #finishHeld(isTruncated: boolean): void {
    const message = this.#held.subarray(0, this.#heldBytes);
    this.#forgetHeld();
    this.#restart();
    this.#receiver.onMessage(message, isTruncated);
  }

  #forgetHeld(): void {
    this.#heldBytes = 0;
    if (this.#held.length > heldBytesKept) this.#held = Buffer.alloc(0);
  }

  #restart(): void {
    this.#mode = "start";
    this.#count = 0;
    this.#digits = 0;
    this.#hasSpace = false;
    this.#isCut = false;
  }
}
