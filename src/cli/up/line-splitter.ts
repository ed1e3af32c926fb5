/**
 * Lines of a stream of pieces, without their ends; a line that spans pieces is put together. Of a line beyond the limit
 * only the beginning is kept, so memory is bounded and each byte is looked at once, whatever the stream holds.
 */
export class LineSplitter {
  readonly #lineBytesMax: number;
  #kept: Buffer[] = [];
  #keptBytes = 0;

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }

  /** The lines that `piece` completes; they may be views into it. */
  push(piece: Buffer): Buffer[] {
    const lines: Buffer[] = [];
    let from = 0;
    for (let end = piece.indexOf(10); end >= 0; end = piece.indexOf(10, from)) {
      const bytes = piece.subarray(from, end);
      if (this.#keptBytes === 0) lines.push(bytes.subarray(0, this.#lineBytesMax));
      else {
        this.#keep(bytes);
        lines.push(this.rest());
      }
      from = end + 1;
    }
    this.#keep(piece.subarray(from));
    return lines;
  }

  /** Takes what follows the last line's end. */
  rest(): Buffer {
    const line = Buffer.concat(this.#kept);
    this.#kept = [];
    this.#keptBytes = 0;
    return line;
  }

  #keep(bytes: Buffer): void {
    const room = Math.min(bytes.length, this.#lineBytesMax - this.#keptBytes);
    if (room <= 0) return;
    this.#kept.push(Buffer.from(bytes.subarray(0, room))); // A copy: the stream may use its memory again.
    this.#keptBytes += room;
  }
}
