import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { hash, randomBytes } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { spawnAgent } from "../../test/support/agent-child.ts";
import { StandInManager } from "../../test/support/stand-in-manager.ts";
import { newFolder } from "../../test/support/temporary-folder.ts";
import { logTo } from "../base/log.ts";
import { managerControl } from "../wire/control-message.ts";
import { type AgentEnd, runAgent } from "./run.ts";

// The timers of an agent do not keep a process alive by themselves.
const awake = setInterval(() => undefined, 1_000);
after(() => clearInterval(awake));

const registration = { id: "007", name: "web7", address: "any", key: "k".repeat(64) };

async function until(what: string, is: () => boolean, msMax = 10_000): Promise<void> {
  for (const endMs = performance.now() + msMax; !is(); await setTimeout(10)) {
    ok(performance.now() < endMs, `within ${msMax} ms: ${what}`);
  }
}

/** A home of an agent that follows one file, and the agent itself, in this process or as a child. */
class TestAgent {
  readonly home = newFolder("agent");
  readonly file = join(this.home, "app.log");
  readonly said: string[] = [];
  #stop = new AbortController();
  #done: Promise<AgentEnd> | undefined;
  child: ChildProcess | undefined;
  lines = 0;

  constructor(managers: readonly StandInManager[], more = "") {
    mkdirSync(join(this.home, "etc"));
    writeFileSync(this.file, "");
    writeFileSync(join(this.home, "etc", "client.keys"), "007 web7 any " + "k".repeat(64) + "\n");
    this.configure(
      managers.map(({ port }) => port),
      more,
    );
  }

  configure(ports: readonly number[], more = ""): void {
    const servers = ports.map((port) => `<server><address>127.0.0.1</address><port>${port}</port></server>`).join("");
    const client = `<client>${servers}<notify_time>1s</notify_time></client>`;
    const start = "<only-future-events>no</only-future-events>";
    const localfile = `<localfile><location>${this.file}</location>${start}</localfile>`;
    const text = `<ossec_config>${client}${localfile}${more}</ossec_config>`;
    writeFileSync(join(this.home, "etc", "ossec.conf"), text);
  }

  write(count: number, size = 20): void {
    const last = this.lines + count;
    let text = "";
    while (this.lines < last) text += `${String((this.lines += 1)).padEnd(size, "x")}\n`;
    appendFileSync(this.file, text);
  }

  expected(size = 20): string[] {
    return Array.from({ length: this.lines }, (_, index) => String(index + 1).padEnd(size, "x"));
  }

  start(): void {
    this.#stop = new AbortController();
    const log = logTo(({ level, message }) => void this.said.push(`${level} ${message}`));
    this.#done = runAgent({ home: this.home, log, argusVersion: "0.1.0" }, this.#stop.signal);
    this.#done.catch(() => undefined);
  }

  get done(): Promise<AgentEnd> {
    return this.#done ?? Promise.resolve("stopped");
  }

  stop(): Promise<AgentEnd> {
    this.#stop.abort();
    return this.done;
  }

  spawn(): void {
    this.child = spawnAgent(this.home, (text) => void this.said.push(...text.trim().split("\n")));
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (child === undefined) return;
    const closed = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGKILL");
    await closed;
  }
}

async function withManagers(
  kinds: readonly boolean[],
  act: (...all: StandInManager[]) => Promise<void>,
): Promise<void> {
  const all = await Promise.all(kinds.map((isArgus) => StandInManager.open(registration, isArgus)));
  try {
    await act(...all);
  } finally {
    for (const one of all) await one.close().catch(() => undefined);
  }
}

for (const isArgus of [true, false]) {
  test(`says what it is, and what its file says, to ${isArgus ? "a node" : "a plain manager"}`, () =>
    withManagers([isArgus], async (manager) => {
      const agent = new TestAgent([manager]);
      agent.start();
      await until("the agent's own first event", () => manager.logs.length === 1);
      deepEqual(manager.logs, ["wazuh-agent:ossec: Agent started: 'web7->any'."]);
      agent.write(1_000);
      await until("all lines", () => manager.linesOf(agent.file).length === 1_000);
      deepEqual(manager.linesOf(agent.file), agent.expected());
      equal(manager.numbers.size > 0, isArgus);
      await agent.stop();
      const [startup, keepalive = "", ...rest] = manager.controls;
      equal(startup, '#!-agent startup {"version":"v4.14.0","argus":1}');
      match(
        keepalive,
        /^#!-Linux \|[^\n]* - Wazuh v4\.14\.0\n#"_argus_version":0\.1\.0\nx merged\.mg\n#"_agent_ip":127\.0/,
      );
      await until("the shutdown", () => manager.controls.at(-1) === "#!-agent shutdown ");
      ok(rest.length > 0);
    }));
}

test("killed at any moment it loses no line, and its numbers tell what it sends twice", () =>
  withManagers([true], async (manager) => {
    const agent = new TestAgent([manager], "<client_buffer><size>16MiB</size></client_buffer>");
    agent.spawn();
    await until("it is connected", () => manager.connections > 0);
    for (let run = 0; run < 5; run += 1) {
      agent.write(3_000, 120);
      await setTimeout(60 + run * 61);
      await agent.kill();
      agent.write(200, 120);
      agent.spawn();
    }
    await until("all lines", () => manager.linesOf(agent.file).length >= agent.lines, 40_000);
    deepEqual(manager.linesOf(agent.file), agent.expected(120));
    await agent.kill();
  }));

test("what a node has not stored it sends to the next one, and there it is known by its numbers", () =>
  withManagers([true, true], async (first, second) => {
    const agent = new TestAgent([first, second]);
    first.stores = false;
    agent.start();
    agent.write(500);
    await until("the first has the lines", () => first.linesOf(agent.file).length === 500);
    await first.close();
    await until("the second has them as well", () => second.linesOf(agent.file).length === 500);
    for (const number of first.numbers) ok(second.numbers.has(number), number);
    agent.write(500);
    await until("and what comes then", () => second.linesOf(agent.file).length === 1_000);
    deepEqual([second.linesOf(agent.file), second.repeated], [agent.expected(), 0]);
    await agent.stop();
  }));

test("a node that is cut off again and again gets each event, and no other number twice than it had", () =>
  withManagers([true], async (manager) => {
    const agent = new TestAgent([manager]);
    agent.start();
    for (let cut = 0; cut < 4; cut += 1) {
      agent.write(2_000, 200);
      await until("some lines", () => manager.linesOf(agent.file).length > cut * 2_000);
      manager.cut();
    }
    await until("all lines", () => manager.linesOf(agent.file).length === 8_000, 40_000);
    deepEqual(manager.linesOf(agent.file), agent.expected(200));
    await agent.stop();
  }));

test("a plain manager's acks release: after a restart nothing that was read is sent again", () =>
  withManagers([false], async (manager) => {
    const agent = new TestAgent([manager]);
    agent.start();
    agent.write(300);
    await until("the lines", () => manager.linesOf(agent.file).length === 300);
    const notified = manager.controls.length;
    await until("three keepalives", () => manager.controls.length >= notified + 3);
    await agent.stop();
    agent.spawn();
    await until("it speaks again", () => manager.logs.filter((log) => log.includes("Agent started")).length === 2);
    agent.write(10);
    await until("new lines", () => manager.linesOf(agent.file).length >= 310);
    deepEqual(manager.linesOf(agent.file), agent.expected());
    await agent.kill();
  }));

test("while nobody stores anything the buffer fills, the file waits, and nothing is lost", () =>
  withManagers([true], async (manager) => {
    const agent = new TestAgent([manager], "<client_buffer><size>16MiB</size></client_buffer>");
    manager.stores = false;
    agent.start();
    await until("it is connected", () => manager.connections > 0);
    // Noise, which no compression makes small: 29 MiB, of which 22 are left, into a share of 16.
    const noise = randomBytes(22 * 1_024 * 1_024).toString("base64");
    const lines = noise.match(/.{20000}/g) ?? [];
    appendFileSync(agent.file, `${lines.join("\n")}\n`);
    await until("the buffer is full", () => agent.said.some((line) => line.includes("events wait")), 60_000);
    const stoppedMs = performance.now();
    equal(await agent.stop(), "stopped");
    ok(performance.now() - stoppedMs < 10_000, "a full buffer holds up nobody's end");
    manager.stores = true;
    agent.start();
    await until("all lines", () => manager.linesOf(agent.file).length >= lines.length, 40_000);
    deepEqual(hash("sha256", manager.linesOf(agent.file).join("\n")), hash("sha256", lines.join("\n")));
    await agent.stop();
  }));

test("takes the manager's files, begins anew by them, follows what agent.conf adds, and says their sum", () =>
  withManagers([true], async (manager) => {
    const agent = new TestAgent([manager]);
    const extra = join(agent.home, "extra.log");
    writeFileSync(extra, "from before\n");
    agent.start();
    await until("it is live", () => manager.logs.length > 0);
    const conf = `<agent_config name="web7"><localfile><location>${extra}</location>
      <only-future-events>no</only-future-events></localfile></agent_config>
      <agent_config name="web8"><localfile><location>/nowhere</location></localfile></agent_config>`;
    const merged = `#default\n!${Buffer.byteLength(conf)} agent.conf\n${conf}!2 lists/a\nxy`;
    const md5 = hash("md5", merged);
    writeFileSync(join(agent.home, "etc", "shared", "old"), "");
    manager.say(managerControl({ kind: "file_begin", md5, name: "merged.mg" }));
    manager.say(merged.slice(0, 50));
    manager.say(merged.slice(50));
    manager.say(managerControl({ kind: "file_end" }));
    equal(await agent.done, "restart");
    equal(readFileSync(join(agent.home, "etc", "shared", "lists", "a"), "utf8"), "xy");
    equal(existsSync(join(agent.home, "etc", "shared", "old")), false);
    agent.start();
    await until("the line of the other file", () => manager.linesOf(extra).length === 1);
    ok(manager.controls.at(-1)?.includes(`${md5} merged.mg\n`) || manager.controls.some((one) => one.includes(md5)));
    await agent.stop();
  }));

test("a file of the manager that leads out of etc/shared is refused whole", () =>
  withManagers([true], async (manager) => {
    const agent = new TestAgent([manager]);
    agent.start();
    await until("it is live", () => manager.logs.length > 0);
    const merged = "!2 a\nxy!2 ../ossec.conf\nxy";
    manager.say(managerControl({ kind: "file_begin", md5: hash("md5", merged), name: "merged.mg" }));
    manager.say(merged);
    manager.say(managerControl({ kind: "file_end" }));
    await until("it says so", () => agent.said.some((line) => line.includes("merged_bad_name")));
    equal(existsSync(join(agent.home, "etc", "shared", "a")), false);
    await agent.stop();
  }));

test("answers what a manager asks", () =>
  withManagers([true], async (manager) => {
    const agent = new TestAgent([manager]);
    agent.start();
    await until("it is live", () => manager.logs.length > 0);
    manager.say(managerControl({ kind: "request", counter: "1", target: "agent", command: "getstate" }));
    manager.say(managerControl({ kind: "request", counter: "2", target: "syscheck", command: "getconfig syscheck" }));
    await until("two answers", () => manager.controls.filter((one) => one.startsWith("#!-req ")).length === 2);
    const [state = "", absent] = manager.controls.filter((one) => one.startsWith("#!-req "));
    match(state, /^#!-req 1 \{"error":0,"data":\{"status":"connected","msg_sent":\d+,/);
    equal(absent, "#!-req 2 err No such file or directory");
    await agent.stop();
  }));

test("a home that names no manager, or whose key is none, is refused by file and line", async () => {
  const agent = new TestAgent([]);
  agent.start();
  await rejects(agent.done, /ossec\.conf: error: no <client> names a manager/);
  writeFileSync(join(agent.home, "etc", "client.keys"), "007 web7 any\n");
  agent.start();
  await rejects(agent.done, /client\.keys:1: a line is: id, name, address, key/);
});
