/** Imports the test files named on the command line into this process; scripts/run-tests.ts starts it. */
import { test } from "node:test";
import { pathToFileURL } from "node:url";

for (const path of process.argv.slice(2)) {
  try {
    await import(pathToFileURL(path).href);
  } catch (error) {
    // One file that cannot be loaded must not hide the tests of the others.
    test(`${path} can be imported`, () => {
      throw error;
    });
  }
}
