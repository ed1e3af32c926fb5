import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { BODY_VERSION, readCheckpoint, writeCheckpoint, type CheckpointHead } from "./checkpoint.ts";
import { CheckpointError } from "./errors.ts";

const head: CheckpointHead = {
  position: 2 ** 40 + 7,
  snapshotSha256: "ab".repeat(32),
  lengths: Buffer.from("lengths"),
};
const state = Buffer.from("all that the engine remembers");
const whole = (): Buffer => Buffer.concat(writeCheckpoint(head, state));
/** The body's version, length and CRC stand between the head and the body. */
const bodyStart = whole().length - state.length - 14;

test("a checkpoint is read back as it was written", () => {
  const { head: found, state: body, problem } = readCheckpoint(whole());
  equal(problem, undefined);
  deepEqual(
    [found.position, found.snapshotSha256, Buffer.from(found.lengths)],
    [head.position, head.snapshotSha256, head.lengths],
  );
  deepEqual(Buffer.from(body ?? []), state);
});

test("an empty state and empty lengths are a checkpoint too", () => {
  const pieces = writeCheckpoint({ ...head, lengths: new Uint8Array(0) }, new Uint8Array(0));
  const { head: found, state: body } = readCheckpoint(Buffer.concat(pieces));
  deepEqual([found.lengths.length, body?.length], [0, 0]);
});

test("whatever is cut off, the head is usable as soon as it is whole, and the body never half", () => {
  const bytes = whole();
  for (let length = 0; length < bytes.length; length += 1) {
    const cut = bytes.subarray(0, length);
    if (length < bodyStart) throws(() => readCheckpoint(cut), CheckpointError, `${length} bytes`);
    else {
      const { head: found, state: body, problem } = readCheckpoint(cut);
      deepEqual(
        [found.position, body, problem],
        [head.position, undefined, "its body is cut off or has a tail"],
        `${length} bytes`,
      );
    }
  }
});

test("any changed byte is noticed: in the head it is refused, in the body the head stays usable", () => {
  for (let at = 0; at < whole().length; at += 1) {
    const bytes = whole();
    bytes[at] = (bytes[at] ?? 0) ^ 0x41;
    if (at < bodyStart) throws(() => readCheckpoint(bytes), CheckpointError, `byte ${at}`);
    else {
      const { head: found, state: body } = readCheckpoint(bytes);
      deepEqual([found.position, body], [head.position, undefined], `byte ${at}`);
    }
  }
});

test("a body of the version before is read", () => {
  const bytes = whole();
  bytes.writeUInt16BE(BODY_VERSION - 1, bodyStart);
  deepEqual(Buffer.from(readCheckpoint(bytes).state ?? []), state);
});

test("a body of another version is not read, and the reason is given in words", () => {
  const bytes = whole();
  bytes.writeUInt16BE(BODY_VERSION + 1, bodyStart);
  equal(readCheckpoint(bytes).problem, `its body is of version ${BODY_VERSION + 1}, not ${BODY_VERSION}`);
});
