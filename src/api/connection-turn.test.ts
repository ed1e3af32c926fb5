import { deepEqual, equal } from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { ConnectionTurns, whenOver, type RawRequest, type RawResponse } from "./connection-turn.ts";

class FakeSocket extends EventEmitter {
  destroyed = false;

  destroy(): void {
    this.destroyed = true;
  }
}

const requestOn = (socket: EventEmitter): RawRequest => ({ socket }) as unknown as RawRequest;
const newResponse = (): RawResponse => new EventEmitter() as unknown as RawResponse;

test("lets a connection ask again when its answer is over, and closes one that asks before", () => {
  let told = 0;
  const turns = new ConnectionTurns(() => (told += 1));
  const socket = new FakeSocket();
  const first = newResponse();
  equal(turns.begin(requestOn(socket), first), true);
  equal(turns.begin(requestOn(new FakeSocket()), newResponse()), true, "another connection has a turn of its own");
  first.emit("close");
  const second = newResponse();
  equal(turns.begin(requestOn(socket), second), true);
  equal(turns.begin(requestOn(socket), newResponse()), false);
  equal(turns.begin(requestOn(socket), newResponse()), false);
  deepEqual([told, turns.earlyCount, socket.destroyed], [1, 1, true]);
});

test("an answer is over once, by its own end or by that of its connection", () => {
  for (const order of [
    ["response", "socket"],
    ["socket", "response"],
  ]) {
    const socket = new FakeSocket();
    const response = newResponse();
    let count = 0;
    whenOver(requestOn(socket).socket, response, () => (count += 1));
    for (const who of order) (who === "socket" ? socket : response).emit("close");
    equal(count, 1);
    equal(socket.listenerCount("close") + response.listenerCount("close"), 0);
  }
});
