/**
 * A reporter for node:test that writes one JSON line per event of a top-level test, for scripts/run-tests.ts to count.
 * Node takes a reporter from a module's default export, which is why this file alone has one.
 */
import { describeError } from "../src/base/error.ts";

/** What run-tests reads back. Only top-level tests are counted; a part that failed fails its whole, and says why. */
export interface TestLine {
  /** `started` names the test that was running when a process dies or hangs. */
  outcome: "started" | "passed" | "failed" | "part failed" | "skipped";
  name: string;
  file: string;
  /** Why it failed, with its stack, or why it was skipped. */
  detail: string;
}

interface TestData {
  name: string;
  nesting: number;
  file?: string | undefined;
  skip?: string | boolean | undefined;
  details?: { error?: unknown } | undefined;
}

interface TestEvent {
  type: string;
  data?: unknown;
}

function isTestData(data: unknown): data is TestData {
  return typeof data === "object" && data !== null && "name" in data && "nesting" in data;
}

/** node:test wraps what a test threw; the cause is what the reader wants to see. */
function failureText(error: unknown): string {
  const inner = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return inner instanceof Error ? (inner.stack ?? describeError(inner)) : String(inner);
}

export function testLine(event: TestEvent): TestLine | undefined {
  const { type, data } = event;
  if (!isTestData(data)) return undefined;
  const { name, file = "", nesting } = data;
  if (type === "test:fail") {
    return { outcome: nesting === 0 ? "failed" : "part failed", name, file, detail: failureText(data.details?.error) };
  }
  if (nesting > 0) return undefined;
  if (type === "test:dequeue") return { outcome: "started", name, file, detail: "" };
  if (type !== "test:pass") return undefined;
  if (data.skip === undefined || data.skip === false) return { outcome: "passed", name, file, detail: "" };
  return { outcome: "skipped", name, file, detail: typeof data.skip === "string" ? data.skip : "" };
}

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    const line = testLine(event);
    if (line !== undefined) yield `${JSON.stringify(line)}\n`;
  }
}
