/**
 * Who may hold a place before authentication: docs/protocol/link.md section 3.2. Pure bookkeeping over whatever stands
 * for a connection; the sockets are in gate-connection.ts.
 */

export interface GateLimits {
  /** Unauthenticated connections in all, known addresses apart. */
  readonly placesMax: number;
  /** Of one source address; also what each known address has of its own. */
  readonly placesPerAddressMax: number;
  /** From accept to the proof of the key. */
  readonly authenticationMsMax: number;
}

export const gateLimits: GateLimits = { placesMax: 64, placesPerAddressMax: 4, authenticationMsMax: 5_000 };

export interface Place {
  readonly address: string;
  /** It has sent a whole ClientHello, so it does not give way to a newcomer. */
  hasHello: boolean;
}

/** `evicted` gives way; the newcomer is refused when there is neither room nor anybody who gives way. */
export type Entry<P> = { isAdmitted: true; evicted: P | undefined } | { isAdmitted: false };

export class Gate<P extends Place> {
  readonly #limits: GateLimits;
  /** In order of arrival. */
  readonly #places = new Set<P>();

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#places.size;
  }

  /** `isKnown` says of an address whether it has places of its own. */
  enter(newcomer: P, isKnown: (address: string) => boolean): Entry<P> {
    const ofAddress = [...this.#places].filter(({ address }) => address === newcomer.address);
    let evicted: P | undefined;
    if (ofAddress.length >= this.#limits.placesPerAddressMax) {
      evicted = ofAddress.find(({ hasHello }) => !hasHello);
      if (evicted === undefined) return { isAdmitted: false };
    } else if (!isKnown(newcomer.address)) {
      const strangers = [...this.#places].filter(({ address }) => !isKnown(address));
      if (strangers.length >= this.#limits.placesMax) {
        evicted = strangers.find(({ hasHello }) => !hasHello);
        if (evicted === undefined) return { isAdmitted: false };
      }
    }
    if (evicted !== undefined) this.#places.delete(evicted);
    this.#places.add(newcomer);
    return { isAdmitted: true, evicted };
  }

  /** It has proven the key, or is gone. */
  leave(place: P): boolean {
    return this.#places.delete(place);
  }

  all(): P[] {
    return [...this.#places];
  }
}
