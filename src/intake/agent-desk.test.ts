/** The desk without sockets: whatever an agent says under its own key, nothing throws and memory stays bounded. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { SimTable, SourceSink } from "../../test/support/agent-world.ts";
import { seededRandom } from "../../test/support/seeded-random.ts";
import { agentOf, keepalive, shutdown, SimAgent, startup } from "../../test/support/sim-agent.ts";
import { SimClock } from "../../test/support/sim-clock.ts";
import { silentLog } from "../base/log.ts";
import { OccasionalLog } from "../base/occasional-log.ts";
import type { AgentReport } from "../model/agent.ts";
import { type Dialect, openMessage, readEnvelope } from "../wire/secure-message.ts";
import { AgentDesk } from "./agent-desk.ts";
import type { AgentPath } from "./agent-path.ts";

class SimPath implements AgentPath {
  readonly transport: "tcp" | "udp";
  readonly address = "10.0.0.1";
  readonly sent: Buffer[] = [];
  agentId = "";
  isCongested = false;
  isClosed = false;

  constructor(transport: "tcp" | "udp") {
    this.transport = transport;
  }

  isSame(other: AgentPath): boolean {
    return this === other;
  }

  send(message: Buffer): boolean {
    this.sent.push(Buffer.from(message));
    return !this.isClosed;
  }

  close(): void {
    this.isClosed = true;
  }
}

class World {
  readonly clock = new SimClock();
  readonly table = new SimTable();
  readonly sink = new SourceSink();
  readonly reports: AgentReport[] = [];
  readonly desk = new AgentDesk({
    ...{ table: this.table, sink: this.sink, clock: this.clock },
    reports: { report: (report) => this.reports.push(report), heard: () => undefined },
    shared: { sumOf: () => "a".repeat(32), read: () => Promise.resolve(undefined) },
    random: { bytes: (count) => new Uint8Array(count).fill(7), fraction: () => 0.5 },
    complaints: new OccasionalLog(silentLog, this.clock),
    policy: { isStrict: false, versionMax: undefined },
  });
}

/** What a path was sent, opened as the agent does. */
function payloads(agent: SimAgent, path: SimPath): string[] {
  return path.sent.map((message) => {
    const envelope = readEnvelope(message);
    const opened = typeof envelope === "string" ? envelope : openMessage(agent.cipher, envelope);
    return typeof opened === "string" ? opened : opened.payload.toString("latin1");
  });
}

const templates = [
  startup(),
  startup("v4.14.7"),
  shutdown,
  keepalive("x"),
  keepalive("0".repeat(32), "OSSEC HIDS v3.7.0"),
  Buffer.from("#!-req 00000001 ok {}"),
  Buffer.from("#!-req 00000001 ack"),
  Buffer.from("#!-up file 0123 merged.mg\n"),
  Buffer.from('#!-{"version":"1.0","agent":{}}'),
  Buffer.from("1:/var/log/auth.log:Nov 23 sshd[1]: Failed password for root"),
  Buffer.from('f:EventChannel:{"win":{}}'),
  Buffer.from('5:syscheck:{"component":"fim_file"}'),
  Buffer.from("1:C|:\\x||y:text"),
];

test("whatever an agent says, nothing throws, and it is answered with nothing but acks (30 seeds)", () => {
  for (let seed = 1; seed <= 30; seed += 1) {
    const random = seededRandom(seed);
    const world = new World();
    const agent = new SimAgent(world.table.put(agentOf("001")));
    const paths = [new SimPath("tcp"), new SimPath("udp"), new SimPath("tcp")];
    for (let count = 0; count < 400; count += 1) {
      const payload = Buffer.from(templates[random.below(templates.length)] ?? "x");
      for (let changes = random.below(4); changes > 0; changes -= 1)
        payload[random.below(payload.length)] = random.below(256);
      const cut = random.oneIn(5) ? payload.subarray(0, 1 + random.below(payload.length)) : payload;
      agent.dialect = (["aes", "blowfish", "aes_iv"] satisfies Dialect[])[random.below(3)] ?? "aes";
      const path = paths[random.below(3)] ?? new SimPath("tcp");
      const counter = { global: random.below(5), local: random.below(10_000) };
      world.desk.receive(agent.seal(cut, counter), path);
      if (random.oneIn(50)) world.desk.send("001", Buffer.from("#!-syscheck restart"));
      if (random.oneIn(20)) world.clock.advance(random.below(70_000));
    }
    const words = new Set(
      paths.flatMap((path) => payloads(agent, path)).map((text) => text.replace(/[0-9a-f]{8}/, "N")),
    );
    const known = ["#!-agent ack ", "#!-syscheck restart"];
    deepEqual(
      [...words].filter((word) => !known.includes(word) && !/^#!-req \S+ ack$/.test(word)),
      [],
    );
    ok(world.reports.length > 0 && world.desk.connections().length <= 1, `seed ${seed}`);
  }
});

test("bytes that are no message of an agent are refused, whatever they are (20,000 of them)", () => {
  const random = seededRandom(7);
  const world = new World();
  const agent = new SimAgent(world.table.put(agentOf("001")));
  const sealed = agent.seal("1:a:b");
  for (let count = 0; count < 20_000; count += 1) {
    const message = Buffer.from(sealed);
    // A change behind the end of the stream would go unnoticed, as in a real manager.
    const at = random.below(message.length - 32);
    message[at] = (message[at] ?? 0) ^ (1 + random.below(255));
    world.desk.receive(
      random.oneIn(3) ? message.subarray(0, random.below(message.length - 32)) : message,
      new SimPath("udp"),
    );
  }
  deepEqual(world.sink.taken, []);
  equal(world.desk.counters.udpMessages, 0);
});

test("what the registry makes of a node's own counting does not drive it on, another node's counting does", () => {
  const world = new World();
  const identity = world.table.put(agentOf("001"));
  const agent = new SimAgent(identity);
  const path = new SimPath("tcp");
  const now = Math.floor(world.clock.wallMs() / 1_000);
  const unsubscribe = world.table.onChanged((changed) => world.desk.onChanged(changed));
  const counted: number[] = [];
  world.desk.receive(agent.seal(startup("v4.14.7")), path);
  for (let turn = 0; turn < 4; turn += 1) {
    const { connection = "", counter = 0 } = world.reports.at(-1) ?? {};
    world.table.put({ ...identity, connection, counterFloor: counter + 3_600 });
    world.desk.receive(agent.seal(keepalive()), path);
    counted.push((world.reports.at(-1)?.counter ?? 0) - now);
  }
  deepEqual(counted, [3_600, 3_600, 3_600, 3_600], "the first record may hold another node's counting");
  world.table.put({ ...identity, connection: "", counterFloor: now + 9_000 });
  world.desk.receive(agent.seal(keepalive()), path);
  equal((world.reports.at(-1)?.counter ?? 0) - now, 9_000);
  unsubscribe();
});

test("reports tell who, by which connection, from where, and how far the node has counted", () => {
  const world = new World();
  const agent = new SimAgent(world.table.put(agentOf("001")));
  const path = new SimPath("tcp");
  world.desk.receive(agent.seal(startup("v4.14.7")), path);
  world.desk.receive(agent.seal("#!-agent shutdown "), path);
  world.desk.onClosed(path);
  const connection = "07".repeat(8);
  const counter = Math.floor(world.clock.wallMs() / 1_000);
  const about = { id: "001", connection, ageMs: 0, peerAddress: "10.0.0.1", transport: "tcp", counter };
  deepEqual(world.reports, [
    { ...about, kind: "startup", version: "v4.14.7", facts: undefined },
    { ...about, kind: "shutdown" },
  ]);
});
