/** What comes to the agents' port and is no agent's, or a hostile agent's (attack cases 13, 17 to 19, 23, 24). */
import { deepEqual, equal, ok } from "node:assert/strict";
import { createSocket } from "node:dgram";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { deflateSync } from "node:zlib";
import { aWhile, inAgentWorld, until } from "../../test/support/agent-world.ts";
import { agentOf, keepalive, SimAgent, startup } from "../../test/support/sim-agent.ts";
import { frameOf } from "../wire/tcp-frames.ts";

const heardCount = (agent: SimAgent, count: number): Promise<void> => until(() => agent.heard.length >= count);

test("attack case 17: a flood of unknown ids and wrong keys costs a line a reason, and agents are served meanwhile", () =>
  inAgentWorld({}, async (world) => {
    const agent = await world.udp(agentOf("001"));
    agent.say(startup());
    await heardCount(agent, 1);
    const known = world.table.put(agentOf("002"));
    const usual = "1:/var/log/auth.log:a line of the usual length that nobody has sent".repeat(3);
    const unknown = new SimAgent(agentOf("999")).seal(usual);
    const other = { ...known, key: "not-its-key" };
    const noise = Buffer.from(Array.from({ length: 60_000 }, () => Math.floor(33 + Math.random() * 90)));
    const wrong = new SimAgent(other).seal(usual);
    const wrongBlowfish = new SimAgent(other, "blowfish").seal(usual);
    const long = new SimAgent(other, "blowfish").seal(`1:a:${noise.toString("latin1")}`);
    const flood = createSocket("udp4");
    const port = world.port("udp");
    let slowestMs = 0;
    for (let round = 0; round < 100; round += 1) {
      for (let count = 0; count < 100; count += 1) {
        const forged = count % 4 === 1 ? wrong : wrongBlowfish;
        flood.send(count % 2 === 0 ? unknown : forged, port, "127.0.0.1");
      }
      flood.send(long, port, "127.0.0.1");
      const startedMs = performance.now();
      if (round % 10 === 0) {
        agent.say(keepalive());
        await heardCount(agent, 2 + round / 10);
        slowestMs = Math.max(slowestMs, performance.now() - startedMs);
      } else await setTimeout(1);
    }
    flood.close();
    ok(slowestMs < 2_000, `an ack took ${slowestMs} ms`);
    const { refused } = world.listener.counters();
    ok(refused.unknown_id > 1_000, `${refused.unknown_id} of an unknown agent`);
    ok(refused.bad_padding + refused.not_marked > 1_000, "and of a wrong key");
    equal(world.said.length, Object.keys(world.refused()).length, world.said.join("\n"));
    ok(world.said.length <= 4, world.said.join("\n"));
    deepEqual(world.logs(), []);
  }));

test("over TCP the first message that cannot be taken ends the connection, without a word", () =>
  inAgentWorld({}, async (world) => {
    const known = world.table.put(agentOf("001"));
    const right = new SimAgent(known);
    const sealed = right.seal("1:a:b");
    const broken = Buffer.from(sealed);
    broken[broken.length - 40] = (broken[broken.length - 40] ?? 0) ^ 1;
    const messages: [fault: string, message: Buffer][] = [
      ["no_token", Buffer.from("GET / HTTP/1.1\r\n")],
      ["bad_id", Buffer.from("!12345678901!#AES:x")],
      ["unknown_id", new SimAgent(agentOf("002")).seal("1:a:b")],
      ["unknown_address", new SimAgent(known, "aes", false).seal("1:a:b")],
      ["bad_length", Buffer.from("!001!#AES:0123")],
      ["not_marked", new SimAgent({ ...known, key: "other" }, "blowfish").seal("1:a:b")],
    ];
    for (const [fault, message] of messages) {
      const peer = await world.tcp(known);
      peer.send(message);
      await until(() => peer.isClosed);
      equal(world.refused()[fault], 1, fault);
      deepEqual([peer.heard, peer.garbled], [[], []]);
    }
    const damaged = await world.tcp(known);
    damaged.send(broken);
    await until(() => damaged.isClosed);
    equal(world.said.length, messages.length + (Object.keys(world.refused()).length > messages.length ? 1 : 0));
    deepEqual(world.logs(), []);
    equal(world.listener.counters().connections, 0);
  }));

test("attack case 13: a frame of 0 bytes, or of more than 65,536, ends the connection before its body", () =>
  inAgentWorld({}, async (world) => {
    for (const length of [0, 65_537, 0xffff_ffff]) {
      const peer = await world.tcp(agentOf("001"));
      const head = Buffer.alloc(4);
      head.writeUInt32LE(length);
      peer.write(head);
      await until(() => peer.isClosed);
    }
    deepEqual(world.refused(), { frame_empty: 1, frame_too_large: 2 });
  }));

test("takes messages byte by byte, several in one piece, and 64 KiB long", () =>
  inAgentWorld({}, async (world) => {
    const agent = await world.tcp(agentOf("001"));
    for (const byte of frameOf(agent.seal(startup()))) {
      agent.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await heardCount(agent, 1);
    agent.write(Buffer.concat(["1:a:one", "1:a:two", "1:a:three"].map((payload) => frameOf(agent.seal(payload)))));
    const long = `'; DROP TABLE alert; -- %n%n $(reboot) ${"x".repeat(65_000)}`;
    agent.say(`1:/var/log/a:${long}`);
    await until(() => world.logs().length === 4);
    deepEqual(world.logs(), ["one", "two", "three", long]);
  }));

test("a message that is cut off by the end of its connection is not taken, and costs nothing afterwards", () =>
  inAgentWorld({}, async (world) => {
    const agent = await world.tcp(agentOf("001"));
    const frame = frameOf(agent.seal("1:a:b"));
    agent.write(frame.subarray(0, frame.length - 1));
    await aWhile();
    agent.close();
    await until(() => world.listener.counters().connections === 0);
    deepEqual([world.logs(), world.refused()], [[], {}]);
  }));

test("attack case 18: a repeated message is refused, lower counters pass", () =>
  inAgentWorld({}, async (world) => {
    const agent = await world.udp(agentOf("001"));
    const messages = [1, 2, 3].map((local) => agent.seal(`1:a:${local}`, { global: 7, local }));
    const lower = agent.seal("1:a:lower", { global: 6, local: 9_999 });
    for (const message of [...messages, ...messages, lower, lower]) agent.send(message);
    await until(() => (world.refused()["repeated"] ?? 0) === 4);
    deepEqual(world.logs(), ["1", "2", "3", "lower"]);
    const thief = await world.tcp(agentOf("001"));
    thief.send(messages[0] ?? Buffer.alloc(0));
    await until(() => thief.isClosed);
    equal(world.refused()["repeated"], 5);
    agent.send(agent.seal("1:a:the greatest", { global: 4_294_967_295, local: 9_999 }));
    agent.send(agent.seal("1:a:and goes on", { global: 8, local: 1 }));
    await until(() => world.logs().length === 6);
  }));

test("an agent that was set back in time, so that it counts as before, is heard at once", () =>
  inAgentWorld({}, async (world) => {
    const agent = await world.tcp(agentOf("001"));
    agent.say(startup());
    for (let count = 0; count < 300; count += 1) agent.say("1:a:before");
    await until(() => world.logs().length === 300);
    let answers: string[] = [];
    // One in 256 of its messages is taken for a repetition: the agent tries again.
    for (let tries = 1; tries <= 4 && answers.length === 0; tries += 1) {
      const back = await world.tcp(agentOf("001"));
      back.send(back.seal(startup(), { global: 1, local: tries }));
      await until(() => back.isClosed || back.heard.length === 1);
      answers = back.payloads;
    }
    deepEqual(answers, ["#!-agent ack "]);
  }));

test("attack case 18: with <verify_msg_id> only greater counters pass", () =>
  inAgentWorld({ policy: { isStrict: true } }, async (world) => {
    const agent = await world.udp(agentOf("001"));
    agent.send(agent.seal("1:a:first", { global: 7, local: 5 }));
    agent.send(agent.seal("1:a:lower", { global: 7, local: 4 }));
    agent.send(agent.seal("1:a:greater", { global: 7, local: 6 }));
    await until(() => world.logs().length === 2);
    deepEqual([world.logs(), world.refused()], [["first", "greater"], { older: 1 }]);
  }));

/** Sealed as an agent would, but the stream is what a test says. */
function sealedStream(agent: SimAgent, stream: Buffer): Buffer {
  const marks = 8 - (stream.length % 8);
  const clear = Buffer.concat([Buffer.alloc(marks, "!"), stream]);
  agent.cipher.encryptBlowfish(clear);
  return Buffer.concat([Buffer.from("!001!:"), clear]);
}

test("attack case 19: a stream that inflates without end, or is none, is refused at the limit", () =>
  inAgentWorld({}, async (world) => {
    const known = world.table.put(agentOf("001"));
    const bomb = deflateSync(Buffer.alloc(60_000_000, "a"), { level: 9 });
    ok(bomb.length < 65_000);
    const before = process.memoryUsage().rss;
    for (let count = 0; count < 40; count += 1) {
      const peer = await world.tcp(known);
      peer.send(sealedStream(peer, bomb));
      await until(() => peer.isClosed);
    }
    const udp = await world.udp(known);
    udp.send(sealedStream(udp, Buffer.from("no stream at all")));
    await until(() => world.refused()["not_zlib"] === 1);
    equal(world.refused()["too_large"], 40);
    ok(process.memoryUsage().rss - before < 64 * 1_024 * 1_024, "and holds no more than messages");
  }));

test("attack case 23: whoever a location claims to be, the event is the agent's whose key it has", () =>
  inAgentWorld({}, async (world) => {
    world.table.put(agentOf("002"));
    const agent = await world.tcp(agentOf("001"));
    agent.say(startup("v4.14.7"));
    agent.say("1:[002] (web002) any->/var/log/auth.log:forged");
    agent.say("1:(web002) 10.0.0.1->/var/log/auth.log:forged");
    await until(() => world.logs().length === 2);
    deepEqual(
      world.sink.sources.map(({ agentId, agentName, location }) => [agentId, agentName, location]),
      [
        ["001", "web001", "[002] (web002) any->/var/log/auth.log"],
        ["001", "web001", "(web002) 10.0.0.1->/var/log/auth.log"],
      ],
    );
    agent.send(new SimAgent(agentOf("002")).seal("1:a:b"));
    await until(() => agent.isClosed);
    equal(world.refused()["other_agent"], 1, "a connection is one agent's");
  }));

test("a stranger has ten seconds and 4 KiB", () =>
  inAgentWorld({}, async (world) => {
    const silent = await world.tcp(agentOf("001"));
    await until(() => world.listener.counters().strangers === 1);
    const agent = await world.tcp(agentOf("001"));
    agent.say(startup());
    await heardCount(agent, 1);
    const long = await world.tcp(agentOf("001"));
    long.write(Buffer.concat([Buffer.of(0, 0, 1, 0), Buffer.alloc(5_000)]));
    await until(() => long.isClosed);
    equal(silent.isClosed, false);
    await until(
      () => silent.isClosed,
      () => world.clock.advance(1_000),
    );
    deepEqual(world.refused(), { stranger_long: 1, stranger_silent: 1 });
    ok(world.clock.monotonicMs() >= 10_000);
    await aWhile();
    equal(agent.isClosed, false);
    equal(world.listener.counters().strangers, 0);
  }));

test("strangers are few in all and of one address: one that had its second gives way, or the newcomer", () =>
  inAgentWorld({ limits: { strangersMax: 8, strangersPerAddressMax: 4 } }, async (world) => {
    const come = async (count: number, addresses: number): Promise<SimAgent[]> => {
      const strangers: SimAgent[] = [];
      for (let index = 0; index < count; index += 1) {
        strangers.push(await world.tcp(agentOf("001"), "aes", `127.0.0.${10 + (index % addresses)}`));
      }
      return strangers;
    };
    const closed = (strangers: SimAgent[]): boolean[] => strangers.map(({ isClosed }) => isClosed);
    const first = await come(12, 4);
    await until(() => closed(first).filter(Boolean).length === 4);
    deepEqual(closed(first), [...Array<boolean>(8).fill(false), ...Array<boolean>(4).fill(true)]);
    world.clock.advance(1_000);
    const second = await come(6, 1);
    await until(() => closed(second).filter(Boolean).length === 2);
    deepEqual(closed(second), [false, false, false, false, true, true], "four of an address");
    equal(world.listener.counters().strangers, 8);
    world.clock.advance(1_000);
    const agent = await world.tcp(agentOf("001"), "aes", "127.0.0.10");
    agent.say(startup());
    await heardCount(agent, 1);
    equal(world.listener.counters().connections, 8);
    equal(world.said.length, 1, world.said.join("\n"));
  }));

test("an agent's own connections are few: the oldest that it does not speak on is closed", () =>
  inAgentWorld({}, async (world) => {
    const agents: SimAgent[] = [];
    for (let count = 0; count < 7; count += 1) {
      const agent = await world.tcp(agentOf("001"));
      agents.push(agent);
      agent.counter = { global: 1 + count, local: 0 };
      agent.say(count === 0 ? startup() : "1:a:b");
      await until(() => world.reports.length === 1 && world.logs().length === count);
    }
    await until(() => agents.filter(({ isClosed }) => isClosed).length === 3);
    deepEqual(
      agents.map(({ isClosed }) => isClosed),
      [false, true, true, true, false, false, false],
    );
  }));

test("a connection is not read while the store is blocked, and loses nothing; datagrams are dropped, counted", () =>
  inAgentWorld({}, async (world) => {
    const [tcp, udp] = [await world.tcp(agentOf("001")), await world.udp(agentOf("002"))];
    tcp.say(startup());
    await heardCount(tcp, 1);
    world.sink.room = 1;
    const count = 4_000;
    for (let index = 0; index < count; index += 1) tcp.say(`1:a:${index} ${"x".repeat(2_000)}${Math.random()}`);
    await until(() => world.sink.isFull);
    await aWhile();
    const takenWhileFull = world.logs().length;
    ok(takenWhileFull < count, `${takenWhileFull} taken: the socket is not read`);
    udp.say(startup());
    udp.say("1:a:dropped");
    await until(() => world.listener.counters().udpDropped === 2);
    world.sink.makeRoom(Number.POSITIVE_INFINITY);
    await until(() => world.logs().length === count);
    deepEqual(
      world.logs().map((log) => Number.parseInt(log, 10)),
      Array.from({ length: count }, (_, index) => index),
    );
    udp.say(startup());
    await heardCount(udp, 1);
  }));

test("when the store is blocked no connection is read, however many have something to say", () =>
  inAgentWorld({}, async (world) => {
    const agents: SimAgent[] = [];
    for (let number = 1; number <= 60; number += 1) {
      const agent = await world.tcp(agentOf(String(number).padStart(3, "0")));
      agents.push(agent);
      agent.say(startup());
      await heardCount(agent, 1);
    }
    world.sink.room = 1;
    const noise = Array.from({ length: 40 }, (_, index) => `1:a:${index}${"x".repeat(1_000)}${Math.random()}`);
    for (const agent of agents) for (const payload of noise) agent.say(payload);
    await until(() => world.sink.isFull);
    await aWhile();
    ok(world.logs().length <= 2 * noise.length, `${world.logs().length} events came from ${agents.length} agents`);
    world.sink.makeRoom(200);
    await until(() => world.sink.isFull);
    await aWhile();
    ok(world.logs().length <= 200 + 4 * noise.length, `${world.logs().length} when a little room was made`);
    const late = await world.tcp(agentOf("099"));
    late.say(startup());
    await aWhile();
    equal(late.heard.length, 0, "one that comes meanwhile waits as well");
    world.sink.makeRoom(Number.POSITIVE_INFINITY);
    await until(() => world.logs().length === agents.length * noise.length);
    await heardCount(late, 1);
  }));

test("what an agent does not read is bounded, and it is told apart from an agent that is not here", () =>
  inAgentWorld({}, async (world) => {
    const agent = await world.tcp(agentOf("001"));
    agent.say(startup("v4.14.7"));
    await heardCount(agent, 1);
    agent.stall();
    const noise = Buffer.from(Array.from({ length: 60_000 }, () => Math.floor(33 + Math.random() * 90)));
    let sent = 0;
    while (world.listener.send("001", noise) === "sent" && sent < 1_000) sent += 1;
    ok(sent < 300, `${sent} messages of 50 KB wait`);
    equal(world.listener.send("001", noise), "congested");
    equal(world.listener.send("001", Buffer.alloc(65_409, "x")), "too_long");
    ok(world.listener.counters().unsent >= 2);
  }));
