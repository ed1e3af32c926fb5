/**
 * What an engine says it is at, as one number in memory that a supervisor shares: whoever kills a hanging engine knows
 * by it what to quarantine. A rule is its id, which is 1 at least; a decoder is its place in the load order, counted
 * down from `firstDecoder`. `remembering`: the answer stands and its event is put into memory. How long that takes is
 * for what is remembered already to say, and no rule's doing; beyond any id.
 */
export const watching = { idle: -1, decoding: 0, firstDecoder: -2, remembering: 0x7fff_ffff } as const;

/** Where a walk says which decoder is at work, and which ones it may not run. */
interface WatchedWalk {
  watch: Int32Array;
  /** Hears of each decoder that is at work; undefined: nobody measures. */
  meter: { decoderBegins(index: number): void } | undefined;
  passedOver: Uint8Array | undefined;
}

/** Says that the decoder is at work; false for one that is passed over. */
export function isAtWork({ watch, passedOver, meter }: WatchedWalk, { index }: { index: number }): boolean {
  watch[0] = watching.firstDecoder - index;
  if (meter !== undefined) meter.decoderBegins(index);
  return passedOver === undefined || passedOver[index] !== 1;
}
