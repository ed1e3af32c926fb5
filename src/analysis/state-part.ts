/**
 * How what an engine remembers is written and read: the seam between a mechanism that remembers something of its own
 * and the state (state.ts), which puts all of them into a checkpoint.
 */
import { ByteReader, type ByteWriter } from "../base/bytes.ts";

/** What rules need to be known by to keep their state: the rule, and the fingerprint of its text. */
export type FingerprintOf = (ruleId: number) => string | undefined;

/** What one mechanism remembers beside the windows. Equal contents must give equal bytes. */
export interface StatePart {
  /** Under it the part stands in the state; never changed. */
  readonly name: string;
  /** Writes nothing when it is empty. */
  write(writer: ByteWriter): void;
  /** Fills a part that is empty; throws `CheckpointError` where the bytes are not its own. */
  read(reader: StateReader): void;
}

/** Set in the length of a text that is no byte string. */
const wideBit = 0x8000_0000;
const wideUnit = /[^\u0000-\u00ff]/;

/**
 * After a 32-bit length the bytes of a byte string, which nearly all texts are; any other as UTF-8, with `wideBit` in
 * its length.
 */
export function writeText(writer: ByteWriter, text: string): void {
  if (wideUnit.test(text)) {
    const bytes = Buffer.from(text, "utf8");
    writer.u32(wideBit + bytes.length).raw(bytes);
  } else writer.u32(text.length).latin1(text);
}

export class StateReader extends ByteReader {
  /** Texts of a state before version 4 are UTF-8, each of them. */
  readonly areTextsWide: boolean;

  constructor(bytes: Uint8Array, areTextsWide = false) {
    super(bytes);
    this.areTextsWide = areTextsWide;
  }

  text(): string {
    const length = this.u32();
    if (this.areTextsWide) return this.raw(length).toString("utf8");
    return length < wideBit ? this.raw(length).toString("latin1") : this.raw(length - wideBit).toString("utf8");
  }

  /** Reads a count and calls `read` so often, unless the bytes end before. */
  times(read: () => void): void {
    for (let left = this.u32(); left > 0 && !this.isBroken; left -= 1) read();
  }
}
