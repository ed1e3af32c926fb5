/**
 * How long the alert files are, as the checkpoint keeps it: one JSON object in UTF-8, opaque to everybody else.
 * Its position in the journal is never beyond what these lengths cover.
 */
import type { Position } from "./growing-file.ts";
import { AlertLengthsError } from "./errors.ts";

export const fileKinds = ["alertsJson", "alertsLog", "archivesJson", "archivesLog"] as const;
export type FileKind = (typeof fileKinds)[number];

export interface Lengths {
  /** The day of the files (`2026-11-25`), or empty before the first. */
  day: string;
  /** The OFFSET of the next alert's id. */
  offset: number;
  files: Record<FileKind, Position>;
}

export function noLengths(): Lengths {
  const nothing = (): Position => ({ logical: 0, physical: 0, part: 0 });
  return {
    day: "",
    offset: 0,
    files: { alertsJson: nothing(), alertsLog: nothing(), archivesJson: nothing(), archivesLog: nothing() },
  };
}

const version = 1;

export function writeLengths(lengths: Lengths): Uint8Array {
  return Buffer.from(JSON.stringify({ version, ...lengths }), "utf8");
}

/** Throws an AlertLengthsError: the checkpoint keeps a CRC over them, so another form is another version's. */
export function readLengths(bytes: Uint8Array): Lengths {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    throw new AlertLengthsError();
  }
  const read = noLengths();
  if (!isRecord(value) || value["version"] !== version || !isRecord(value["files"])) throw new AlertLengthsError();
  const { day, offset } = value;
  if (typeof day !== "string" || !/^(?:\d{4}-\d{2}-\d{2})?$/.test(day)) throw new AlertLengthsError();
  read.day = day;
  read.offset = count(offset);
  for (const kind of fileKinds) {
    const file = value["files"][kind];
    if (!isRecord(file)) throw new AlertLengthsError();
    const { logical, physical, part } = file;
    read.files[kind] = { logical: count(logical), physical: count(physical), part: count(part) };
  }
  return read;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function count(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw new AlertLengthsError();
  return value;
}
