/**
 * What the master writes into its journal beside batches: everything else that changes an answer or an account. Stored
 * as one JSON object in UTF-8 with a `kind`; a field that a version does not know is kept and ignored.
 */
export type ControlRecord =
  /** From here on events are answered by the snapshot `queue/rulesets/<sha256>/`. */
  | { kind: "ruleset"; sha256: string }
  /** Events that are lost: counted, passed, never waited for. `epoch` as in the batches of that lane. */
  | { kind: "hole"; node: string; lane: number; epoch: EpochId; first: number; count: number; reason: string }
  | { kind: "agent_removed"; agentId: string }
  /**
   * A rule, or the decoder at `FILE:LINE`, is passed over while its text is that of `fingerprint`. It acts from the
   * event on that it names, number `event` of the batch at `position`, though it stands later.
   */
  | {
      kind: "quarantine";
      part: "rule" | "decoder";
      id: string;
      fingerprint: string;
      position: number;
      event: number;
    }
  /** That event is not analysed: the analysis fails at it. */
  | { kind: "poison"; position: number; event: number }
  /** From here on the rule or decoder that was quarantined under `id` is at work again. */
  | { kind: "release"; id: string }
  /** The master's wall clock stepped by `byMs` (negative: back); arrivals in windows are shifted. */
  | { kind: "clock_stepped"; byMs: number };

/** Two epochs are the same only if both agree: the number orders them, the bits make a restored disk a new one. */
export interface EpochId {
  number: number;
  /** 64 random bits as 16 hex digits. */
  bits: string;
}

/** What the first record of an epoch says, as JSON in UTF-8. */
export interface EpochPreamble {
  /** The node's own host name, for `hostname` of its own events. */
  host: string;
  /** `<cluster><hidden>` of the node in this epoch. */
  hidden: boolean;
}

const kinds = new Set(["ruleset", "hole", "agent_removed", "quarantine", "poison", "release", "clock_stepped"]);

export function writeControlRecord(record: ControlRecord): Buffer {
  return Buffer.from(JSON.stringify(record), "utf8");
}

/** The record, or `undefined` when the bytes are none of a kind that this version knows. */
export function readControlRecord(bytes: Uint8Array): ControlRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
  return isControlRecord(value) ? value : undefined;
}

/** Our own disk wrote it under a CRC, so the kind alone is looked at. */
function isControlRecord(value: unknown): value is ControlRecord {
  return typeof value === "object" && value !== null && "kind" in value && kinds.has(String(value.kind));
}

export function writeEpochPreamble(preamble: EpochPreamble): Buffer {
  return Buffer.from(JSON.stringify({ host: preamble.host, hidden: preamble.hidden }), "utf8");
}

/** Bounded by the record's size; from a worker, so every field is checked. `undefined` when it is not of this form. */
export function readEpochPreamble(bytes: Uint8Array): EpochPreamble | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || !("host" in value) || !("hidden" in value)) return undefined;
  if (typeof value.host !== "string" || value.host.length > 255 || typeof value.hidden !== "boolean") return undefined;
  return { host: value.host, hidden: value.hidden };
}
