/** Who has made the cluster of `argus up` his own finds it so when another program has taken its page's port. */
import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { removeFolder, temporaryFolder, until } from "../support/argus-process.ts";
import { UpProcess, type UpPlan } from "../support/up-process.ts";

const localRules = `<group name="local,">
  <rule id="100100" level="14">
    <if_sid>5760</if_sid>
    <description>A rule of mine.</description>
  </rule>
</group>
`;

interface Alert {
  rule: { id: string; level: number };
}

async function servedAlerts({ page }: UpPlan): Promise<Alert[]> {
  const answer = await fetch(`${page}/api/alerts/last?count=1000`);
  return ((await answer.json()) as { alerts: Alert[] }).alerts;
}

function take(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen({ host: "127.0.0.1", port }, () => resolve(server));
  });
}

test("what was edited is in force when the page has had to move", async () => {
  const folder = temporaryFolder("up-edits");
  const dir = join(folder, "dir");
  const first = new UpProcess(dir, "127.72.1");
  let second: UpProcess | undefined;
  let taken: Server | undefined;
  try {
    const before = await first.plan();
    await until("an alert", async () => (await servedAlerts(before)).length > 0, 60_000);
    equal(await first.stop(), 0);
    const etc = join(before.nodes[0]?.home ?? "", "etc");
    const conf = readFileSync(join(etc, "ossec.conf"), "utf8");
    const edited = conf.replace(
      "</dashboard>",
      "</dashboard>\n  <alerts><log_alert_level>13</log_alert_level></alerts>",
    );
    notEqual(edited, conf);
    writeFileSync(join(etc, "ossec.conf"), edited);
    mkdirSync(join(etc, "rules"), { recursive: true });
    writeFileSync(join(etc, "rules", "local_rules.xml"), localRules);
    const written = readFileSync(before.alerts, "utf8").length;
    taken = await take(Number(new URL(before.page).port));

    second = new UpProcess(dir, "127.72.1");
    const after = await second.plan();
    notEqual(after.page, before.page);
    deepEqual(after.nodes, before.nodes);
    await until(
      () => `an alert of the local rule; ${second?.complaints}`,
      async () => (await servedAlerts(after)).some(({ rule }) => rule.id === "100100"),
      60_000,
    );
    const [oldPort, newPort] = [before.page, after.page].map((page) => new URL(page).port);
    equal(readFileSync(join(etc, "ossec.conf"), "utf8"), edited.replace(`>${oldPort}<`, `>${newPort}<`));
    ok(!readdirSync(etc).some((name) => name.endsWith(".edited")) && existsSync(join(etc, "rules", "local_rules.xml")));
    const lines = readFileSync(before.alerts, "utf8").slice(written).trim().split("\n");
    const levels = lines.map((line) => (JSON.parse(line) as Alert).rule.level);
    ok(Math.min(...levels) >= 13, `log_alert_level of the edit is in force: ${levels.join(" ")}`);
    match(second.complaints, /is taken; using 127\.0\.0\.1:/);
    equal(await second.stop(), 0);
  } finally {
    taken?.close();
    await first.end();
    await second?.end();
    removeFolder(folder);
  }
});
