import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { SimClock } from "../../test/support/sim-clock.ts";
import { AgentRequests, type Question, type RequestAnswer } from "./agent-request.ts";

class World {
  readonly clock = new SimClock();
  readonly sent: string[] = [];
  #drawn = 0;
  readonly requests = new AgentRequests(this.clock, {
    bytes: () => Buffer.from([0, 0, 0, (this.#drawn += 1)]),
    fraction: () => 0,
  });

  ask(more: Partial<Question> = {}): { answer: RequestAnswer | undefined } {
    const asked: { answer: RequestAnswer | undefined } = { answer: undefined };
    const send = (counter: string): undefined => void this.sent.push(counter);
    const question = { agentId: "001", timeoutMs: 60_000, isRepeated: false, send, ...more };
    void this.requests.ask(question).then((answer) => (asked.answer = answer));
    return asked;
  }
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("an answer goes to the question of its counter, and only from the agent that was asked", async () => {
  const world = new World();
  const [first, second] = [world.ask(), world.ask()];
  equal(world.requests.onAnswer("002", "00000002", "forged"), true);
  equal(world.requests.onAnswer("001", "00000002", "ok"), true);
  await soon();
  deepEqual([first.answer, second.answer], [undefined, { isAnswered: true, text: "ok" }]);
  equal(world.requests.openCount, 1);
});

test("a word that the question has come ends its repetition and answers nothing", async () => {
  const world = new World();
  const asked = world.ask({ isRepeated: true });
  world.clock.advance(1_000);
  equal(world.requests.onAnswer("001", "00000001", "ack"), false);
  world.clock.advance(10_000);
  await soon();
  deepEqual([world.sent.length, asked.answer], [2, undefined]);
  world.requests.onAnswer("001", "00000001", "");
  await soon();
  deepEqual(asked.answer, { isAnswered: true, text: "" });
  equal(world.clock.pendingCount, 0);
});

test("is sent four times at most, and given up when its time is over", async () => {
  const world = new World();
  const asked = world.ask({ isRepeated: true, timeoutMs: 20_000 });
  world.clock.advance(19_999);
  await soon();
  deepEqual([world.sent.length, asked.answer], [4, undefined]);
  world.clock.advance(1);
  await soon();
  deepEqual(asked.answer, { isAnswered: false, reason: "silent" });
  equal(world.clock.pendingCount, 0);
});

test("a question that cannot be sent, or not again, ends", async () => {
  const world = new World();
  const never = world.ask({ send: () => "not_here" });
  let isHere = true;
  const notAgain = world.ask({ isRepeated: true, send: () => (isHere ? undefined : "not_here") });
  isHere = false;
  world.clock.advance(1_000);
  await soon();
  const reason = { isAnswered: false, reason: "not_here" };
  deepEqual([never.answer, notAgain.answer, world.requests.openCount], [reason, reason, 0]);
});

test("all questions to an agent that goes away end, and no others", async () => {
  const world = new World();
  const [first, second, other] = [world.ask(), world.ask(), world.ask({ agentId: "002" })];
  world.requests.onGone("001");
  await soon();
  const gone = { isAnswered: false, reason: "gone" };
  deepEqual([first.answer, second.answer, other.answer], [gone, gone, undefined]);
});
