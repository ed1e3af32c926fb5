/**
 * From where an agent may speak: the address in its line of client.keys, which is `any`, an address or a block
 * (agent-protocol 1.6, 2.2); files of old OSSEC managers may say `!10.0.0.1`, which is everything else.
 */
import { cidrContains, parseAddress, parseCidrs, type Cidr } from "../config/address.ts";

export class AllowedAddress {
  readonly #isAny: boolean;
  readonly #isNegated: boolean;
  readonly #blocks: readonly Cidr[];
  /** The address of the last question that was answered with yes: nearly always the next one. */
  #admitted = "";

  constructor(registered: string) {
    this.#isAny = registered === "any";
    this.#isNegated = registered.startsWith("!");
    this.#blocks = this.#isAny ? [] : parseCidrs(this.#isNegated ? registered.slice(1) : registered);
  }

  /** `address` as `AddressTexts` gives it. A registered text that is no address admits nobody. */
  admits(address: string): boolean {
    if (this.#isAny || address === this.#admitted) return true;
    const parsed = parseAddress(address);
    if (parsed === undefined || this.#blocks.length === 0) return false;
    const isAdmitted = this.#blocks.some((block) => cidrContains(block, parsed)) !== this.#isNegated;
    if (isAdmitted) this.#admitted = address;
    return isAdmitted;
  }
}

/** The registered address as events show it: without the length of a block (agent-protocol 4). */
export function shownAddress(registered: string): string {
  const slash = registered.indexOf("/");
  return slash < 0 ? registered : registered.slice(0, slash);
}

/** 4,096 texts of about 100 bytes; source addresses of datagrams can be forged, so there may be any number. */
const keptMax = 4_096;

/** Addresses of sockets in their usual form: an IPv4 address mapped into IPv6 is IPv4, a zone is left out. */
export class AddressTexts {
  readonly #kept = new Map<string, string>();

  of(ip: string): string {
    // An IPv4 socket names addresses in their usual form.
    if (!ip.includes(":")) return ip;
    const known = this.#kept.get(ip);
    if (known !== undefined) return known;
    const zoneAt = ip.indexOf("%");
    const text = parseAddress(zoneAt < 0 ? ip : ip.slice(0, zoneAt))?.text ?? ip;
    if (this.#kept.size >= keptMax) this.#kept.clear();
    this.#kept.set(ip, text);
    return text;
  }
}
