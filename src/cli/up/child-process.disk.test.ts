import { deepEqual, equal, throws } from "node:assert/strict";
import { readFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { until } from "../../../test/support/argus-process.ts";
import { ChildNode, type ChildNodeOptions } from "./child-process.ts";
import type { LocalNode } from "./local-homes.ts";

const folder = mkdtempSync(join(tmpdir(), "argus-child-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const node: LocalNode = {
  ...{ name: "worker-node1", role: "worker", home: folder, address: "127.0.0.1", port: 1 },
  ...{ syslogPort: 2, agentPort: 3, authPort: 4, demoFile: "", feedFile: "" },
};

interface Started {
  child: ChildNode;
  said: string[];
  /** The starts so far, each as what the program wrote of itself. */
  starts(): string[];
}

/** A program that notes its start and then does `body`. */
function start(name: string, body: string, change: Partial<ChildNodeOptions> = {}): Started {
  const log = join(folder, `${name}.log`);
  writeFileSync(log, "");
  const script = join(folder, `${name}.cjs`);
  const noteStart = `require("fs").appendFileSync(${JSON.stringify(log)}, "crash " + process.env.ARGUS_TEST_CRASH + "\\n");`;
  writeFileSync(script, `${noteStart}\n${body}\n`);
  const said: string[] = [];
  const child = new ChildNode({ node, say: (text) => void said.push(text), crash: "", command: [script], ...change });
  child.start();
  const starts = (): string[] => readFileSync(log, "utf8").split("\n").slice(0, -1);
  return { child, said, starts };
}

function processOf(child: ChildNode): number {
  const pid = child.processId;
  if (pid === undefined) throw new Error("the child does not run");
  return pid;
}

const stay = "setInterval(() => undefined, 1000);";

test("starts a node again that dies, with its last words told, and lets it crash on purpose only the first time", async () => {
  const body = `process.stderr.write("argus: the disk is full\\n"); process.exitCode = 3;`;
  const { child, said, starts } = start("dying", body, { crash: "spool.batch.written:2" });
  await until("two starts", () => starts().length >= 2);
  await child.stop();
  deepEqual(starts().slice(0, 2), ["crash spool.batch.written:2", "crash "]);
  equal(said[0], "worker-node1 ended (exit code 3: argus: the disk is full); it is started again");
});

test("says by which signal a node was ended", async () => {
  const { child, said, starts } = start("killed", stay);
  await until("a start", () => starts().length === 1);
  process.kill(processOf(child), "SIGKILL");
  await until("the next start", () => starts().length === 2);
  await child.stop();
  deepEqual(said, ["worker-node1 ended (signal SIGKILL); it is started again"]);
});

test("lets a node end by itself when it is stopped, and starts it no more", async () => {
  const { child, said, starts } = start("obedient", `process.on("SIGTERM", () => process.exit(0)); ${stay}`);
  await until("a start", () => starts().length === 1);
  await child.stop();
  equal(child.processId, undefined);
  deepEqual([said, starts().length], [[], 1]);
});

test("kills a node that does not drain in time", async () => {
  const { child, starts } = start("stubborn", `process.on("SIGTERM", () => undefined); ${stay}`, { stopMsMax: 300 });
  await until("a start", () => starts().length === 1);
  const pid = processOf(child);
  await child.stop();
  throws(() => process.kill(pid, 0), { code: "ESRCH" });
});
