/** Who can read the page of a real node: what it is bound to, whom it answers, and what it does without its port. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { request } from "node:http";
import { connect, createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { metricsRoute } from "../../src/api/contract/route.ts";
import { removeFolder, runArgus, temporaryFolder, TestNode, until, type TestAlert } from "../support/argus-process.ts";
import { sendTcp } from "../support/seed-cluster.ts";

const [port, takenPort, workerPort] = [25_720, 25_721, 25_722];
const folder = temporaryFolder("page-access");
const node = new TestNode(join(folder, "home"));
const dashboard = (at: number): string => `<dashboard><enabled>yes</enabled><port>${at}</port></dashboard>`;
const remote = (address: string): string =>
  "<remote><connection>syslog</connection><port>10514</port><protocol>tcp</protocol>" +
  `<allowed-ips>127.0.0.0/8</allowed-ips><local_ip>${address}</local_ip></remote>`;
const line = "Nov 25 10:00:00 web sshd[1]: Failed password for root from 203.0.113.9 port 4 ssh2";

before(async () => {
  node.write("etc/ossec.conf", `<ossec_config>${remote("127.71.20.1")}${dashboard(port)}</ossec_config>`);
  node.start();
  await node.untilReady();
  await until("the page", () => canConnect("127.0.0.1", port));
});

after(async () => {
  await node.kill();
  removeFolder(folder);
});

function canConnect(host: string, at: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: at });
    const end = (could: boolean): void => {
      socket.destroy();
      resolve(could);
    };
    socket.once("connect", () => end(true)).once("error", () => end(false));
  });
}

function get(path: string, headers: Record<string, string> = {}): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, headers, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.once("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    asked.once("error", reject).end();
  });
}

test("is bound to 127.0.0.1 and to nothing else", async () => {
  const own = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  const others = ["127.0.0.2", "127.71.20.1", "::1", ...own.map(({ address }) => address)];
  for (const address of others.filter((one) => one !== "127.0.0.1")) {
    equal(await canConnect(address, port), false, address);
  }
  match(node.read("logs/ossec.log"), /the page is at http:\/\/127\.0\.0\.1:25720/);
});

test("answers this machine, and shows it what the socket shows", async () => {
  equal((await get("/")).status, 200);
  const status = JSON.parse((await get("/api/status")).body) as { role: string; processId: number };
  deepEqual([status.role, status.processId], ["master", node.processId]);
  await sendTcp("127.71.20.1", [line]);
  const shown = await until("the alert", async () => {
    const { alerts } = JSON.parse((await get("/api/alerts/last?count=1")).body) as { alerts: TestAlert[] };
    return alerts.find(({ rule }) => rule.id === "5760");
  });
  const { body } = await get(`/api/alerts/one?id=${shown.id}`);
  ok(node.read("logs/alerts/alerts.json").includes(`${body}\n`), "byte for byte as it stands in the file");
});

test("tells nothing to a name that leads here, or to another site, and counts them", async () => {
  for (const path of ["/", "/api/alerts/last", "/api/stream"]) {
    const renamed = await get(path, { host: `rebound.example:${port}` });
    equal(renamed.status, 421, path);
    match(renamed.body, /ARGUS_API_HOST/);
    const elsewhere = await get(path, { origin: "http://evil.example", "sec-fetch-site": "cross-site" });
    equal(elsewhere.status, 403, path);
    match(elsewhere.body, /ARGUS_API_ORIGIN/);
  }
  const metrics = await node.api.get(metricsRoute);
  deepEqual([metrics["page.refusedHost"], metrics["page.refusedOrigin"], metrics["page.streams"]], [3, 3, 0]);
});

test("has no route that is for the socket alone", async () => {
  for (const path of ["/api/journal", "/api/metrics", "/journal", "/metrics"]) {
    equal((await get(path)).status, 404, path);
  }
});

test("does not keep a node from its work when the port is taken, and is served when it is free", async () => {
  const blocker = createServer().listen({ host: "127.0.0.1", port: takenPort });
  const other = new TestNode(join(folder, "taken"));
  other.write("etc/ossec.conf", `<ossec_config>${remote("127.71.20.2")}${dashboard(takenPort)}</ossec_config>`);
  other.start();
  try {
    await other.untilReady();
    await sendTcp("127.71.20.2", [line]);
    await until("the alert", () => other.alerts().some(({ rule }) => rule.id === "5760"));
    const errors = other.read("logs/ossec.log").match(/ERROR.*ARGUS_API_PAGE: .*127\.0\.0\.1:25721.*EADDRINUSE/g);
    equal(errors?.length, 1);
    await new Promise((resolve) => blocker.close(resolve));
    await until("the page", () => canConnect("127.0.0.1", takenPort), 15_000);
    equal(await other.stop(), 0, other.output);
  } finally {
    await other.kill();
    blocker.close();
  }
});

test("is not served by a worker, whatever its configuration says", async () => {
  const worker = new TestNode(join(folder, "worker"));
  worker.write(
    "etc/ossec.conf",
    `<cluster><name>argus-cluster</name><node_name>worker-node1</node_name><node_type>worker</node_type>
    <key>0123456789abcdef0123456789abcdef0123</key><bind_addr>127.71.20.3</bind_addr></cluster>
    ${dashboard(workerPort)}`,
  );
  worker.start();
  try {
    await worker.untilReady();
    equal(await canConnect("127.0.0.1", workerPort), false);
    const said = worker.read("logs/ossec.log").match(/INFO.*the page is not served here/g);
    equal(said?.length, 1);
  } finally {
    await worker.kill();
  }
});

test("is off where nobody has asked for it", async () => {
  const explained = await runArgus(["config", "explain", "dashboard"]);
  match(explained.stdout, /enabled[^]*no/);
  const quiet = new TestNode(join(folder, "quiet"));
  quiet.write("etc/ossec.conf", "<ossec_config><dashboard><port>25723</port></dashboard></ossec_config>");
  quiet.start();
  try {
    await quiet.untilReady();
    equal(await canConnect("127.0.0.1", 25_723), false);
  } finally {
    await quiet.kill();
  }
});
