import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { test } from "node:test";
import { SpoolWorld } from "../../test/support/spool-world.ts";
import { logTo } from "../base/log.ts";
import type { WatchedPart } from "../analysis/watched-part.ts";
import type { WatchedPlace } from "./engine-watch.ts";
import { homeAt } from "./home.ts";
import { PoisonWard, type Suspect } from "./poison-ward.ts";
import type { Verdict } from "./poison-trial.ts";
import { QuarantineBook, type BookRecord } from "./quarantine-book.ts";

const place: WatchedPlace = { what: 5715, position: 700, event: 3, snapshotSha256: "ab" };
const rule: WatchedPart = { kind: "rule", id: "5715", name: "", fingerprint: "f" };
const event = {
  ...{ node: "w1", receivedMs: 2, takenInMs: 1, isTruncated: false, log: Buffer.from("a\xff", "latin1") },
  source: { queue: "1", agentId: "000", agentName: "", agentIp: "", location: "/var/log/a" },
};
const guilty: Verdict = { kind: "guilty", event, part: rule, place, how: "it took too long" };
const innocent: Verdict = { kind: "innocent", event, part: rule };
const slow: Suspect = { place, how: "time", message: "it took too long" };

class Bed extends SpoolWorld {
  readonly book = new QuarantineBook();
  readonly records: BookRecord[] = [];
  readonly told: string[] = [];
  readonly verdicts: Verdict[] = [];
  /** What each trial knew to be in quarantine. */
  readonly known: string[] = [];
  readonly ward = new PoisonWard({
    disk: this.disk.process(),
    home: homeAt("/home"),
    log: logTo((line) => void this.lines.push(line)),
    keeper: {
      book: this.book,
      record: (record) => {
        this.records.push(record);
        this.book.add(1_000 + this.records.length, record);
        return Promise.resolve();
      },
    },
    tell: {
      quarantined: (part) => void this.told.push(part),
      poisoned: (node) => void this.told.push(`event of ${node}`),
    },
    tryEvent: (_place, quarantines) => {
      this.known.push(quarantines.map(({ id }) => id).join(" "));
      return Promise.resolve(this.verdicts.shift() ?? { kind: "failed", message: "no verdict" });
    },
  });

  treat(suspect: Suspect, ...verdicts: Verdict[]): Promise<void> {
    this.verdicts.push(...verdicts);
    return this.ward.treat(suspect, new AbortController().signal);
  }
}

test("a rule that the event alone holds up is quarantined from the event on, and named", async () => {
  const bed = new Bed();
  await bed.treat(slow, guilty);
  deepEqual(bed.records, [{ kind: "quarantine", part: "rule", id: "5715", fingerprint: "f", position: 700, event: 3 }]);
  deepEqual(bed.told, ["rule 5715"]);
  match(bed.logged("ERROR"), /rule 5715 is quarantined .* argus ruleset release 5715/);
});

test("a second failure at the event puts it aside, with its bytes", async () => {
  const bed = new Bed();
  await bed.treat(slow, guilty);
  await bed.treat({ ...slow, place: { ...place, what: 5716 } }, { ...guilty, place: { ...place, what: 5716 } });
  deepEqual(bed.records.at(-1), { kind: "poison", position: 700, event: 3 });
  deepEqual(bed.told.at(-1), "event of w1");
  const kept = JSON.parse(bed.disk.bytesOf("/home/queue/poison/0000000000000700-3.json").toString()) as {
    logBase64: string;
  };
  equal(Buffer.from(kept.logBase64, "base64").toString("latin1"), "a\xff");
});

test("what has no name of its own puts the event aside at once", async () => {
  const bed = new Bed();
  await bed.treat(slow, { ...guilty, part: undefined });
  equal(bed.records[0]?.kind, "poison");
});

test("what is answered in time alone is acquitted, with all before it, and nothing is decided", async () => {
  const bed = new Bed();
  equal(bed.ward.acquitted, undefined);
  await bed.treat(slow, innocent);
  deepEqual(bed.ward.acquitted, { position: 700, event: 3 });
  await bed.treat({ ...slow, place: { ...place, position: 900, event: 0 } }, innocent);
  deepEqual(bed.ward.acquitted, { position: 900, event: 0 });
  deepEqual([bed.told, bed.records], [[], []]);
});

test("what holds up the analysis although it was acquitted is decided", async () => {
  const bed = new Bed();
  await bed.treat({ ...slow, place: { ...place, event: 4 } }, innocent);
  await bed.treat(slow, innocent);
  deepEqual(bed.told, ["rule 5715"]);
});

test("a trial knows what is in quarantine at the event, and that of a later event is not there yet", async () => {
  const bed = new Bed();
  await bed.treat(slow, guilty);
  const later = { ...place, event: 9 };
  const other: WatchedPart = { ...rule, id: "5720" };
  await bed.treat({ ...slow, place: later }, { ...guilty, place: later, part: other });
  await bed.treat(slow, innocent);
  deepEqual(bed.known, ["", "5715", "5715"]);
});

test("the part at which the trial stopped is asked for its name, and not the suspected one taken", async () => {
  const bed = new Bed();
  const there = { ...place, what: 5720 };
  const other: WatchedPart = { ...rule, id: "5720" };
  await bed.treat(slow, { ...guilty, place: there }, { ...guilty, place: there, part: other });
  deepEqual(bed.told, ["rule 5720"]);
});

test("a crash that the event does not explain stops the node the second time", async () => {
  const bed = new Bed();
  const crash: Suspect = { place, how: "crash", message: "out of memory" };
  await bed.treat(crash, innocent);
  await rejects(bed.treat(crash, innocent), { code: "ARGUS_NODE_POISON_UNCLEAR" });
  deepEqual(bed.records, []);
});

test("two places at which it crashes in turn stop the node as well", async () => {
  const bed = new Bed();
  const crashAt = (event: number): Suspect => {
    return { place: { ...place, event }, how: "crash", message: "out of memory" };
  };
  await bed.treat(crashAt(1), innocent);
  await bed.treat(crashAt(2), innocent);
  await rejects(bed.treat(crashAt(1), innocent), { code: "ARGUS_NODE_POISON_UNCLEAR" });
});
