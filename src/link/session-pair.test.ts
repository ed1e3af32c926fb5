import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { noCrash } from "../base/crash-point.ts";
import {
  MemoryJournal,
  MemoryMasterPin,
  MemoryPins,
  MemorySpool,
  newIdentity,
  quietStatus,
  storyOf,
} from "../../test/support/link-nodes.ts";
import { SimClock } from "../../test/support/sim-clock.ts";
import { seeded, SimConnection } from "../../test/support/sim-net.ts";
import { newAllowance } from "./bucket.ts";
import { linkLimits } from "./limits.ts";
import { MasterEnd, type MasterEndOwner } from "./master-end.ts";
import { newLinkCounters } from "./metrics.ts";
import type { LaneRecord } from "./needs.ts";
import { PROTOCOL_VERSIONS, type WorkerStatus } from "./wire.ts";
import { WorkerEnd, type WorkerEndOwner } from "./worker-end.ts";

/** Two nodes that outlive their connections: keys, pins, spool and journal stay. */
class Pair {
  readonly clock = new SimClock();
  readonly spool = new MemorySpool();
  readonly journal = new MemoryJournal();
  readonly events: string[] = [];
  readonly #pins = new MemoryPins();
  readonly #masterPin = new MemoryMasterPin();
  readonly #identities = { master: newIdentity(), worker: newIdentity() };
  readonly #limits = { ...linkLimits, inFlightBytesMax: 400, readBytesMax: 120, storingBytesMax: 150 };
  readonly #fraction: () => number;
  #connections = 0;
  #reads: Promise<void> = Promise.resolve();

  constructor(seed: number) {
    this.#fraction = seeded(seed);
    const acknowledge = this.spool.acknowledge.bind(this.spool);
    this.spool.acknowledge = (lane, epoch, last) => {
      this.#acknowledged = last;
      return acknowledge(lane, epoch, last);
    };
    this.spool.clockMs = this.clock.wallMs();
  }

  connect(): { connection: SimConnection; master: MasterEnd; worker: WorkerEnd } {
    this.#connections += 1;
    const connection = new SimConnection("master", "worker-node1", this.#fraction, this.#connections);
    const { clock } = this;
    const common = {
      ...{ clock, crash: noCrash, limits: this.#limits, cluster: "argus", version: "0.1.0" },
      versions: PROTOCOL_VERSIONS,
    };
    const master = new MasterEnd(
      this.#connections,
      connection.master,
      {
        ...{ ...common, name: "master", term: 1, identity: this.#identities.master, pins: this.#pins },
        ...{ admission: { refusalOf: () => undefined }, store: this.journal, snapshot: () => [] },
        counters: newLinkCounters(),
      },
      this.#masterOwner(),
    );
    const worker = new WorkerEnd(
      connection.worker,
      {
        ...{ ...common, name: "worker-node1", role: "worker", host: "w1", isHidden: false },
        ...{ identity: this.#identities.worker, masterPin: this.#masterPin, source: this.spool },
        ...{ status: () => this.#status(), counters: newLinkCounters() },
      },
      this.#workerOwner(),
    );
    master.start();
    worker.start();
    return { connection, master, worker };
  }

  /** What was acknowledged of the spool when the worker spoke of it. */
  readonly told: number[] = [];
  #acknowledged = 0;

  forget(): void {
    this.#acknowledged = 0;
  }

  #status(): WorkerStatus {
    this.told.push(this.#acknowledged);
    return quietStatus;
  }

  #masterOwner(): MasterEndOwner {
    return {
      onLive: () => this.events.push("live"),
      onRefused: (_end, code) => this.events.push(`refused ${code}`),
      ...{ onHeard: () => undefined, onStatus: () => undefined, onEvents: () => undefined },
      ...{ allowanceOf: () => newAllowance(linkLimits), onUnfit: () => undefined },
      onClosed: (_end, reason) => this.events.push(`closed ${reason}`),
      onFatal: (error) => this.events.push(`fatal ${String(error)}`),
    };
  }

  #workerOwner(): WorkerEndOwner {
    return {
      ...{ onLive: () => undefined, onSnapshot: () => undefined, onClosed: () => undefined },
      onRefused: (_end, code) => this.events.push(`worker refused ${code}`),
      onFatal: (error) => this.events.push(`fatal ${String(error)}`),
      inTurn: (read) => {
        this.#reads = this.#reads.then(read);
      },
    };
  }
}

test("a worker's backlog of several epochs arrives whole and in order, and is released", async () => {
  const pair = new Pair(1);
  const given: LaneRecord[] = [];
  for (let epoch = 0; epoch < 3; epoch += 1) {
    pair.spool.beginEpoch();
    given.push(...(pair.spool.epochs.at(-1)?.records ?? []));
    for (let count = 1; count <= 10; count += 1) given.push(pair.spool.append(count));
  }
  const { connection } = pair.connect();
  await connection.settle();
  deepEqual(pair.journal.story("worker-node1"), storyOf(given));
  deepEqual(
    pair.spool.held()[0]?.epochs.map(({ epoch, first, last }) => [epoch.number, first, last]),
    [[3, 56, 55]],
  );
  deepEqual(pair.events, ["live"]);
});

test("the first that a worker says of its spool is what the master does not hold", async () => {
  const pair = new Pair(2);
  pair.spool.beginEpoch();
  pair.spool.append(7);
  const first = pair.connect();
  await first.connection.settle();
  first.connection.master.cut();
  pair.told.length = 0;
  // As after a kill: the spool knows nothing of acks any more.
  pair.forget();
  await pair.connect().connection.settle();
  deepEqual(pair.told, [7]);
});

test("every record is stored once and in order, however often the connection breaks (60 seeds)", async () => {
  let breaks = 0;
  for (let seed = 1; seed <= 60; seed += 1) {
    const pair = new Pair(seed);
    const fraction = seeded(seed + 1_000);
    const given: LaneRecord[] = [];
    const grow = (): void => {
      if (given.length === 0 || fraction() < 0.1) {
        pair.spool.beginEpoch();
        given.push(...(pair.spool.epochs.at(-1)?.records.slice(0, 1) ?? []));
      }
      const kind = fraction() < 0.1 ? "hole" : "events";
      given.push(
        pair.spool.append(1 + Math.floor(fraction() * 9), Buffer.alloc(1 + Math.floor(fraction() * 90), seed), kind),
      );
    };
    for (let round = 0; round < 8; round += 1) {
      for (let more = fraction() * 6; more > 0; more -= 1) grow();
      const { connection } = pair.connect();
      await connection.settle(Math.floor(fraction() * 60));
      grow();
      await connection.settle(Math.floor(fraction() * 30));
      if (!connection.master.isClosed) breaks += 1;
      connection.master.cut();
    }
    const { connection } = pair.connect();
    await connection.settle();
    deepEqual(pair.journal.story("worker-node1"), storyOf(given), `seed ${seed}`);
    ok(!pair.events.some((event) => event.startsWith("fatal")), `seed ${seed}: ${pair.events.join(", ")}`);
    ok(
      pair.events.every((event) => event === "live" || event === "closed disconnected"),
      `seed ${seed}`,
    );
  }
  ok(breaks > 300, `${breaks} breaks`);
});

test("a clock five seconds behind is measured before the first record, one a second behind is left alone", async () => {
  for (const [behindMs, offsetMs] of [
    [5_000, 5_000],
    [-90_000, -90_000],
    [1_000, 0],
  ] as const) {
    const pair = new Pair(3);
    pair.spool.clockMs = pair.clock.wallMs() - behindMs;
    pair.spool.beginEpoch();
    pair.spool.append(2);
    const { connection } = pair.connect();
    await connection.settle();
    deepEqual(
      pair.journal.records.map((one) => one.offsetMs),
      [offsetMs, offsetMs],
    );
  }
});

test("silence ends a session at both ends after twelve seconds, and heartbeats keep it", async () => {
  const pair = new Pair(4);
  pair.spool.beginEpoch();
  const { connection, master, worker } = pair.connect();
  await connection.settle();
  for (let second = 0; second < 60; second += 1) {
    pair.clock.advance(1_000);
    master.tick();
    worker.tick();
    await connection.settle();
  }
  ok(master.isLive && worker.isLive);
  for (let second = 0; second < 12; second += 1) {
    pair.clock.advance(1_000);
    master.tick();
    worker.tick();
  }
  ok(master.isLive);
  pair.clock.advance(1_001);
  master.tick();
  worker.tick();
  ok(!master.isLive && !worker.isLive);
  ok(pair.events.includes("closed silent"));
});

test("a journal that refuses a record ends the session with its code, and nothing is released", async () => {
  const pair = new Pair(5);
  pair.spool.beginEpoch();
  pair.spool.append(4);
  pair.journal.store = () => Promise.resolve({ code: "batch_gap", last: 0 });
  const { connection } = pair.connect();
  await connection.settle();
  deepEqual(pair.events, ["live", "closed batch_gap"]);
  equal(pair.spool.held()[0]?.epochs[0]?.first, 1);
});
