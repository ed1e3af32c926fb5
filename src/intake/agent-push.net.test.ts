/** Files and requests, from the manager to agents, over real sockets. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { hash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { type AgentWorld, aWhile, inAgentWorld, until } from "../../test/support/agent-world.ts";
import { agentOf, keepalive, type SimAgent, startup } from "../../test/support/sim-agent.ts";
import { mergedFile } from "../wire/shared-file.ts";
import type { AgentFile } from "./needs.ts";

const ack = "#!-agent ack ";
const heardCount = (agent: SimAgent, count: number): Promise<void> => until(() => agent.heard.length >= count);

/** A merged.mg that does not compress, with a line in it that an agent would obey. */
function fileOf(bytes: number): AgentFile {
  const noise = randomBytes(bytes).map((byte) => 33 + (byte % 90));
  const agentConf = Buffer.concat([Buffer.from("\n#!-execd x#!-execd x\n"), noise]);
  const merged = mergedFile("default", Buffer.from("restart-ossec0 - restart-ossec.sh - 0\n"), [
    { name: "agent.conf", bytes: agentConf },
  ]);
  return { md5: hash("md5", merged), bytes: merged };
}

/** As an agent does: begins, appends whatever is not to be obeyed, and ends. Null: nothing whole came yet. */
function received(agent: SimAgent): { md5: string; bytes: Buffer; chunks: number } | undefined {
  let md5 = "";
  let chunks: string[] = [];
  for (const { payload } of agent.heard) {
    const [, begun] = /^#!-up file ([0-9a-f]{32}) merged\.mg\n$/.exec(payload) ?? [];
    if (begun !== undefined) [md5, chunks] = [begun, []];
    else if (payload === "#!-close file ")
      return { md5, bytes: Buffer.from(chunks.join(""), "latin1"), chunks: chunks.length };
    else if (md5 !== "" && !payload.startsWith("#!-")) chunks.push(payload);
  }
  return undefined;
}

const pass =
  (world: AgentWorld, byMs = 50) =>
  (): void =>
    world.clock.advance(byMs);

test("a Wazuh agent over TCP that lacks the file is given it whole, after the ack, in large pieces", () =>
  inAgentWorld({}, async (world) => {
    const file = fileOf(300_000);
    world.files.set("001", file);
    const agent = await world.tcp(agentOf("001"));
    agent.say(startup("v4.14.7"));
    agent.say(keepalive("x"));
    await until(() => received(agent) !== undefined, pass(world));
    const { md5, bytes, chunks } = received(agent) ?? { md5: "", bytes: Buffer.alloc(0), chunks: 0 };
    deepEqual([md5, hash("md5", bytes)], [file.md5, file.md5]);
    equal(chunks, Math.ceil(file.bytes.length / 16_000));
    deepEqual(agent.payloads.slice(0, 2), [ack, ack]);
    agent.say(keepalive(file.md5));
    agent.say(keepalive(file.md5));
    await until(() => agent.payloads.filter((payload) => payload === ack).length === 4);
    await aWhile();
    equal(world.listener.counters().pushes, 1);
  }));

for (const dialect of ["blowfish", "aes_iv"] as const) {
  test(`an OSSEC agent over UDP in ${dialect} is given it in datagrams that it can read, 31 a second`, () =>
    inAgentWorld({}, async (world) => {
      const file = fileOf(70_000);
      world.files.set("001", file);
      const agent = await world.udp(agentOf("001"), dialect);
      const version = dialect === "blowfish" ? "OSSEC HIDS v3.7.0" : "OSSEC HIDS v4.2.0";
      agent.say(startup());
      agent.say(keepalive("0".repeat(32), version));
      const begunMs = world.clock.monotonicMs();
      await until(() => agent.heard.length >= 2 + 31, pass(world));
      for (let count = 0; count < 15; count += 1) {
        world.clock.advance(50);
        await new Promise((resolve) => setImmediate(resolve));
      }
      equal(agent.heard.length, 2 + 31);
      await until(() => received(agent) !== undefined, pass(world));
      equal(hash("md5", received(agent)?.bytes ?? ""), file.md5);
      ok(received(agent)?.chunks ?? 0 >= Math.ceil(file.bytes.length / 900));
      ok(world.clock.monotonicMs() - begunMs >= 2_000);
      ok(agent.longestBytes <= 1_024, `${agent.longestBytes} bytes: an OSSEC agent reads 1,024`);
    }));
}

test("the same file is not sent again at once to an agent that does not take it, a new one is", () =>
  inAgentWorld({}, async (world) => {
    world.files.set("001", fileOf(100));
    const agent = await world.tcp(agentOf("001"));
    agent.say(startup("v4.14.7"));
    const pushes = async (count: number): Promise<void> => {
      agent.say(keepalive("x"));
      const acks = agent.payloads.filter((payload) => payload === ack).length;
      await until(() => agent.payloads.filter((payload) => payload === ack).length > acks);
      for (let turn = 0; turn < 6; turn += 1) {
        world.clock.advance(50);
        await aWhile();
      }
      equal(world.listener.counters().pushes, count);
    };
    await heardCount(agent, 1);
    await pushes(1);
    await pushes(1);
    world.clock.advance(30_000);
    await pushes(2);
    world.clock.advance(30_000);
    await pushes(2);
    world.clock.advance(30_000);
    await pushes(3);
    world.files.set("001", fileOf(101));
    await pushes(4);
  }));

test("what would end a transfer waits for its end; what does not is sent at once", () =>
  inAgentWorld({}, async (world) => {
    world.files.set("001", fileOf(60_000));
    const agent = await world.udp(agentOf("001"));
    agent.say(startup("v4.14.7"));
    agent.say(keepalive("x"));
    await until(() => agent.heard.length > 10, pass(world));
    equal(world.listener.send("001", Buffer.from("#!-sca-dump:cis:1")), "sent");
    equal(world.listener.send("001", Buffer.from("#!-syscheck restart")), "sent");
    agent.say(keepalive("x"));
    await until(() => received(agent) !== undefined, pass(world));
    await until(() => agent.payloads.at(-1) === "#!-sca-dump:cis:1", pass(world));
    const at = (payload: string): number => agent.payloads.indexOf(payload);
    ok(at("#!-syscheck restart") < at("#!-close file "));
    ok(agent.payloads.lastIndexOf(ack) < at("#!-close file "), "an ack is never held back");
  }));

test("a transfer ends with the connection, and begins anew on the next", () =>
  inAgentWorld({}, async (world) => {
    const file = fileOf(40_000);
    world.files.set("001", file);
    const agent = await world.udp(agentOf("001"));
    agent.say(startup("v4.14.7"));
    agent.say(keepalive("x"));
    await until(() => agent.heard.length > 10, pass(world));
    agent.say(startup("v4.14.7"));
    await until(() => agent.payloads.filter((payload) => payload === ack).length === 3);
    const soFar = agent.heard.length;
    world.clock.advance(2_000);
    await aWhile();
    equal(agent.heard.length, soFar, "an agent that begins anew is sent no rest of a file");
    world.clock.advance(30_000);
    agent.say(keepalive("x"));
    await until(() => received(agent) !== undefined, pass(world));
    equal(hash("md5", received(agent)?.bytes ?? ""), file.md5);
  }));

test("a request is answered over TCP, and to whom it was put", () =>
  inAgentWorld({}, async (world) => {
    const [agent, other] = [await world.tcp(agentOf("001")), await world.tcp(agentOf("002"))];
    for (const one of [agent, other]) {
      one.say(startup("v4.14.7"));
      await heardCount(one, 1);
    }
    const answer = world.listener.request("001", "agent", "getstate", 60_000);
    await heardCount(agent, 2);
    const [, counter = ""] = /^#!-req ([0-9a-f]{8}) agent getstate$/.exec(agent.payloads[1] ?? "") ?? [];
    other.say(`#!-req ${counter} forged`);
    other.say("1:a:b");
    await until(() => world.logs().length === 1);
    agent.say(`#!-req ${counter} {"error":0}`);
    deepEqual(await answer, { isAnswered: true, text: '{"error":0}' });
    equal(agent.heard.length, 2, "over TCP an answer is not acknowledged");
  }));

test("over UDP a request is repeated until the agent has it, and its answer is acknowledged each time", () =>
  inAgentWorld({}, async (world) => {
    const agent = await world.udp(agentOf("001"));
    agent.say(startup("v4.14.7"));
    await heardCount(agent, 1);
    const answer = world.listener.request("001", "com", "getconfig internal", 60_000);
    await heardCount(agent, 2);
    world.clock.advance(1_000);
    await heardCount(agent, 3);
    equal(agent.payloads[1], agent.payloads[2]);
    const counter = agent.payloads[1]?.split(" ")[1] ?? "";
    agent.say(`#!-req ${counter} ack`);
    agent.say("1:a:b");
    await until(() => world.logs().length === 1);
    world.clock.advance(10_000);
    await aWhile();
    equal(agent.heard.length, 3, "and then no more");
    agent.say(`#!-req ${counter} ok {}`);
    agent.say(`#!-req ${counter} ok {}`);
    deepEqual(await answer, { isAnswered: true, text: "ok {}" });
    await heardCount(agent, 5);
    deepEqual(agent.payloads.slice(3), [`#!-req ${counter} ack`, `#!-req ${counter} ack`]);
    const silent = world.listener.request("001", "com", "restart", 20_000);
    await until(
      () => agent.heard.length === 9,
      () => world.clock.advance(500),
    );
    world.clock.advance(20_000);
    deepEqual(await silent, { isAnswered: false, reason: "silent" });
    equal(agent.heard.length, 9, "four times in all");
  }));

test("a request fails for an agent that is not here, does not know requests, or goes away", () =>
  inAgentWorld({}, async (world) => {
    const reason = async (id: string): Promise<string> => {
      const answer = await world.listener.request(id, "agent", "getstate", 1_000);
      return answer.isAnswered ? answer.text : answer.reason;
    };
    equal(await reason("009"), "not_here");
    const [ossec, wazuh] = [await world.udp(agentOf("001"), "blowfish"), await world.tcp(agentOf("002"))];
    ossec.say(startup());
    ossec.say(keepalive("x", "OSSEC HIDS v3.7.0"));
    wazuh.say(startup("v4.14.7"));
    await until(() => world.reports.length === 3);
    equal(await reason("001"), "not_understood");
    const gone = reason("002");
    wazuh.close();
    equal(await gone, "gone");
    const crowd = await world.tcp(agentOf("003"));
    crowd.say(startup("v4.14.7"));
    await heardCount(crowd, 1);
    const answers = Array.from({ length: 40 }, () => reason("003"));
    world.clock.advance(1_000);
    const reasons = await Promise.all(answers);
    deepEqual(
      [reasons.filter((one) => one === "silent").length, reasons.filter((one) => one === "crowded").length],
      [32, 8],
    );
  }));

test("an agent is made to connect anew by a word if it knows it, and by the end of its connection otherwise", () =>
  inAgentWorld({}, async (world) => {
    equal(world.listener.forceReconnect("001"), "not_here");
    const agent = await world.tcp(agentOf("001"));
    agent.say(startup("v4.14.7"));
    await heardCount(agent, 1);
    equal(world.listener.forceReconnect("001"), "sent");
    await heardCount(agent, 2);
    equal(agent.payloads[1], "#!-force_reconnect");
    const old = await world.tcp(agentOf("002"));
    old.say(startup());
    old.say(keepalive("x", "Wazuh v3.13.6"));
    await heardCount(old, 2);
    equal(world.listener.forceReconnect("002"), "closed");
    await until(() => old.isClosed);
    await aWhile();
    deepEqual(world.kinds().slice(-1), ["002 closed"]);
    const ossec = await world.udp(agentOf("003"), "blowfish");
    ossec.say(keepalive("x", "OSSEC HIDS v3.7.0"));
    await heardCount(ossec, 1);
    equal(world.listener.forceReconnect("003"), "not_understood");
  }));
