/** The decoders that are passed over, by the fingerprints of their texts: another text is another decoder. */
import type { ByteWriter } from "../base/bytes.ts";
import type { CompiledRuleset } from "./ruleset.ts";
import { writeText, type StatePart, type StateReader } from "./state-part.ts";
import { fingerprintOf } from "./watched-part.ts";

export class QuarantinedDecoders implements StatePart {
  readonly name = "quarantinedDecoders";
  /** Fingerprint → `FILE:LINE`, where it stood when it was quarantined. */
  readonly #places = new Map<string, string>();

  get places(): string[] {
    return [...this.#places.values()];
  }

  add(place: string, fingerprint: string): void {
    this.#places.set(fingerprint, place);
  }

  release(place: string): void {
    for (const [fingerprint, where] of this.#places) if (where === place) this.#places.delete(fingerprint);
  }

  /** A flag per decoder of the ruleset, or undefined where none is passed over; those that are gone are forgotten. */
  flagsOf({ decoders: { decoders } }: CompiledRuleset): Uint8Array | undefined {
    if (this.#places.size === 0) return undefined;
    const flags = new Uint8Array(decoders.length);
    const gone = new Set(this.#places.keys());
    for (const [index, decoder] of decoders.entries()) {
      const fingerprint = fingerprintOf(decoder);
      if (!this.#places.has(fingerprint)) continue;
      flags[index] = 1;
      gone.delete(fingerprint);
    }
    for (const fingerprint of gone) this.#places.delete(fingerprint);
    return this.#places.size === 0 ? undefined : flags;
  }

  write(writer: ByteWriter): void {
    if (this.#places.size === 0) return;
    writer.u32(this.#places.size);
    for (const [fingerprint, place] of this.#places) {
      writeText(writer, fingerprint);
      writeText(writer, place);
    }
  }

  read(reader: StateReader): void {
    reader.times(() => this.#places.set(reader.text(), reader.text()));
  }
}
