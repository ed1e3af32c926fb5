import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { settle, SimClock } from "../../test/support/sim-clock.ts";
import { PushQueue, type Receiver } from "./push-queue.ts";

const limits = { servedMax: 2, everyMs: 50, workMsMax: 10, piecesMax: 3 };

class SimReceiver implements Receiver {
  readonly name: string;
  left: number;
  isRead = false;
  readonly #sent: string[];
  readonly #onPiece: () => void;

  constructor(name: string, pieces: number, sent: string[], onPiece: () => void = () => undefined) {
    this.name = name;
    this.left = pieces;
    this.#sent = sent;
    this.#onPiece = onPiece;
  }

  get isPushing(): boolean {
    return this.left > 0;
  }

  readFile(): Promise<void> {
    this.isRead = true;
    return Promise.resolve();
  }

  pushSome(): boolean {
    if (!this.isRead || this.left === 0) return false;
    this.left -= 1;
    this.#sent.push(this.name);
    this.#onPiece();
    return true;
  }
}

test("serves some at a time, each a few pieces in its turn, and the next when one is done", async () => {
  const [clock, sent] = [new SimClock(), [] as string[]];
  const queue = new PushQueue(clock, limits);
  const receivers = ["a", "b", "c"].map((name) => new SimReceiver(name, 4, sent));
  for (const receiver of receivers) queue.add(receiver);
  deepEqual(
    receivers.map(({ isRead }) => isRead),
    [true, true, false],
    "nothing is read for who waits",
  );
  await clock.pass(300, 50);
  equal(sent.join(""), "aaabbbabcccc");
  equal(queue.servedCount, 0);
  equal(clock.pendingCount, 0);
});

test("work that takes long is cut into turns, and all have theirs", async () => {
  const [clock, sent] = [new SimClock(), [] as string[]];
  const queue = new PushQueue(clock, limits);
  for (const name of ["a", "b"]) queue.add(new SimReceiver(name, 6, sent, () => clock.advance(6)));
  await settle();
  clock.advance(50);
  const first = sent.join("");
  ok(first === "aaa", first);
  await clock.pass(1_000, 50);
  equal(sent.join(""), "aaabbbaaabbb");
});

test("who gives up before his turn is passed over, and may come again", async () => {
  const [clock, sent] = [new SimClock(), [] as string[]];
  const queue = new PushQueue(clock, { ...limits, servedMax: 1 });
  const [first, second] = [new SimReceiver("a", 4, sent), new SimReceiver("b", 4, sent)];
  queue.add(first);
  queue.add(second);
  second.left = 0;
  await clock.pass(200, 50);
  equal(sent.join(""), "aaaa");
  second.left = 1;
  queue.add(second);
  await clock.pass(200, 50);
  equal(sent.join(""), "aaaab");
});
