/** What a worker, or a master, in wrong hands can say of agents: docs/protocol/link.md 6.2, 6.3 and 11. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { noFacts } from "../model/agent.ts";
import { agentRecord, agentReport, MemorySink, sha256Of } from "../../test/support/link-agents.ts";
import { AgentsPair, type AgentsPairOptions } from "../../test/support/link-pair.ts";
import type { SimConnection } from "../../test/support/sim-net.ts";
import { AGENTS_FRAME_BYTES_MAX, writePiece } from "./frames.ts";
import { agentMessageSchemas } from "./agent-wire.ts";
import { agentStreams } from "./transport.ts";

type Kind = keyof typeof agentMessageSchemas;

/** A frame whatever its body is. */
function frame(kind: Kind | number, body: unknown): Buffer {
  const bytes = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const header = Buffer.alloc(5);
  header.writeUInt32BE(bytes.length + 1);
  header.writeUInt8(typeof kind === "number" ? kind : agentMessageSchemas[kind].kind, 4);
  return Buffer.concat([header, bytes]);
}

const have = frame("have", { epoch: "00000000000000e1", seq: 0 });
const report = agentReport(1);
const enrol = (number: number) => frame("enrol", { number, name: "a1", source: "10.0.0.1" });
const sha256 = "ab".repeat(32);

/** A live session in which the test speaks for the worker. Who ends a session is the last to say that it is over. */
async function asWorker(options: AgentsPairOptions = {}): Promise<{ pair: AgentsPair; connection: SimConnection }> {
  const pair = new AgentsPair({ isCopied: false, ...options });
  const { connection } = pair.connect();
  await connection.settle();
  for (const stream of agentStreams) connection.worker.deaf.add(stream);
  return { pair, connection };
}

type Ends = ReturnType<AgentsPair["connect"]>;

/** Seconds, with what both ends do in each. */
async function pass(pair: AgentsPair, { connection, master, worker }: Ends, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    pair.clock.advance(1_000);
    master.tick();
    worker.tick();
    await connection.settle(20);
  }
}

/** A live session in which the test speaks for the master, whose worker has said what it has. */
async function asMaster(): Promise<{ pair: AgentsPair; connection: SimConnection; ends: Ends }> {
  const pair = new AgentsPair();
  const ends = pair.connect();
  const { connection } = ends;
  await connection.settle();
  for (const stream of agentStreams) connection.master.deaf.add(stream);
  return { pair, connection, ends };
}

const long = (length: number): string => "x".repeat(length);
const label = { key: "k", value: "v", isHidden: false, isSystem: false };

const badFromWorker: [Kind, unknown][] = [
  ["have", "{"],
  ["have", []],
  ["have", { epoch: "0", seq: 0 }],
  ["have", { epoch: "00000000000000e1", seq: -1 }],
  ["have", { epoch: "00000000000000e1", seq: 1e300 }],
  ["reports", { number: 1, reports: [] }],
  ["reports", { number: 0, reports: [report] }],
  ["reports", { number: 1.5, reports: [report] }],
  ["reports", { number: 1, reports: Array.from({ length: 257 }, () => report) }],
  ["reports", { number: 1, reports: [{ ...report, id: "1" }] }],
  ["reports", { number: 1, reports: [{ ...report, id: "../1" }] }],
  ["reports", { number: 1, reports: [{ ...report, ageMs: -1 }] }],
  ["reports", { number: 1, reports: [{ ...report, ageMs: 1e13 }] }],
  ["reports", { number: 1, reports: [{ ...report, counter: 4_294_967_296 }] }],
  ["reports", { number: 1, reports: [{ ...report, kind: "gone" }] }],
  ["reports", { number: 1, reports: [{ ...report, connection: "" }] }],
  ["reports", { number: 1, reports: [{ ...report, facts: { ...noFacts, host: long(1_025) } }] }],
  ["reports", { number: 1, reports: [{ ...report, facts: { ...noFacts, labels: Array(65).fill(label) } }] }],
  ["reports", { number: 1, reports: [{ ...report, facts: { ...noFacts, labels: [{ ...label, key: 1 }] } }] }],
  ["heard", { ids: Array(20_001).fill(1) }],
  ["heard", { ids: [0] }],
  ["heard", { ids: ["1"] }],
  ["heard", { ids: [100_000_000] }],
  ["enrol", { number: 1, name: "a1" }],
  ["enrol", { number: 1, name: long(257), source: "" }],
  ["enrol", { number: 1, name: "a1", source: "", password: long(1_025) }],
  ["enrol", { number: 1, name: "a1", source: "", groups: long(65_537) }],
  ["delivered", { number: 1, ok: true, text: long(60_001) }],
  ["delivered", { number: 1, ok: true, text: "\u0100" }],
  ["delivered", { number: 1, ok: 1, text: "" }],
  ["change", { number: 1, change: { kind: "drop", id: "001" } }],
  ["change", { number: 1, change: { kind: "remove", id: "001" } }],
  ["change", { number: 1, change: { kind: "assign", id: "001", groups: ["../etc"] } }],
  ["change", { number: 1, change: { kind: "add", name: "a b", address: "any", groups: [], isForced: false } }],
  ["want", { sha256: "../../etc/passwd", offset: 0 }],
  ["want", { sha256, offset: -1 }],
  ["want", { sha256, offset: 1.5 }],
];

for (const [kind, body] of badFromWorker) {
  test(`a worker's ${kind} that is none ends its session: ${JSON.stringify(body).slice(0, 90)}`, async () => {
    const { pair, connection } = await asWorker();
    if (kind !== "have") connection.worker.send("agents", have);
    connection.worker.send(kind === "want" ? "blob" : "agents", frame(kind, body));
    await connection.settle();
    equal(pair.events.at(-1), "closed bad_message");
    deepEqual([pair.registry.reports, pair.registry.requests, pair.registry.changes], [[], [], []]);
  });
}

const outOfTurnFromWorker: [string, "agents" | "blob", Buffer[]][] = [
  ["says what it has twice", "agents", [have, have]],
  ["reports before it has said what it has", "agents", [frame("reports", { number: 1, reports: [report] })]],
  ["enrols before it has said what it has", "agents", [enrol(1)]],
  ["repeats a number", "agents", [have, enrol(1), enrol(1)]],
  ["goes back in its numbers", "agents", [have, enrol(5), enrol(4)]],
  ["answers what was not asked", "agents", [have, frame("delivered", { number: 1, ok: true, text: "" })]],
  ["sends a master's message", "agents", [have, frame("heard-by", { node: "a", ids: [] })]],
  ["sends a number that is no kind", "agents", [have, frame(26, {})]],
  ["sends what belongs on another stream", "agents", [frame(9, {})]],
  ["wants two blobs at once", "blob", [frame("want", { sha256, offset: 0 }), frame("want", { sha256, offset: 0 })]],
  ["sends a piece", "blob", [Buffer.concat(writePiece({ sha256, offset: 0, total: 1, bytes: Buffer.alloc(1) }))]],
];

for (const [name, stream, frames] of outOfTurnFromWorker) {
  test(`a worker that ${name} ends its session`, async () => {
    const { pair, connection } = await asWorker();
    for (const one of frames) connection.worker.send(stream, one);
    await connection.settle();
    equal(pair.events.at(-1), "closed out_of_turn");
  });
}

test("a worker that speaks of agents to a master without a registry ends its session", async () => {
  const { pair, connection } = await asWorker({ isServed: false });
  connection.worker.send("agents", have);
  await connection.settle();
  equal(pair.events.length, 0);
  connection.worker.send("agents", enrol(1));
  await connection.settle();
  equal(pair.events.at(-1), "closed out_of_turn");
});

test("a frame that is longer than any, or empty, ends the session before it is there", async () => {
  for (const [stream, length] of [
    ["agents", AGENTS_FRAME_BYTES_MAX + 1],
    ["agents", 0],
    ["blob", 65_601],
  ] as const) {
    const { pair, connection } = await asWorker();
    const header = Buffer.alloc(4);
    header.writeUInt32BE(length);
    connection.worker.send(stream, header);
    await connection.settle();
    equal(pair.events.at(-1), "closed bad_frame", `${stream} ${length}`);
  }
});

test("what a message has beyond its schema does not come to the registry, nor to the copy", async () => {
  const { pair, connection } = await asWorker();
  connection.worker.send("agents", have);
  const extra = `{"number":1,"more":1,"reports":[{"__proto__":{"id":"2"},"toString":1,${JSON.stringify(report).slice(1)}]}`;
  connection.worker.send("agents", frame("reports", extra));
  const change = { kind: "remove", id: "001", purge: false, path: "/etc" };
  connection.worker.send("agents", frame("change", { number: 2, change }));
  await connection.settle();
  deepEqual(pair.registry.reports, [{ node: "worker-node1", report }]);
  deepEqual(Object.keys(pair.registry.reports[0]?.report ?? {}).sort(), Object.keys(report).sort());
  deepEqual(pair.registry.changes[0]?.change, { kind: "remove", id: "001", purge: false });
  const { pair: other, connection: toWorker } = await asMaster();
  const record = { ...agentRecord(1, 1), more: long(1_000) };
  const page = { epoch: other.registry.epoch, isReset: true, from: 0, to: 1, isLast: true, records: [record] };
  toWorker.master.send("agents", frame("records", page));
  await toWorker.settle();
  deepEqual([...other.copy.records.values()], [agentRecord(1, 1)]);
});

test("a worker that reports without end is read more slowly, in every session of its name", async () => {
  const pair = new AgentsPair({ isCopied: false });
  const frames = (from: number): Buffer =>
    Buffer.concat(
      Array.from({ length: 100 }, (_, index) =>
        frame("reports", { number: from + index, reports: Array(256).fill(report) }),
      ),
    );
  let connection = pair.connect().connection;
  await connection.settle();
  connection.worker.deaf.add("agents");
  connection.worker.send("agents", Buffer.concat([have, frames(1)]));
  await connection.settle();
  for (let from = 101; from <= 901; from += 100) connection.worker.send("agents", frames(from));
  await connection.settle();
  ok(pair.registry.reports.length >= 60_000, `${pair.registry.reports.length} ${pair.events.join()}`);
  const first = pair.registry.reports.length;
  connection.worker.cut();
  // A new session is no new allowance.
  const ends = pair.connect();
  connection = ends.connection;
  await connection.settle();
  connection.worker.deaf.add("agents");
  connection.worker.send("agents", have);
  await connection.settle();
  equal(connection.worker.pendingBytes("agents"), 0);
  connection.worker.send("agents", frame("reports", { number: 1, reports: [report] }));
  await connection.settle();
  equal(pair.registry.reports.length, first);
  ok(ends.master.isLive);
  // Two thousand a second are worked off meanwhile.
  for (let second = 0; second < 120 && pair.registry.reports.length === first; second += 1) {
    pair.clock.advance(1_000);
    ends.master.tick();
    ends.worker.tick();
    await connection.settle();
  }
  equal(pair.registry.reports.length, first + 1);
  deepEqual(pair.events, ["worker closed disconnected", "closed disconnected"]);
});

test("a registry that does not answer is asked no more than a few dozen times by one worker", async () => {
  const { pair, connection } = await asWorker();
  pair.registry.delay = () => new Promise(() => undefined);
  connection.worker.send("agents", have);
  await connection.settle();
  for (let number = 1; number <= 10_000; number += 1) {
    connection.worker.send("agents", enrol(number));
    if (number % 20 === 0) await connection.settle(1);
  }
  await connection.settle();
  ok(
    pair.registry.requests.length >= 64 && pair.registry.requests.length < 200,
    `${pair.registry.requests.length} ${pair.events.join()}`,
  );
  deepEqual(pair.events, []);
});

test("a worker that asks for blobs without end gets so many bytes a second, and no more", async () => {
  const limits = { suppliedBytesPerSecond: 65_536, suppliedBytesAheadMax: 262_144 };
  const { pair, connection } = await asWorker({ limits });
  for (let round = 0; round < 200; round += 1) {
    connection.worker.send("blob", frame("want", { sha256: pair.blobs.put(Buffer.alloc(60_000)), offset: 0 }));
    await connection.settle(40);
    if (connection.worker.isClosed) break;
  }
  // It is told that it must wait by silence; asking on is out of turn.
  ok(pair.blobs.reads.length <= 6, `${pair.blobs.reads.length} reads`);
  equal(pair.events.at(-1), "closed out_of_turn");
});

test("a worker that asks and does not read costs its master no more than a little, and is let go", async () => {
  const pair = new AgentsPair({ isCopied: false });
  const ends = pair.connect();
  const { connection, master } = ends;
  await connection.settle();
  connection.worker.pause("agents");
  connection.worker.send("agents", have);
  for (let number = 1; number <= 2_000; number += 1) {
    const change = { kind: "remove", id: "001", purge: true };
    connection.worker.send("agents", frame("change", { number, change }));
    if (number % 10 === 0) await connection.settle(1);
  }
  for (let round = 0; round < 5; round += 1) {
    for (let number = 1; number <= 100; number += 1) void master.agents?.deliver("001", long(30_000));
    if (round < 3) await pass(pair, ends, 31);
  }
  ok(pair.registry.changes.length < 200, `${pair.registry.changes.length} changes were asked for`);
  const waiting = connection.master.pendingBytes("agents");
  ok(waiting < 1_500_000, `${waiting} bytes wait`);
  deepEqual([...pair.events], []);
  await pass(pair, ends, 31);
  equal(pair.events.at(-1), "closed not_reading");
});

for (const name of ["is there", "is missing"] as const) {
  test(`a worker that wants a blob that ${name}, and does not read, makes no more than one answer wait`, async () => {
    const { pair, connection } = await asWorker();
    const own = name === "is there" ? pair.blobs.put(Buffer.alloc(100)) : sha256;
    const want = frame("want", { sha256: own, offset: 0 });
    connection.worker.pause("blob");
    connection.worker.send("blob", want);
    await connection.settle();
    connection.worker.send("blob", want);
    await connection.settle();
    ok(connection.master.pendingBytes("blob") < 200);
    equal(pair.events.length, 0);
    connection.worker.send("blob", want);
    await connection.settle();
    equal(pair.events.at(-1), "closed out_of_turn");
  });
}

test("a master that does not read is not told more and more", async () => {
  const { pair, connection, ends } = await asMaster();
  // One page, so that the worker may ask; from then on the master takes nothing.
  connection.master.pause("agents");
  const facts = { ...noFacts, labels: Array(64).fill({ ...label, value: long(1_000) }) };
  const reports = Array.from({ length: 256 }, (_, index) => agentReport(index + 1, { facts }));
  let refused = 0;
  for (let round = 0; round < 6; round += 1) {
    void pair.copy.session?.report(reports).then((isTaken) => {
      if (!isTaken) refused += 1;
    });
    for (let number = 1; number <= 64; number += 1) {
      const message = { number: round * 64 + number, id: "001", message: long(50_000) };
      connection.master.send("agents", frame("deliver", message));
      await connection.settle(1);
    }
    await pass(pair, ends, 31);
  }
  const waiting = connection.worker.pendingBytes("agents");
  ok(waiting > 1_000_000 && waiting < 5_500_000, `${waiting} bytes wait`);
  ok(refused >= 5, String(refused));
});

const e1 = "00000000000000e1";
const page = (changed: object): unknown => ({
  ...{ epoch: e1, isReset: false, from: 0, to: 3, isLast: true, records: [agentRecord(1, 1), agentRecord(2, 3)] },
  ...changed,
});

const badFromMaster: [string, unknown, string][] = [
  ["a page that begins behind a gap", page({ from: 1 }), "records_gap"],
  ["a page of another registry that is no reset", page({ epoch: "00000000000000e2" }), "records_gap"],
  ["a reset that does not begin at its beginning", page({ isReset: true, from: 1 }), "records_gap"],
  ["records beyond the page", page({ to: 2 }), "records_gap"],
  ["records out of order", page({ records: [agentRecord(1, 3), agentRecord(2, 1)] }), "records_gap"],
  ["two records of one number", page({ records: [agentRecord(1, 3), agentRecord(2, 3)] }), "records_gap"],
  ["a page that gets no further", page({ to: 0, records: [], isLast: false }), "records_gap"],
  ["a page of too many records", page({ records: Array(257).fill(agentRecord(1, 1)) }), "bad_message"],
  ["a record of an id that is none", page({ records: [agentRecord(1, 1, { id: "1" })] }), "bad_message"],
  ["a record of a name with a space", page({ records: [agentRecord(1, 1, { name: "a b" })] }), "bad_message"],
  ["a record with a node that is a path", page({ records: [agentRecord(1, 1, { node: "../n" })] }), "bad_message"],
  ["a record of no kind", page({ records: [{ ...agentRecord(1, 1), kind: "node" }] }), "bad_message"],
];

for (const [name, body, reason] of badFromMaster) {
  test(`a worker ends the session with a master that sends ${name}`, async () => {
    const { pair, connection } = await asMaster();
    connection.master.send("agents", frame("records", body));
    await connection.settle();
    equal(pair.events.at(-1), `worker closed ${reason}`);
    equal(pair.copy.records.size, 0);
  });
}

const piece = (changed: object): Buffer =>
  Buffer.concat(writePiece({ sha256, offset: 0, total: 10, bytes: Buffer.alloc(4), ...changed }));

const unaskedFromMaster: [string, "agents" | "blob", Buffer[], string][] = [
  ["answers what was not asked", "agents", [frame("answer", { number: 1, ok: true, text: "" })], "out_of_turn"],
  [
    "repeats the number of a delivery",
    "agents",
    [1, 1].map((number) => frame("deliver", { number, id: "001", message: "a" })),
    "out_of_turn",
  ],
  ["sends a piece that nobody wanted", "blob", [piece({})], "out_of_turn"],
  ["misses what nobody wanted", "blob", [frame("missing", { sha256 })], "out_of_turn"],
  ["wants something itself", "blob", [frame("want", { sha256, offset: 0 })], "out_of_turn"],
];

for (const [name, stream, frames, reason] of unaskedFromMaster) {
  test(`a worker ends the session with a master that ${name}`, async () => {
    const { pair, connection } = await asMaster();
    for (const one of frames) connection.master.send(stream, one);
    await connection.settle();
    equal(pair.events.at(-1), `worker closed ${reason}`);
  });
}

const badPieces: [string, Buffer[]][] = [
  ["of another blob", [piece({ sha256: sha256Of(Buffer.alloc(0)) })]],
  ["that leaves a gap", [piece({}), piece({ offset: 5 })]],
  ["that comes twice", [piece({}), piece({})]],
  ["that changes the total", [piece({}), piece({ offset: 4, total: 11 })]],
  ["that goes beyond the end", [piece({ bytes: Buffer.alloc(11) })]],
  ["without bytes before the end", [piece({ bytes: Buffer.alloc(0) })]],
];

for (const [name, frames] of badPieces) {
  test(`a piece ${name} ends the session, and the blob goes on in the next`, async () => {
    const pair = new AgentsPair();
    let isReady: () => void = () => undefined;
    const ready = new Promise<undefined>((resolve) => {
      isReady = () => resolve(undefined);
    });
    // The real master does not come to answer.
    pair.blobs.open = () => ready;
    const { connection } = pair.connect();
    await connection.settle();
    void pair.agents.blobs.fetch(sha256, new MemorySink());
    await connection.settle();
    for (const one of frames) connection.master.send("blob", one);
    await connection.settle();
    equal(pair.events.at(-1), "worker closed blob_gap");
    isReady();
  });
}

test("a master that sends records faster than the disk takes them is not read", async () => {
  const { pair, connection } = await asMaster();
  pair.copy.delay = () => new Promise(() => undefined);
  let sent = 0;
  for (let seq = 1; seq <= 400; seq += 1) {
    const facts = { ...noFacts, labels: Array(64).fill({ ...label, value: long(1_000) }) };
    const records = [agentRecord(seq, seq, { facts })];
    const one = frame("records", page({ from: seq - 1, to: seq, records }));
    sent += one.length;
    connection.master.send("agents", one);
    await connection.settle(2);
  }
  const taken = sent - connection.master.pendingBytes("agents");
  ok(taken > 1_048_576 && taken < 2 * 1_048_576, `${taken} of ${sent} bytes`);
  deepEqual(pair.events, []);
});

test("a master that delivers without end is not read", async () => {
  const { pair, connection } = await asMaster();
  let count = 0;
  pair.copy.onDeliver = () => {
    count += 1;
    return new Promise(() => undefined);
  };
  for (let number = 1; number <= 1_000; number += 1) {
    connection.master.send("agents", frame("deliver", { number, id: "001", message: long(1_000) }));
    await connection.settle(1);
  }
  await connection.settle();
  ok(count >= 64 && count < 80, String(count));
  deepEqual(pair.events, []);
});

test("a worker that does not read costs its master one page, whatever changes", async () => {
  const pair = new AgentsPair();
  const { connection, master } = pair.connect();
  await connection.settle();
  connection.worker.pause("agents");
  pair.registry.pages.length = 0;
  for (let number = 1; number <= 50_000; number += 1) pair.registry.put(1 + (number % 5_000));
  for (let number = 1; number <= 500; number += 1) void master.agents?.deliver("001", long(60_000));
  await connection.settle();
  equal(pair.registry.pages.length, 1);
  const waiting = connection.master.pendingBytes("agents");
  ok(waiting < 1_048_576 + 262_144, `${waiting} bytes wait`);
  connection.worker.resume("agents");
  await connection.settle();
  ok(pair.isLevel());
  deepEqual(pair.events, []);
});

test("fifty thousand agents come to a new worker with never more than a page on the way", async () => {
  const pair = new AgentsPair();
  const facts = { ...noFacts, uname: long(300) };
  for (let number = 1; number <= 50_000; number += 1) pair.registry.put(number, { facts });
  const { connection } = pair.connect();
  let most = 0;
  for (let round = 0; round < 2_000 && pair.copy.records.size < 50_000; round += 1) {
    await connection.settle(1);
    most = Math.max(most, connection.master.pendingBytes("agents"));
  }
  await connection.settle();
  deepEqual([pair.copy.records.size, pair.copy.position.seq], [50_000, 50_000]);
  ok(most > 0 && most <= 262_144 + 1_024, `${most} bytes on the way`);
});
