/**
 * What hostile events have made the master decide (poison-ward.ts): rules and decoders that are passed over from an
 * event on, and events that are not answered at all. Each decision is a control record at the journal's end that acts
 * at an earlier event, so an analysis must know all of them before it begins.
 *
 *   journal   ├──── P: the event ──────────── the record of it ────┤
 *                   └─ acts from here on
 *
 * A release acts where it stands itself, like every other record; here it only ends what an analysis from the oldest
 * record on has to begin with.
 */
import type { ControlRecord } from "../model/control-record.ts";
import { isUpTo, type EventPlace } from "./engine-watch.ts";

export type QuarantineRecord = Extract<ControlRecord, { kind: "quarantine" }>;
export type PoisonRecord = Extract<ControlRecord, { kind: "poison" }>;
export type ReleaseRecord = Extract<ControlRecord, { kind: "release" }>;
export type BookRecord = QuarantineRecord | PoisonRecord | ReleaseRecord;

/** What an analysis does when it comes to an event. */
export type PoisonAction = QuarantineRecord | PoisonRecord;

interface Entry {
  /** Where the record stands in the journal. */
  at: number;
  record: BookRecord;
}

const version = 1;

export class QuarantineBook {
  #entries: Entry[] = [];
  /** All records of the journal before it are here. */
  scannedTo: number;

  constructor(scannedTo = 0) {
    this.scannedTo = scannedTo;
  }

  /** Undefined where the text is not that of a book of this version. */
  static parse(text: string): QuarantineBook | undefined {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return undefined;
    }
    if (!isBookText(value)) return undefined;
    const book = new QuarantineBook(value.scannedTo);
    for (const { at, record } of value.entries) book.add(at, record);
    return book;
  }

  text(): string {
    return `${JSON.stringify({ version, scannedTo: this.scannedTo, entries: this.#entries }, undefined, 1)}\n`;
  }

  /** The same record twice stands once. */
  add(at: number, record: BookRecord): void {
    if (this.#entries.some((entry) => entry.at === at)) return;
    this.#entries.push({ at, record });
    this.#entries.sort((a, b) => a.at - b.at);
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** What has to be done on the way, in the order of the events. */
  actions(): PoisonAction[] {
    const actions = this.#entries.flatMap(({ record }) => (record.kind === "release" ? [] : record));
    return actions.sort((a, b) => a.position - b.position || a.event - b.event);
  }

  /** How often the analysis has failed at this event before. */
  failuresAt({ position, event }: EventPlace): number {
    return this.actions().filter((action) => action.position === position && action.event === event).length;
  }

  /**
   * The quarantines that an analysis is under at the event: decided of it or of one before, and lifted by no release
   * in between. One whose text has changed meanwhile is among them, and does nothing.
   */
  inForceAt(place: EventPlace): QuarantineRecord[] {
    return this.actions().filter((action): action is QuarantineRecord => {
      if (action.kind !== "quarantine" || !isUpTo(action, place)) return false;
      return !this.#entries.some(
        ({ at, record }) =>
          record.kind === "release" && record.id === action.id && at > action.position && at < place.position,
      );
    });
  }

  /** The newest decision about a part, unless it was lifted by a release. */
  quarantineOf(id: string): QuarantineRecord | undefined {
    const last = this.#entries.findLast(({ record }) => record.kind !== "poison" && record.id === id)?.record;
    return last?.kind === "quarantine" ? last : undefined;
  }

  /** The newest decision about each part that was not lifted by a release. */
  quarantines(): QuarantineRecord[] {
    const ids = new Set(this.#entries.flatMap(({ record }) => (record.kind === "quarantine" ? record.id : [])));
    return [...ids].flatMap((id) => this.quarantineOf(id) ?? []);
  }

  get poisonCount(): number {
    return this.#entries.filter(({ record }) => record.kind === "poison").length;
  }

  /** Drops what no analysis that begins at `oldest` can need: events that are gone, and what was released before. */
  forget(oldest: number): void {
    this.#entries = this.#entries.filter(({ at, record }, index) => {
      if (at >= oldest) return true;
      if (record.kind === "poison") return record.position >= oldest;
      const later = this.#entries.slice(index + 1);
      const isReleased = later.some(
        (one) => one.record.kind === "release" && one.record.id === record.id && one.at < oldest,
      );
      return record.kind === "quarantine" && !isReleased;
    });
  }
}

interface BookText {
  version: number;
  scannedTo: number;
  entries: Entry[];
}

/** Our own disk wrote it whole or not at all, so the form of the parts is looked at and no more. */
function isBookText(value: unknown): value is BookText {
  if (typeof value !== "object" || value === null) return false;
  if (!("version" in value) || value.version !== version) return false;
  if (!("scannedTo" in value) || typeof value.scannedTo !== "number") return false;
  return "entries" in value && Array.isArray(value.entries);
}
