import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { aWhile, inAgentWorld, until } from "../../test/support/agent-world.ts";
import { agentOf, keepalive, type SimAgent } from "../../test/support/sim-agent.ts";
import { agentControl } from "../wire/control-message.ts";
import { numberedBatchPayload, numberedEvent } from "../wire/numbered-batch.ts";

const epoch = { number: 4, bits: "0123456789abcdef" };
const ack = "#!-agent ack ";
const offer = '#!-argus {"stored":1}';
const startup = agentControl({ kind: "startup", version: "v4.14.0", keepsEvents: true });

function batch(first: number, ...payloads: string[]): Buffer {
  const body = Buffer.concat(payloads.map((payload) => numberedEvent(Buffer.from(payload), false)));
  return numberedBatchPayload({ epoch, first, count: payloads.length, body });
}

const heard = (agent: SimAgent, count: number): Promise<void> => until(() => agent.heard.length >= count);

test("an agent of ours is told that its events are answered, right behind the ack, and nobody else is", () =>
  inAgentWorld({}, async (world) => {
    const ours = await world.tcp(agentOf("001"));
    ours.say(startup);
    await heard(ours, 2);
    deepEqual(ours.payloads, [ack, offer]);
    const [theirs, datagrams] = [await world.tcp(agentOf("002")), await world.udp(agentOf("003"))];
    theirs.say(agentControl({ kind: "startup", version: "v4.14.0" }));
    datagrams.say(startup);
    for (const agent of [theirs, datagrams]) {
      agent.say(keepalive());
      await heard(agent, 2);
      deepEqual(agent.payloads, [ack, ack]);
    }
  }));

test("events are answered when they are durable, batches that become so together once, dropped ones like others", () =>
  inAgentWorld({}, async (world) => {
    const agent = await world.tcp(agentOf("001"));
    agent.say(startup);
    agent.say(batch(1, "1:/var/log/a:one", "1:/var/log/a|:b:two"));
    agent.say(batch(3, "no event", "5:fim_file:{}"));
    await until(() => world.logs().length === 2);
    await aWhile();
    deepEqual(agent.payloads, [ack, offer], "nothing is stored yet");
    world.sink.commit();
    await heard(agent, 3);
    deepEqual(agent.payloads.slice(2), ["#!-argus stored 4.0123456789abcdef 4"]);
    deepEqual(
      world.sink.taken.map(({ location, log }) => `${location} ${log}`),
      ["/var/log/a one", "/var/log/a:b two"],
    );
    agent.say(batch(5, "no event either"));
    await heard(agent, 4);
    deepEqual(agent.payloads.slice(3), ["#!-argus stored 4.0123456789abcdef 5"]);
    equal(world.listener.counters().badEvents, 2);
  }));

test("numbered events without a startup that asked for them, and a batch that is not whole, end the connection", () =>
  inAgentWorld({}, async (world) => {
    const unasked = await world.tcp(agentOf("001"));
    unasked.say(agentControl({ kind: "startup", version: "v4.14.0" }));
    unasked.say(batch(1, "1:/a:one"));
    const broken = await world.tcp(agentOf("002"));
    broken.say(startup);
    broken.say("#!-argus events 4.0123456789abcdef 1 2\nxx");
    for (const agent of [unasked, broken]) await until(() => agent.isClosed);
    const { batch_unasked, batch_broken } = world.listener.counters().refused;
    deepEqual([batch_unasked, batch_broken, world.logs()], [1, 1, []]);
  }));

test("what becomes durable after the agent has connected anew is not answered on the new connection", () =>
  inAgentWorld({}, async (world) => {
    const identity = agentOf("001");
    const before = await world.tcp(identity);
    before.say(startup);
    before.say(batch(1, "1:/a:one"));
    await until(() => world.logs().length === 1);
    const after = await world.tcp(identity);
    after.counter = { global: 2, local: 0 };
    after.say(startup);
    await heard(after, 2);
    world.sink.commit();
    await aWhile();
    deepEqual(after.payloads, [ack, offer]);
  }));
