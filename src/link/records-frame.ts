/**
 * A page of the registry as a frame of the link, at most so many bytes of records (docs/protocol/link.md 6.2, 2).
 *
 * Records are checked here as the worker will check them: one that does not fit would end every worker's session again
 * and again. What cannot fit is what an agent says of itself, and the page goes on without it.
 */
import { noFacts, type RegistryRecord } from "../model/agent.ts";
import type { RegistryPage } from "./agent-needs.ts";
import { isOfSchema } from "./frames.ts";

/** Every worker gets the same records, and a registry keeps them: the text of one is made once. */
const texts = new WeakMap<RegistryRecord, string>();

function fits(record: RegistryRecord): boolean {
  const { seq } = record;
  const page = { epoch: "0000000000000000", isReset: false, from: 0, to: seq, isLast: true, records: [record] };
  return isOfSchema("records", page);
}

/** `undefined` where not even the registration fits: the registry lets no such thing in. */
function textOf(record: RegistryRecord): string | undefined {
  const known = texts.get(record);
  if (known !== undefined) return known;
  let sent = record;
  if (!fits(sent) && sent.kind === "agent") sent = { ...sent, facts: noFacts };
  if (!fits(sent)) return undefined;
  const text = JSON.stringify(sent);
  texts.set(record, text);
  return text;
}

export interface PageText {
  /** The page that is sent: the one given, or its beginning. */
  page: Omit<RegistryPage, "records">;
  body: string;
  /** Seqs of records that no worker would take. */
  unfit: readonly number[];
}

/** At least one record, if there is any, however long. */
export function pageText(page: RegistryPage, bytesMax: number): PageText {
  const parts: string[] = [];
  const unfit: number[] = [];
  let bytes = 0;
  let { to, isLast } = page;
  let before = page.from;
  for (const record of page.records) {
    const text = textOf(record);
    const length = text === undefined ? 0 : Buffer.byteLength(text) + 1;
    if (parts.length > 0 && bytes + length > bytesMax) {
      to = before;
      isLast = false;
      break;
    }
    if (text === undefined) unfit.push(record.seq);
    else parts.push(text);
    bytes += length;
    before = record.seq;
  }
  const sent = { epoch: page.epoch, isReset: page.isReset, from: page.from, to, isLast };
  return { page: sent, body: `${JSON.stringify(sent).slice(0, -1)},"records":[${parts.join(",")}]}`, unfit };
}
