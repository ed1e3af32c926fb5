import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { AgentWorld, aWhile, inAgentWorld, until } from "../../test/support/agent-world.ts";
import { agentOf, keepalive, shutdown, SimAgent, startup } from "../../test/support/sim-agent.ts";
import { settle } from "../../test/support/sim-clock.ts";
import type { Dialect } from "../wire/secure-message.ts";
import { IntakeListenError } from "./errors.ts";

const ack = "#!-agent ack ";
const transports = ["tcp", "udp"] as const;
const dialects: Dialect[] = ["blowfish", "aes", "aes_iv"];

const heardCount = (agent: SimAgent, count: number): Promise<void> => until(() => agent.heard.length >= count);

for (const transport of transports) {
  for (const dialect of dialects) {
    test(`an agent over ${transport} in ${dialect} is acknowledged in its dialect, and its events are taken`, () =>
      inAgentWorld({}, async (world) => {
        const agent = await world[transport](agentOf("001"), dialect);
        agent.say(startup());
        await heardCount(agent, 1);
        agent.say(keepalive());
        agent.say("1:/var/log/auth.log:Nov 23 sshd[1]: hello \u00ff");
        await until(() => world.logs().length === 1);
        await heardCount(agent, 2);
        deepEqual(
          agent.heard.map((one) => `${one.payload}${one.dialect}`),
          [`${ack}${dialect}`, `${ack}${dialect}`],
        );
        const source = { queue: "1", agentId: "001", agentName: "web001", agentIp: "any" };
        deepEqual(world.sink.sources, [{ ...source, location: "/var/log/auth.log" }]);
        deepEqual(world.logs(), ["Nov 23 sshd[1]: hello Ã¿"]);
        deepEqual(world.kinds(), ["001 startup", "001 keepalive"]);
        equal(world.reports[1]?.facts?.version, "Wazuh v4.14.7");
        equal(world.reports[1]?.transport, transport);
        equal(world.reports[0]?.connection, world.reports[1]?.connection);
        match(world.reports[0]?.connection ?? "", /^[0-9a-f]{16}$/);
      }));
  }
}

test("the ack is the first that is said on a connection, whatever waits for the agent", () =>
  inAgentWorld({}, async (world) => {
    const agent = await world.tcp(agentOf("001"));
    agent.say("1:/var/log/a:before the startup");
    await until(() => world.logs().length === 1);
    equal(world.listener.send("001", Buffer.from("#!-syscheck restart")), "not_here");
    agent.say(startup("v4.14.7"));
    await until(() => world.reports.length === 1);
    equal(world.listener.send("001", Buffer.from("#!-syscheck restart")), "sent");
    await heardCount(agent, 2);
    deepEqual(agent.payloads, [ack, "#!-syscheck restart"]);
    equal(world.reports[0]?.version, "v4.14.7");
  }));

test("counters to an agent are the time, count upwards, and begin above what other nodes have used", () =>
  inAgentWorld({}, async (world) => {
    const floor = Math.floor(world.clock.wallMs() / 1_000) + 500;
    const [one, other] = [await world.udp(agentOf("001")), await world.udp(agentOf("002", { counterFloor: floor }))];
    for (const agent of [one, other]) {
      agent.say(startup());
      agent.say(keepalive());
      await heardCount(agent, 2);
    }
    const now = Math.floor(world.clock.wallMs() / 1_000);
    deepEqual(
      one.heard.map(({ counter }) => counter),
      [
        { global: now, local: 1 },
        { global: now, local: 2 },
      ],
    );
    deepEqual(other.heard[0]?.counter, { global: floor, local: 1 });
    equal(world.reports.find(({ id, kind }) => id === "002" && kind === "keepalive")?.counter, floor);
    world.clock.stepWall(-3_600_000);
    one.say(keepalive());
    await heardCount(one, 3);
    deepEqual(one.heard[2]?.counter, { global: now, local: 3 }, "a clock that is set back does not take it back");
  }));

test("the newest connection takes over at once, the old one is closed, and its end is not told", () =>
  inAgentWorld({}, async (world) => {
    const first = await world.tcp(agentOf("001"));
    first.say(startup());
    await heardCount(first, 1);
    const second = await world.tcp(agentOf("001"), "aes", "127.0.0.9");
    second.counter = first.counter;
    second.say(startup());
    await heardCount(second, 1);
    await until(() => first.isClosed);
    await aWhile();
    deepEqual(world.kinds(), ["001 startup", "001 startup"]);
    const [before, now] = world.reports;
    ok(before?.connection !== now?.connection);
    equal(now?.peerAddress, "127.0.0.9");
    deepEqual(
      world.listener.connections().map(({ address, connection }) => [address, connection]),
      [["127.0.0.9", now?.connection]],
    );
    equal(world.listener.counters().overtaken, 1);
    second.close();
    await until(() => world.reports.length === 3);
    deepEqual([world.reports[2]?.kind, world.reports[2]?.connection], ["closed", now?.connection]);
    deepEqual(world.listener.connections(), []);
  }));

test("a copy of an old message from elsewhere does not take over a living agent", () =>
  inAgentWorld({}, async (world) => {
    const agent = await world.tcp(agentOf("001"));
    agent.counter = { global: 9, local: 0 };
    agent.say(startup());
    await heardCount(agent, 1);
    const thief = await world.tcp(agentOf("001"), "aes", "127.0.0.66");
    thief.send(thief.seal(startup(), { global: 3, local: 7 }));
    await until(() => thief.isClosed);
    deepEqual(world.refused(), { older_elsewhere: 1 });
    equal(agent.isClosed, false);
    world.clock.advance(60_000); // Nothing was heard of the agent for a minute: it may have been set back in time.
    const back = await world.tcp(agentOf("001"), "aes", "127.0.0.66");
    back.send(back.seal(startup(), { global: 3, local: 8 }));
    await heardCount(back, 1);
    await until(() => agent.isClosed);
  }));

test("an agent that begins to count anew is heard where it spoke before", () =>
  inAgentWorld({}, async (world) => {
    const agent = await world.tcp(agentOf("001"));
    agent.counter = { global: 900, local: 5 };
    agent.say(startup());
    await heardCount(agent, 1);
    const reinstalled = await world.tcp(agentOf("001"));
    reinstalled.say(startup());
    await heardCount(reinstalled, 1);
    await until(() => agent.isClosed);
  }));

test("an agent that speaks by both transports is answered by the one of its last control message", () =>
  inAgentWorld({}, async (world) => {
    const tcp = await world.tcp(agentOf("001"), "aes");
    const udp = await world.udp(agentOf("001"), "blowfish");
    tcp.say(startup());
    await heardCount(tcp, 1);
    udp.counter = { global: 2, local: 0 };
    udp.say("1:a:an event binds nothing");
    await until(() => world.logs().length === 1);
    equal(world.listener.connectionOf("001")?.transport, "tcp");
    udp.say(keepalive());
    await heardCount(udp, 1);
    await until(() => tcp.isClosed);
    equal(world.listener.send("001", Buffer.from("#!-syscheck restart")), "sent");
    await heardCount(udp, 2);
    deepEqual(
      udp.heard.map(({ dialect }) => dialect),
      ["blowfish", "blowfish"],
    );
    const again = await world.tcp(agentOf("001"), "aes_iv");
    again.counter = { global: 3, local: 0 };
    again.say(startup());
    await heardCount(again, 1);
    equal(again.heard[0]?.dialect, "aes_iv");
    equal(world.listener.connectionOf("001")?.transport, "tcp");
  }));

test("a shutdown is told, raises an event, and is not answered", () =>
  inAgentWorld({}, async (world) => {
    const agent = await world.tcp(agentOf("007", { address: "127.0.0.0/8" }));
    agent.say(startup("v4.14.7"));
    await heardCount(agent, 1);
    agent.say(shutdown);
    await until(() => world.logs().length === 1);
    deepEqual(world.logs(), ["ossec: Agent stopped: 'web007->127.0.0.0'."]);
    deepEqual(world.sink.sources[0], {
      ...{ queue: "1", agentId: "007", agentName: "web007", agentIp: "127.0.0.0", location: "wazuh-remoted" },
    });
    agent.close();
    await aWhile();
    deepEqual(world.kinds(), ["007 startup", "007 shutdown"]);
    deepEqual(agent.payloads, [ack]);
    equal(world.listener.send("007", Buffer.from("x")), "not_here");
  }));

test("a shutdown that comes another way than the agent speaks says nothing of it", () =>
  inAgentWorld({}, async (world) => {
    const [agent, other] = [await world.tcp(agentOf("001")), await world.udp(agentOf("001"))];
    agent.say(startup("v4.14.7"));
    await heardCount(agent, 1);
    other.counter = { global: 2, local: 0 };
    other.say(shutdown);
    other.say("1:a:b");
    await until(() => world.logs().length === 1);
    deepEqual([world.logs(), world.kinds()], [["b"], ["001 startup"]]);
    equal(world.listener.send("001", Buffer.from("#!-syscheck restart")), "sent");
    await heardCount(agent, 2);
  }));

test("an agent without a prefix is known by its address, and only by its own", () =>
  inAgentWorld({}, async (world) => {
    const identity = agentOf("004", { address: "127.0.0.4" });
    const agent = await world.udp(identity, "blowfish", "127.0.0.4");
    agent.say("8:syscheck:12:33188:0:0 /etc/passwd");
    await until(() => world.logs().length === 1);
    equal(world.sink.sources[0]?.agentIp, "127.0.0.4");
    const other = await world.udp(identity, "blowfish", "127.0.0.5");
    other.say("1:a:b");
    const named = await world.tcp(agentOf("005", { address: "127.0.0.0/29" }), "aes", "127.0.0.8");
    named.say("1:a:b");
    await until(() => named.isClosed);
    await until(() => Object.keys(world.refused()).length === 2);
    deepEqual(world.refused(), { unknown_address: 1, wrong_address: 1 });
    equal(world.logs().length, 1);
  }));

test("answers a ping of anybody, on both transports", () =>
  inAgentWorld({}, async (world) => {
    for (const agent of [await world.tcp(agentOf("001")), await world.udp(agentOf("002"))]) {
      agent.send(Buffer.from("#ping"));
      await until(() => agent.garbled.length === 1);
      deepEqual(agent.garbled.map(String), ["#pong"]);
    }
    equal(world.listener.counters().pings, 2);
  }));

test("tells every ten seconds whose messages have come", () =>
  inAgentWorld({}, async (world) => {
    const [one, other] = [await world.tcp(agentOf("001")), await world.udp(agentOf("002"))];
    for (const agent of [one, other]) {
      agent.say(startup());
      await heardCount(agent, 1);
    }
    const second = (): void => world.clock.advance(1_000);
    for (let passed = 0; passed < 9; passed += 1) {
      second();
      await settle();
    }
    deepEqual(world.heard, []);
    await until(() => world.heard.length === 1, second);
    deepEqual(world.heard, [["001", "002"]]);
    one.say("1:a:b");
    await until(() => world.logs().length === 1);
    await until(() => world.heard.length === 2, second);
    deepEqual(world.heard[1], ["001"]);
    for (let passed = 0; passed < 20; passed += 1) {
      second();
      await aWhile();
    }
    equal(world.heard.length, 2);
  }));

test("an agent that is removed, or gets another key, is cut off at once", () =>
  inAgentWorld({}, async (world) => {
    const [one, other] = [agentOf("001"), agentOf("002")];
    const agents = [await world.tcp(one), await world.tcp(other)];
    for (const agent of agents) {
      agent.say(startup());
      await heardCount(agent, 1);
    }
    world.table.remove(one);
    await until(() => agents[0]?.isClosed === true);
    world.table.put({ ...other, key: "another-key" });
    await until(() => agents[1]?.isClosed === true);
    const again = await world.tcp(one);
    world.table.remove(one);
    again.say(startup());
    await until(() => again.isClosed);
    const old = await world.tcp(other);
    old.say(startup());
    await until(() => old.isClosed);
    equal(world.refused()["unknown_id"], 1);
    const renewed = await world.tcp({ ...other, key: "another-key" });
    renewed.say(startup());
    await heardCount(renewed, 1);
  }));

test("an address that becomes another agent's is his, and who is removed while nothing is open is out", () =>
  inAgentWorld({}, async (world) => {
    const identity = agentOf("004", { address: "127.0.0.4" });
    const agent = await world.udp(identity, "aes", "127.0.0.4");
    agent.say("1:a:of 004");
    await until(() => world.logs().length === 1);
    world.table.remove(identity);
    const heir = await world.udp(agentOf("005", { address: "127.0.0.4" }), "aes", "127.0.0.4");
    heir.say("1:a:of 005");
    await until(() => world.logs().length === 2);
    agent.say("1:a:removed");
    await until(() => Object.keys(world.refused()).length === 1);
    const [stays, goes] = [agentOf("006"), agentOf("007")];
    const before = [await world.tcp(stays), await world.tcp(goes)];
    for (const one of before) {
      one.say(startup());
      await heardCount(one, 1);
    }
    await world.runAgain(() => world.table.remove(goes));
    equal(world.kinds().filter((kind) => kind.endsWith("closed")).length, 2);
    const after = await world.tcp(stays);
    after.counter = { global: 2, local: 0 };
    after.say(startup());
    await heardCount(after, 1);
    const removed = await new SimAgent(goes).connect(world.port("tcp"));
    removed.counter = { global: 2, local: 0 };
    removed.say(startup());
    await until(() => removed.isClosed);
  }));

test("gives an agent up when the registry names another connection, but only after it has named this one", () =>
  inAgentWorld({}, async (world) => {
    const identity = agentOf("001");
    const agent = await world.tcp(identity);
    agent.say(startup());
    await heardCount(agent, 1);
    world.table.put({ ...identity, connection: "an echo of before" });
    await aWhile();
    equal(agent.isClosed, false);
    const own = world.reports[0]?.connection ?? "";
    world.table.put({ ...identity, connection: own });
    world.table.put({ ...identity, connection: "" });
    await aWhile();
    equal(agent.isClosed, false);
    world.table.put({ ...identity, connection: "of another node" });
    await until(() => agent.isClosed);
    await aWhile();
    deepEqual(world.kinds(), ["001 startup"], "the agent is not gone: it is elsewhere");
    deepEqual(world.listener.connections(), []);
  }));

test("refuses a later version at its startup where that is asked for, and nothing else of it", () =>
  inAgentWorld({ policy: { versionMax: { product: "wazuh", major: 4, minor: 14, patch: 0 } } }, async (world) => {
    const agent = await world.tcp(agentOf("001"));
    agent.say(startup("v4.15.0"));
    agent.say("#!-agent startup {}");
    agent.say(startup("v4.14.9"));
    agent.say(startup());
    await heardCount(agent, 4);
    deepEqual(agent.payloads, [
      '#!-err {"message":"Agent version must be lower or equal to manager version"}',
      `#!-err {"message":"Couldn't retrieve version"}`,
      ack,
      ack,
    ]);
    deepEqual(world.kinds(), ["001 startup", "001 startup"]);
  }));

test("unescapes a location only of agents that escape it", () =>
  inAgentWorld({}, async (world) => {
    const agent = await world.tcp(agentOf("001"));
    agent.say("f:C|:\\x:before anything is known");
    agent.say(startup("v4.14.7"));
    agent.say("f:C|:\\x||y:text");
    agent.say(keepalive("x", "Wazuh v4.3.0"));
    agent.say("f:C|:\\x:text");
    await until(() => world.logs().length === 3);
    deepEqual(
      world.sink.sources.map(({ location }) => location),
      ["C|", "C:\\x|y", "C|"],
    );
  }));

test("drops what is no event, counted", () =>
  inAgentWorld({}, async (world) => {
    const agent = await world.tcp(agentOf("001"));
    for (const payload of ["no event", "1:no location", "1:keepalive:x", "1:a:", "5:syscheck:{}", "4:a:b", "1:a:b"]) {
      agent.say(payload);
    }
    await until(() => world.logs().length === 1);
    const { badEvents, blank, inventory, events } = world.listener.counters();
    deepEqual([badEvents, blank, inventory, events], [3, 2, 1, 1]);
    equal(agent.isClosed, false);
  }));

test("several listeners serve the same agents, over IPv6 as well", () =>
  inAgentWorld({ remotes: [{}, { localIp: undefined, ipv6: true }] }, async (world) => {
    const [first, second] = world.listener.addresses().filter(({ protocol }) => protocol === "tcp");
    equal(second?.address, "::");
    const identity = world.table.put(agentOf("001", { address: "any" }));
    const agent = await world.tcp(identity);
    agent.say(startup());
    await heardCount(agent, 1);
    const other = await new SimAgent(identity).connect(second.port, "::1");
    other.counter = { global: 2, local: 0 };
    other.say(startup());
    await heardCount(other, 1);
    await until(() => agent.isClosed);
    equal(world.reports.at(-1)?.peerAddress, "::1");
    const mapped = await new SimAgent(identity).connect(second.port, "127.0.0.1");
    mapped.counter = { global: 3, local: 0 };
    mapped.say(startup());
    await heardCount(mapped, 1);
    equal(world.reports.at(-1)?.peerAddress, "127.0.0.1");
    ok(first !== undefined);
    other.close();
    mapped.close();
  }));

test("says which address cannot be had, and holds none then", async () => {
  await inAgentWorld({}, async (world) => {
    const port = world.port("tcp");
    await rejects(
      AgentWorld.open({ remotes: [{ port: 0 }, { port, protocols: ["tcp"] }] }),
      (error) => error instanceof IntakeListenError && error.address === `tcp://127.0.0.1:${port}`,
    );
  });
});
