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
    tryEvent: () => Promise.resolve(this.verdicts.shift() ?? { kind: "failed", message: "no verdict" }),
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

test("what is answered in time alone is only begun again, and is decided the second time", async () => {
  const bed = new Bed();
  await bed.treat(slow, innocent);
  equal(bed.told.length, 0);
  await bed.treat(slow, innocent);
  deepEqual(bed.told, ["rule 5715"]);
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
