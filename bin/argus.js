#!/usr/bin/env node
/** The only entry of the command `argus`: runs the compiled program, or says what to type where there is none. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const program = new URL("../dist/src/cli/main.js", import.meta.url);
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

/** The `engines` of package.json: earlier releases of each line lack the TLS fixes of January 2026. */
const oldest = { 20: 20, 22: 22, 24: 13 };
const isKnownGood = minor >= (oldest[major] ?? Infinity);

async function run() {
  if (!isKnownGood) {
    process.stderr.write(
      `argus: Node ${process.versions.node} is not one of the releases that Argus is made for: ` +
        "20.20 and later of 20, 22.22 of 22, 24.13 of 24; it may not work.\n",
    );
  }
  if (!existsSync(program)) {
    const folder = fileURLToPath(new URL("..", import.meta.url));
    process.stderr.write(
      `argus: ${folder} is not built, and building needs the compiler. Type there: npm ci --include=dev\n`,
    );
    return 2;
  }
  const { main } = await import(program.href);
  return main(process.argv.slice(2));
}

// Not process.exit: what was written to a pipe would be cut off.
process.exitCode = await run();
