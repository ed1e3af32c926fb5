/** Every limit of the link, as a parameter so that a test can reach it. */

export interface LinkLimits {
  /** Unacknowledged bytes that a worker ships ahead. */
  readonly inFlightBytesMax: number;
  /** Bytes of one worker that the master holds while its journal stores them; beyond it the stream is not read. */
  readonly storingBytesMax: number;
  /** One read of the spool. */
  readonly readBytesMax: number;
  readonly heartbeatMs: number;
  /** Nothing heard for longer than this closes the session. */
  readonly silenceMsMax: number;
  /** From the proof of the key to a live session. */
  readonly joiningMsMax: number;
  /** Clock measurements before the first batch. */
  readonly pingsBeforeLive: number;
  /** A peer that does not read its control streams is let go when this much waits for it. */
  readonly controlBytesMax: number;
  /**
   * A worker may send a status or a pong every so often over the long run, and so many ahead of that, as when they were
   * held up on their way. More of them close its session: each costs the master's main thread time, and lines of
   * cluster.log.
   */
  readonly messageMsMin: number;
  readonly messagesAheadMax: number;
  /** What a worker may ask of its master by way of agents, in the units of docs/protocol/link.md 6.2. */
  readonly askedPerSecond: number;
  readonly askedAheadMax: number;
  /** Messages of a worker that wait for an answer, and their bytes; beyond either its stream is not read. */
  readonly unansweredMax: number;
  readonly unansweredBytesMax: number;
  /** How long a worker waits for an answer, and a master for that of a delivery. */
  readonly answerMsMax: number;
  /** A worker that has not taken what was sent to it of agents for so long is let go. */
  readonly stuckMsMax: number;
  /** Deliveries on their way to a worker, and their bytes; beyond either the next one is refused. */
  readonly deliveriesMax: number;
  readonly deliveriesBytesMax: number;
  /** Records and pieces that a worker has taken and its disk has not; beyond it the stream is not read. */
  readonly applyingBytesMax: number;
  /** Records of one page: as many, and as many bytes of JSON. */
  readonly pageCountMax: number;
  readonly pageBytesMax: number;
  /** Pages and pieces that a worker may have of its master. */
  readonly suppliedBytesPerSecond: number;
  readonly suppliedBytesAheadMax: number;
  /** Back-off of a dialler. */
  readonly dialFirstMs: number;
  readonly dialMostMs: number;
}

export const linkLimits: LinkLimits = {
  inFlightBytesMax: 4_194_304, // 60,000 lines/s compress to 3 MB/s: over a second of it, so no disk waits for acks.
  storingBytesMax: 4_194_304, // Two nodes of equal speed: what one ships ahead, the other can hold.
  readBytesMax: 1_048_576,
  heartbeatMs: 4_000, // Three of them fit into the silence limit, so one may be lost.
  silenceMsMax: 12_000, // With a second for the tick, a dead node is seen in under 15 s.
  joiningMsMax: 10_000, // The master's disk may have to sync a pin meanwhile.
  pingsBeforeLive: 4,
  controlBytesMax: 1_048_576,
  messageMsMin: 1_000, // A status and a pong every heartbeat are one in 2 s.
  messagesAheadMax: 16, // What a session can hold up: after 12 s of silence it is over, with 6 of them on the way.
  askedPerSecond: 2_000, // 20,000 agents on a node that say something every 10 s.
  askedAheadMax: 60_000, // All agents of three such nodes come to one at once when two of them are gone.
  unansweredMax: 64,
  unansweredBytesMax: 2_097_152,
  answerMsMax: 30_000,
  stuckMsMax: 120_000, // A disk may be slow; after this long, only a new session can tell whether it will go on.
  deliveriesMax: 64,
  deliveriesBytesMax: 1_048_576,
  applyingBytesMax: 1_048_576,
  pageCountMax: 256,
  pageBytesMax: 262_144, // What a stream's window takes in one go, twice.
  suppliedBytesPerSecond: 33_554_432, // All of 50,000 agents in two seconds.
  suppliedBytesAheadMax: 67_108_864,
  dialFirstMs: 250,
  dialMostMs: 3_000, // A restarted worker is dialled again within this, so it is back in under 5 s.
};
