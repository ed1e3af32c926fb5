/** Rules that change under a running master: they answer from their record on, and no event is lost or doubled. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { rulesetRoute } from "../../src/api/contract/route.ts";
import { removeFolder, runArgus, temporaryFolder, TestNode, until } from "../support/argus-process.ts";
import { sendTcp } from "../support/seed-cluster.ts";

const folder = temporaryFolder("reload");
after(() => removeFolder(folder));

const rulesPath = "etc/rules/local_rules.xml";

function newNode(name: string, address: string): TestNode {
  const node = new TestNode(join(folder, name));
  const remote =
    "<remote><connection>syslog</connection><port>10514</port><protocol>tcp</protocol>" +
    `<allowed-ips>127.0.0.0/8</allowed-ips><local_ip>${address}</local_ip></remote>`;
  node.write("etc/ossec.conf", `<ossec_config>${remote}</ossec_config>`);
  return node;
}

/** A rule whose level changes, one that does not, and one that counts it. */
const rulesOf = (level: number | string): string => `<group name="local,">
  <rule id="100100" level="${level}"><match>a tick </match><description>A tick.</description></rule>
  <rule id="100101" level="3"><match>a knock</match><description>A knock.</description></rule>
  <rule id="100102" level="10" frequency="3" timeframe="600">
    <if_matched_sid>100101</if_matched_sid><description>Three knocks.</description>
  </rule>
</group>
`;

const tick = (count: number): string => `Nov 25 10:00:00 web clock: a tick ${count} of the clock`;
const knock = "Nov 25 10:00:00 web door: a knock at the door";
const numberOf = (log: string): number => Number(/a tick (\d+) /.exec(log)?.[1]);

/** A sender that never stops on its own. */
class Ticks {
  readonly #socket: Socket;
  readonly #timer: NodeJS.Timeout;
  sent = 0;

  constructor(address: string) {
    this.#socket = connect({ host: address, port: 10_514 });
    this.#timer = setInterval(() => {
      this.#socket.write(`<38>${tick(this.sent++)}\n`);
    }, 5);
  }

  end(): Promise<void> {
    clearInterval(this.#timer);
    return new Promise((resolve) => {
      this.#socket.once("close", () => resolve()).end();
      this.#socket.resume();
    });
  }
}

/** Level and number of each tick that was alerted, in the order of the file. */
function ticksOf(node: TestNode): { level: number; count: number }[] {
  return node
    .alerts()
    .filter(({ rule }) => rule.id === "100100")
    .map(({ rule, full_log }) => ({ level: rule.level, count: numberOf(full_log) }));
}

const reload = (node: TestNode) => runArgus(["ruleset", "reload", "--home", node.home]);
const untilLevel = (node: TestNode, level: number): Promise<boolean> =>
  until(
    () => `a tick of level ${level}\n${node.output}`,
    () => ticksOf(node).at(-1)?.level === level,
  );

async function isReplayedAlike(node: TestNode): Promise<void> {
  const check = await runArgus(["journal", "check", "--replay", "--home", node.home]);
  equal(check.code, 0, check.stdout + check.stderr);
}

test("what is edited answers from its record on, what does not load leaves what was, and windows are kept", async () => {
  const address = "127.75.0.1";
  const node = newNode("edited", address);
  node.write(rulesPath, rulesOf(5));
  node.start();
  try {
    await node.untilReady();
    const ticks = new Ticks(address);
    await untilLevel(node, 5);
    await sendTcp(address, [knock, knock]);
    await until("two knocks", () => node.alerts().filter(({ rule }) => rule.id === "100101").length === 2);

    node.write(rulesPath, rulesOf(6)); // Found by the node itself.
    await untilLevel(node, 6);
    await sendTcp(address, [knock]);
    await until("the third knock is counted", () => node.alerts().some(({ rule }) => rule.id === "100102"));

    node.write(rulesPath, rulesOf("no number"));
    const refused = await until("a refusal", async () => (await node.api.get(rulesetRoute)).refused);
    match(refused.problems.join("\n"), /^etc\/rules\/local_rules\.xml:2:\d+: error: /);
    const asked = await reload(node);
    equal(asked.code, 1);
    match(asked.stdout, /local_rules\.xml:2:\d+: error: .*\nthe ruleset does not load; the one of before/);
    match(node.read("logs/ossec.log"), /local_rules\.xml:2:\d+: [^]*the changed ruleset does not load/);
    const status = await runArgus(["cluster", "status", "--home", node.home]);
    equal(status.code, 1);
    match(status.stdout, /^single node: the changed ruleset does not load\n/);
    match(status.stdout, /^ruleset: [0-9a-f]{12}, in force for .*do not load: etc\/rules\/local_rules\.xml:2:/m);
    const sentBefore = ticks.sent;
    await until("ticks go on", () => (ticksOf(node).at(-1)?.count ?? 0) > sentBefore);
    equal(ticksOf(node).at(-1)?.level, 6);

    node.write(rulesPath, rulesOf(7));
    const again = await reload(node);
    match(again.stdout, /ruleset [0-9a-f]{12} is in force (from here on|already)/);
    equal(again.code, 0);
    await untilLevel(node, 7);
    node.write(rulesPath, rulesOf(8));
    process.kill(node.processId, "SIGHUP");
    await untilLevel(node, 8);
    equal((await node.api.get(rulesetRoute)).refused, null);

    await ticks.end();
    await until("all are answered", () => ticksOf(node).length >= ticks.sent);
    const answered = ticksOf(node);
    deepEqual(
      answered.map(({ count }) => count),
      Array.from({ length: ticks.sent }, (_, count) => count),
    );
    ok(answered.every(({ level }, index) => level >= (answered[index - 1]?.level ?? 5)));
    deepEqual([...new Set(answered.map(({ level }) => level))], [5, 6, 7, 8]);
    equal(await node.stop(), 0, node.output);
    await isReplayedAlike(node);
  } finally {
    await node.kill();
  }
});

for (const [index, point] of ["snapshot.written", "snapshot.recorded"].entries()) {
  test(`killed at ${point}, the changed rules answer after the next start, and only what came then`, async () => {
    const address = `127.75.1.${index + 1}`;
    const node = newNode(point, address);
    node.write(rulesPath, rulesOf(5));
    // The first one is the start's own.
    node.start({ ARGUS_TEST_CRASH: `${point}:2` });
    try {
      await node.untilReady();
      await sendTcp(address, [tick(0)]);
      await untilLevel(node, 5);
      node.write(rulesPath, rulesOf(6));
      equal(await node.ended(), null, node.output);
      node.start();
      await node.untilReady();
      await sendTcp(address, [tick(1)]);
      await untilLevel(node, 6);
      equal(await node.stop(), 0, node.output);
      deepEqual(ticksOf(node), [
        { level: 5, count: 0 },
        { level: 6, count: 1 },
      ]);
      await isReplayedAlike(node);
    } finally {
      await node.kill();
    }
  });
}
