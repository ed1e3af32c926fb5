/** The addresses that the `<srcip>` or `<dstip>` of a rule name (ruleset-spec 5.1). */
import { cidrContains, parseAddress, parseCidrs, type Cidr } from "../../config/address.ts";
import type { Flavour } from "../../syntax/pattern.ts";

interface Entry {
  blocks: readonly Cidr[];
  /** OSSEC: written with a `!` before it. */
  isExcluded: boolean;
}

/**
 * An address is in the set when one of the entries holds it. In OSSEC an entry may begin with `!`: the first entry that
 * holds the address then decides, and one that none holds is in a set which excludes some. In Wazuh the mark is
 * accepted and lost.
 */
export class AddressSet {
  readonly #entries: readonly Entry[];
  readonly #hasExcluded: boolean;
  /** The entries that are no address, block or `any`. */
  readonly unreadable: readonly string[];

  constructor(texts: readonly string[], flavour: Flavour) {
    this.#entries = texts.map((text) => {
      const isMarked = text.startsWith("!");
      return { blocks: parseCidrs(isMarked ? text.slice(1) : text), isExcluded: isMarked && flavour === "ossec" };
    });
    this.#hasExcluded = this.#entries.some(({ isExcluded }) => isExcluded);
    this.unreadable = texts.filter((_, index) => this.#entries[index]?.blocks.length === 0);
  }

  /** What is no address is held by no entry. */
  has(text: string): boolean {
    const address = parseAddress(text);
    if (address !== undefined) {
      for (const { blocks, isExcluded } of this.#entries) {
        for (const block of blocks) if (cidrContains(block, address)) return !isExcluded;
      }
    }
    return this.#hasExcluded;
  }
}
