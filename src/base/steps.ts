/** Work that is done in steps, so that whoever runs it may do other things between two of them. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** All steps at once. Throws what a step throws. */
export function runSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
