/**
 * Who may send syslog, and as what source his events are known. The answer for an address is kept, since a listener
 * asks for every datagram; the addresses of datagrams can be forged, so what is kept is bounded and the oldest answer
 * gives way.
 */
import { cidrContains, parseAddress, type Cidr } from "../config/address.ts";
import type { Source } from "../model/event.ts";

export interface Sender {
  isAllowed: boolean;
  source: Source;
}

/** 8,192 answers of about 300 bytes: 2.4 MB at most, and more senders than one listener serves. */
const keptMax = 8_192;

export class Senders {
  readonly #allowed: readonly Cidr[];
  readonly #denied: readonly Cidr[];
  readonly #kept = new Map<string, Sender>();
  readonly #keptMax: number;

  constructor(allowed: readonly Cidr[], denied: readonly Cidr[], limit = keptMax) {
    this.#allowed = allowed;
    this.#denied = denied;
    this.#keptMax = limit;
  }

  /** How many answers are kept. */
  get kept(): number {
    return this.#kept.size;
  }

  /** `ip` as the socket names it: perhaps an IPv4 address mapped into IPv6, perhaps with a zone (`fe80::1%eth0`). */
  of(ip: string): Sender {
    const known = this.#kept.get(ip);
    if (known !== undefined) return known;
    const sender = this.#judge(ip);
    if (this.#kept.size >= this.#keptMax) {
      for (const oldest of this.#kept.keys()) {
        this.#kept.delete(oldest);
        break;
      }
    }
    this.#kept.set(ip, sender);
    return sender;
  }

  #judge(ip: string): Sender {
    const zoneAt = ip.indexOf("%");
    const address = parseAddress(zoneAt < 0 ? ip : ip.slice(0, zoneAt));
    const isAllowed =
      address !== undefined &&
      this.#allowed.some((block) => cidrContains(block, address)) &&
      !this.#denied.some((block) => cidrContains(block, address));
    // The sender's address is the location of his events (ruleset-spec 1.1); agent 000 is the node that took them in.
    const location = address?.text ?? ip;
    return { isAllowed, source: { queue: "2", agentId: "000", agentName: "", agentIp: "", location } };
  }
}
