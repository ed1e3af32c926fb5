/** Lines of a stream of pieces, without their ends; a line that spans pieces is put together. */
export class LineSplitter {
  #tail: Buffer = Buffer.alloc(0);

  push(piece: Buffer): Buffer[] {
    const bytes = this.#tail.length === 0 ? piece : Buffer.concat([this.#tail, piece]);
    const lines: Buffer[] = [];
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      lines.push(bytes.subarray(from, end));
      from = end + 1;
    }
    this.#tail = Buffer.from(bytes.subarray(from));
    return lines;
  }

  /** What follows the last line's end. */
  rest(): Buffer {
    return this.#tail;
  }
}
