import { deepEqual } from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { processOutput, type Output } from "./output.ts";

/** A stream whose failures a test chooses. */
class TestStream extends EventEmitter {
  written: string[] = [];

  write(text: string): boolean {
    this.written.push(text);
    return true;
  }

  fail(code: string): void {
    this.emit("error", Object.assign(new Error(`write ${code}`), { code }));
  }
}

function newWorld(): { stdout: TestStream; stderr: TestStream; output: Output; told: string[] } {
  const [stdout, stderr, told] = [new TestStream(), new TestStream(), [] as string[]];
  return { stdout, stderr, told, output: processOutput(stdout, stderr, () => void told.push("unread")) };
}

test("writes whole lines to the stream that each is for", () => {
  const { stdout, stderr, output } = newWorld();
  output.line("a");
  output.raw("b");
  output.problem("c");
  deepEqual([stdout.written, stderr.written], [["a\n", "b"], ["c\n"]]);
});

test("writes nothing more once its reader has gone, and says so once and quietly", () => {
  const { stdout, stderr, told, output } = newWorld();
  output.line("a");
  stdout.fail("EPIPE");
  stdout.fail("EPIPE");
  output.line("b");
  output.raw("c");
  deepEqual([stdout.written, stderr.written, told], [["a\n"], [], ["unread"]]);
});

test("says why when its output cannot be written for another reason", () => {
  const { stdout, stderr, told } = newWorld();
  stdout.fail("ENOSPC");
  deepEqual([stderr.written, told], [["argus: standard output cannot be written: write ENOSPC\n"], ["unread"]]);
});

test("does not mind that nobody reads its problems", () => {
  const { stderr, told, output } = newWorld();
  stderr.fail("EPIPE");
  output.problem("a");
  deepEqual(told, []);
});
