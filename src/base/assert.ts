/**
 * Claims about our own code. A failure is our bug: it is never caught to carry on. Never use them on a peer's input.
 */
import { AssertionError } from "node:assert";

export function assert(claim: boolean, message: string): asserts claim {
  if (!claim) throw new AssertionError({ message, stackStartFn: assert });
}

/** Returns `value` where our own code guarantees that it is there. */
export function must<T>(value: T | null | undefined, message = "a value that must be there is missing"): T {
  if (value === null || value === undefined) throw new AssertionError({ message, stackStartFn: must });
  return value;
}

/** Closes a `switch` over a union: a new member that is not handled does not compile. */
export function unreachable(value: never): never {
  throw new AssertionError({ message: `unreachable: ${JSON.stringify(value)}`, stackStartFn: unreachable });
}
