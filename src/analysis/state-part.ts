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

/** UTF-8 after a 32-bit length. Byte strings survive it, since each of their units is a character. */
export function writeText(writer: ByteWriter, text: string): void {
  writer.bytes32(Buffer.from(text, "utf8"));
}

export class StateReader extends ByteReader {
  text(): string {
    return this.bytes32().toString("utf8");
  }

  /** Reads a count and calls `read` so often, unless the bytes end before. */
  times(read: () => void): void {
    for (let left = this.u32(); left > 0 && !this.isBroken; left -= 1) read();
  }
}
