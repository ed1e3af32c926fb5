/**
 * What the spool costs: CPU per event of an append (batches of 256 KiB of 200-byte events, each synced), bytes per
 * event on disk, the time to read it all back, and the time to open a folder with a backlog of many segments (sparse
 * files).
 *
 *   npm run -s bench -- spool [--count EVENTS] [--segments SEGMENTS]
 */
import { mkdir, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../src/base/clock.ts";
import { noCrash } from "../src/base/crash-point.ts";
import { nodeDisk } from "../src/base/disk.ts";
import { silentLog } from "../src/base/log.ts";
import { systemRandom } from "../src/base/random.ts";
import { segmentName, writeHead } from "../src/spool/head.ts";
import { limitsOf } from "../src/spool/options.ts";
import { Spool } from "../src/spool/spool.ts";
import { seededRandom } from "../test/support/seeded-random.ts";

const eventsPerBatch = 1_300;
const gibibyte = 1_024 ** 3;

function openSpool(folder: string): Promise<Spool> {
  const parts = { disk: nodeDisk, clock: systemClock, random: systemRandom, log: silentLog, crash: noCrash };
  const rest = { folder, lane: 0, limits: limitsOf(20 * gibibyte), policy: "block", sync: "batch" } as const;
  return Spool.open({ ...parts, ...rest, preamble: Buffer.from("{}") });
}

/** A batch of mixed lines of about 200 bytes. */
function payloadOf(seed: number): Buffer {
  const random = seededRandom(seed);
  const lines: string[] = [];
  for (let left = eventsPerBatch; left > 0; left -= 1) {
    const [a, b, port] = [random.below(256), random.below(256), 1_024 + random.below(60_000)];
    const pid = random.below(32_768);
    const text = random.oneIn(2)
      ? `sshd[${pid}]: Failed password for invalid user u${a} from 203.0.${a}.${b} port ${port} ssh2`
      : `nginx[${pid}]: 198.51.${a}.${b} - - "GET /page/${port}?q=${pid} HTTP/1.1" 200 ${port * 7} "-" "curl/8.1"`;
    lines.push(`Nov 25 01:${String(a % 60).padStart(2, "0")}:07 host${b % 9} ${text}`.padEnd(200, " -"));
  }
  return Buffer.from(lines.join("\n"));
}

async function appendAll(spool: Spool, events: number): Promise<void> {
  const payloads = Array.from({ length: 16 }, (_, seed) => payloadOf(seed + 1));
  const pending: Promise<void>[] = [];
  for (let done = 0; done < events; done += eventsPerBatch) {
    if (spool.isBusy) await spool.ready();
    const payload = payloads[(done / eventsPerBatch) % payloads.length];
    if (payload !== undefined) pending.push(spool.append({ payload, count: eventsPerBatch, marks: [] }));
  }
  await Promise.all(pending);
}

async function readAll(spool: Spool): Promise<number> {
  let bytes = 0;
  for (let next = 1; ;) {
    const records = await spool.read(spool.epoch, next, 1_048_576);
    const last = records.at(-1);
    if (last === undefined) return bytes;
    for (const record of records) bytes += record.bytes.length;
    next = last.first + last.count;
  }
}

/** Microseconds of CPU, and milliseconds of wall time, of some work. */
async function measure<T>(work: () => Promise<T>): Promise<{ cpuMicros: number; wallMs: number; value: T }> {
  const before = process.cpuUsage();
  const startMs = performance.now();
  const value = await work();
  const { user, system } = process.cpuUsage(before);
  return { cpuMicros: user + system, wallMs: performance.now() - startMs, value };
}

/** A backlog of segments of 64 MiB, all but their heads sparse, and an empty one at the end. */
async function makeBacklog(folder: string, segments: number): Promise<void> {
  await mkdir(folder);
  const epoch = { number: 1, bits: "00000000000000aa" };
  for (let ordinal = 0; ordinal <= segments; ordinal += 1) {
    const core = { type: "spool", isDropped: false, lane: 0, epoch, predecessor: undefined, createdMs: 0 } as const;
    const table = Buffer.alloc(4);
    const preamble = Buffer.from("{}");
    const head = writeHead(
      { ...core, ordinal, first: ordinal * 1_000_000 + 1, preamble, salt: Buffer.alloc(8, ordinal) },
      table,
    );
    const file = await open(join(folder, segmentName(ordinal)), "w");
    await file.write(head);
    if (ordinal < segments) await file.truncate(67_108_864);
    await file.close();
  }
}

export interface SpoolFigures {
  events: number;
  eventBytes: number;
  appendCpuMicrosPerEvent: number;
  appendEventsPerSecond: number;
  bytesPerEvent: number;
  readCpuMicrosPerEvent: number;
  openSegments: number;
  openMs: number;
}

export async function spoolFigures(events: number, openSegments: number): Promise<SpoolFigures> {
  const folder = await mkdtemp(join(tmpdir(), "argus-bench-spool-"));
  try {
    const spool = await openSpool(join(folder, "spool"));
    await measure(() => appendAll(spool, 20 * eventsPerBatch));
    const warmBytes = spool.stats().bytes;
    const appended = await measure(() => appendAll(spool, events));
    const bytes = spool.stats().bytes - warmBytes;
    const read = await measure(() => readAll(spool));
    await spool.close();
    await makeBacklog(join(folder, "backlog"), openSegments);
    const opened = await measure(() => openSpool(join(folder, "backlog")));
    await opened.value.close();
    const round = (value: number): number => Math.round(value * 1_000) / 1_000;
    return {
      ...{ events, eventBytes: 200 },
      appendCpuMicrosPerEvent: round(appended.cpuMicros / events),
      appendEventsPerSecond: Math.round((events * 1_000) / appended.wallMs),
      bytesPerEvent: round(bytes / events),
      readCpuMicrosPerEvent: round(read.cpuMicros / events),
      ...{ openSegments, openMs: round(opened.wallMs) },
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}
