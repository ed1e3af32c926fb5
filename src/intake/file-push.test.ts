import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { FilePush } from "./file-push.ts";

const limits = { againMsMin: 100, againMsMax: 400, burstCount: 3, burstPauseMs: 10 };
const [md5, other] = ["a".repeat(32), "b".repeat(32)];
const file = { md5, bytes: Buffer.from("#default\n!4 x\nabcd") };

/** Everything that may be sent at one time. */
function all(push: FilePush, nowMs: number): string[] {
  const sent: string[] = [];
  for (let next = push.next(nowMs); next !== undefined; next = push.next(nowMs)) sent.push(next.toString());
  return sent;
}

/** One whole transfer at `nowMs`; false: none was begun. */
function transfer(push: FilePush, wanted: string, nowMs: number): boolean {
  if (!push.onKeepalive("x", wanted, nowMs)) return false;
  push.begin({ ...file, md5: wanted }, 900, false, nowMs);
  all(push, nowMs);
  return push.isIdle;
}

test("sends the beginning, the pieces and the end", () => {
  const push = new FilePush(limits);
  equal(push.onKeepalive("x", md5, 0), true);
  deepEqual([push.isIdle, push.isSending], [false, false]);
  push.begin(file, 10, false, 0);
  equal(push.isSending, true);
  deepEqual(all(push, 0), [`#!-up file ${md5} merged.mg\n`, "#default\n!", "4 x\nabcd", "#!-close file "]);
  equal(push.isIdle, true);
});

test("sends nothing to an agent that has the file, or while it is not known which it is to have", () => {
  const push = new FilePush(limits);
  equal(push.onKeepalive(md5, md5, 0), false);
  equal(push.onKeepalive("x", undefined, 0), false);
  equal(push.isIdle, true);
});

test("over UDP pauses after each burst", () => {
  const push = new FilePush(limits);
  push.onKeepalive("x", md5, 0);
  push.begin(file, 4, true, 0);
  equal(all(push, 0).length, 3);
  equal(all(push, 9).length, 0);
  equal(all(push, 10).length, 3);
  equal(all(push, 20).length, 1);
  equal(push.isIdle, true);
});

test("sends the same file again only after a time that doubles to its limit, and a new one at once", () => {
  const push = new FilePush(limits);
  const sentAt: number[] = [];
  for (let nowMs = 0; nowMs < 2_000; nowMs += 10) if (transfer(push, md5, nowMs)) sentAt.push(nowMs);
  deepEqual(sentAt, [0, 100, 300, 700, 1_100, 1_500, 1_900]);
  equal(transfer(push, other, 1_910), true);
  equal(transfer(push, other, 1_920), false);
  equal(transfer(push, other, 2_010), true, "and its time begins anew");
});

test("an agent that had taken the file and lost it is given it at once", () => {
  const push = new FilePush(limits);
  equal(transfer(push, md5, 0), true);
  push.onKeepalive(md5, md5, 50);
  equal(transfer(push, md5, 60), true);
});

test("a transfer that was given up leaves nothing to be sent, and one that was not begun can be", () => {
  const push = new FilePush(limits);
  push.onKeepalive("x", md5, 0);
  push.giveUp();
  push.begin(file, 900, false, 0);
  deepEqual(all(push, 0), []);
  equal(transfer(push, md5, 1), true, "nothing was sent, so there is nothing to wait for");
});
