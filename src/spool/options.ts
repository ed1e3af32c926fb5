/**
 * The `<spool>` and `<journal>` sections of ossec.conf: how much of the disk waiting events and the master's journal
 * may take, and what is done when that is full. The only place where their names, defaults and limits are written.
 */
import { duration, oneOf, section, size, type Size, type Values } from "../config/schema.ts";
import type { SpoolLimits } from "./spool.ts";

/** Of the file system, when nothing is written; and never more than this. */
const SHARE = "10%";
const shareBytesMax = 20 * 1_024 ** 3;
/** Below this a segment would hold a handful of batches only. */
const SHARE_MIN = "16MiB";
const shareBytesMin = 16 * 1_048_576;

const sizeHelp = "A percentage is of the file system that holds it, and at most 20 GiB.";

export const spoolSection = section("spool", {
  help: "Events of this node that its master has not acknowledged yet, on disk in queue/spool.",
  options: {
    size: size({ initial: SHARE, min: SHARE_MIN, help: `The most that waiting events may take. ${sizeHelp}` }),
    full: oneOf(["block", "drop_oldest"], {
      initial: "block",
      help: "When it is full: `block` slows the senders down, `drop_oldest` declares the oldest events lost.",
    }),
    sync: oneOf(["batch", "1s"], {
      initial: "batch",
      help: "`batch`: events count when they are synced; `1s`: synced once a second, safe against a kill only.",
    }),
  },
});

export type SpoolSettings = Values<typeof spoolSection.options>;

export const journalSection = section("journal", {
  help: "Everything that the master has taken in, in one order, on disk in queue/journal.",
  options: {
    size: size({ initial: SHARE, min: SHARE_MIN, help: `The most that the journal may take. ${sizeHelp}` }),
    keep: duration({
      initial: "24h",
      min: "0s",
      max: "8760h",
      help: "How long what has been analysed is kept, for a fresh analysis. Less when <size> is nearly full.",
    }),
  },
});

export type JournalSettings = Values<typeof journalSection.options>;

interface Space {
  /** Of the file system. */
  bytes: number;
}

/** The bytes that a `<size>` stands for on a file system. */
export function shareBytes(setting: Size, { bytes }: Space): number {
  if (setting.kind === "bytes") return setting.bytes;
  return Math.max(shareBytesMin, Math.min(shareBytesMax, Math.floor((bytes * setting.percent) / 100)));
}

/** A share of any size holds at least eight segments, so that releasing makes room. */
export function limitsOf(bytesMax: number): SpoolLimits {
  return {
    bytesMax,
    // 64 MiB are about twenty seconds of 60,000 events/s, and 50 ms of recovery.
    segmentBytesMax: Math.min(67_108_864, Math.floor(bytesMax / 8)),
    // Sixteen full batches: the disk may stall for a quarter of a second at 60,000 events/s.
    queueBytesMax: 4_194_304,
    groupBytesMax: 1_048_576,
    // Files that are followed, and a few days of their predecessors; under half a megabyte in each head.
    marksMax: 4_096,
  };
}

export function spoolLimitsOf(settings: SpoolSettings, space: Space): SpoolLimits {
  return limitsOf(shareBytes(settings.size, space));
}

export function journalLimitsOf(settings: JournalSettings, space: Space): SpoolLimits {
  return limitsOf(shareBytes(settings.size, space));
}
