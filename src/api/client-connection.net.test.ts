import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { chmod, lstat, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { systemClock } from "../base/clock.ts";
import { logTo, silentLog, type Log } from "../base/log.ts";
import { RecentAlerts } from "../alerts/recent.ts";
import { ListedFeed, sampleAlert, sampleNeeds, sampleStatus } from "../../test/support/api-needs.ts";
import { ApiClient } from "./client-connection.ts";
import { alertsRoute, nodesRoute, statusRoute } from "./contract/route.ts";
import { STREAMS_MAX } from "./handler.ts";
import type { ApiNeeds } from "./needs.ts";
import { ApiServer } from "./server-connection.ts";

async function makeHome(context: TestContext, name = "home"): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "argus-api-test-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return join(folder, name);
}

interface Running {
  stop(): Promise<void>;
}

async function start(context: TestContext, home: string, needs: ApiNeeds, log: Log = silentLog): Promise<Running> {
  const server = new ApiServer({ home, needs, clock: systemClock, log });
  const stopping = new AbortController();
  const running = server.run(stopping.signal);
  await Promise.race([server.ready(), running]);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await running;
  };
  context.after(stop);
  return { stop };
}

test("answers over the socket of its home, which is closed to others and gone afterwards", async (context) => {
  const home = await makeHome(context);
  const feed = new ListedFeed();
  feed.raise(sampleAlert("1.0", 5));
  const running = await start(context, home, sampleNeeds(feed));
  const client = new ApiClient(home);
  deepEqual(await client.get(statusRoute), sampleStatus);
  equal((await client.get(nodesRoute)).nodes.length, 2);
  deepEqual(
    (await client.get(alertsRoute, { count: 5 })).alerts.map(({ id }) => id),
    ["1.0"],
  );
  const socket = join(home, "queue", "sockets", "argus");
  equal((await lstat(socket)).mode & 0o777, 0o660);
  equal((await lstat(dirname(socket))).mode & 0o777, 0o750);
  await running.stop();
  await rejects(lstat(socket), /ENOENT/);
});

test("says in words that no node is running, and how to start one", async (context) => {
  const home = await makeHome(context);
  await rejects(new ApiClient(home).get(statusRoute), {
    code: "ARGUS_API_NOT_RUNNING",
    message: `no node is running in ${home}; start it with: argus node --home ${home}`,
  });
});

test("takes over the socket of a node that was killed, and not from one that answers", async (context) => {
  const home = await makeHome(context);
  await mkdir(join(home, "queue", "sockets"), { recursive: true });
  await writeFile(join(home, "queue", "sockets", "argus"), "");
  await start(context, home, sampleNeeds(undefined));
  equal((await new ApiClient(home).get(statusRoute)).node, "master-node");
  const second = new ApiServer({ home, needs: sampleNeeds(undefined), clock: systemClock, log: silentLog });
  await rejects(second.run(new AbortController().signal), { code: "ARGUS_API_SOCKET_TAKEN" });
  equal((await new ApiClient(home).get(statusRoute)).node, "master-node");
});

test("passes a refusal on in the node's own code and words", async (context) => {
  const home = await makeHome(context);
  await start(context, home, sampleNeeds(undefined));
  await rejects(new ApiClient(home).get(alertsRoute), { code: "ARGUS_API_NOT_MASTER", message: /ask the master/ });
});

test("puts the socket of a long home into a closed folder, and uses it only while that is closed", async (context) => {
  const home = await makeHome(context, "long-".repeat(30));
  const running = await start(context, home, sampleNeeds(undefined));
  const named = (await readFile(join(home, "queue", "sockets", "argus.path"), "utf8")).trim();
  equal(Buffer.byteLength(named) <= 100, true);
  const client = new ApiClient(home);
  equal((await client.get(statusRoute)).node, "master-node");
  await chmod(dirname(named), 0o755);
  await rejects(client.get(statusRoute), { code: "ARGUS_API_SOCKET", message: /open to others/ });
  await running.stop();
  await rejects(lstat(dirname(named)), /ENOENT/);
  await rejects(client.get(statusRoute), { code: "ARGUS_API_NOT_RUNNING" });
});

test("does not follow a link where the folder of the socket should be", async (context) => {
  const home = await makeHome(context, "long-".repeat(30));
  const beside = await makeHome(context);
  await mkdir(beside, { mode: 0o700 });
  await symlink(beside, `${beside}-link`);
  await mkdir(join(home, "queue", "sockets"), { recursive: true });
  await writeFile(join(home, "queue", "sockets", "argus.path"), `${beside}-link/argus\n`);
  await rejects(new ApiClient(home).get(statusRoute), { code: "ARGUS_API_SOCKET", message: /not a folder/ });
});

test("streams alerts of a level from the last one read, and lets go of the feed when left", async (context) => {
  const home = await makeHome(context);
  const feed = new ListedFeed();
  for (const id of ["1.0", "2.0", "3.0"]) feed.raise(sampleAlert(id, 5));
  const running = await start(context, home, sampleNeeds(feed));
  const stopping = new AbortController();
  const ids: string[] = [];
  for await (const { id, alert } of new ApiClient(home).stream({ level: 5 }, stopping.signal, "1.0")) {
    equal(alert.rule.level, 5);
    ids.push(id);
    if (id === "3.0") {
      feed.raise(sampleAlert("4.0", 3));
      feed.raise(sampleAlert("5.0", 5));
    }
    if (id === "5.0") stopping.abort();
  }
  deepEqual(ids, ["2.0", "3.0", "5.0"]);
  await running.stop();
  equal(feed.listenerCount, 0);
});

test("tells the reader of a stream how many alerts came too fast, and when it resumes behind what is held", async (context) => {
  const home = await makeHome(context);
  const feed = new RecentAlerts();
  for (const id of ["1.0", "2.0"]) feed.add(sampleAlert(id, 5));
  const running = await start(context, home, sampleNeeds(feed));
  const stopping = new AbortController();
  const told: (string | undefined)[] = [];
  const onGap = (count: number | undefined): void => void told.push(`gap ${count ?? "?"}`);
  for await (const { id } of new ApiClient(home).stream({}, stopping.signal, "0.7", onGap)) {
    told.push(id);
    if (id === "2.0") {
      feed.skip(812);
      feed.add(sampleAlert("9.0", 5));
    }
    if (id === "9.0") stopping.abort();
  }
  deepEqual(told, ["gap ?", "1.0", "2.0", "gap 812", "9.0"]);
  await running.stop();
});

test(
  "closes a connection that asks again before it has its answer, and keeps no place for it",
  { timeout: 20_000 },
  async (context) => {
    const home = await makeHome(context);
    const said: string[] = [];
    const running = await start(
      context,
      home,
      sampleNeeds(new ListedFeed()),
      logTo(({ message }) => said.push(message)),
    );
    const ask = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    for (let round = 0; round < 2; round += 1) {
      const socket = connect(join(home, "queue", "sockets", "argus"));
      socket.on("error", () => undefined).write(ask("/stream"));
      await new Promise((resolve) => socket.once("data", resolve));
      socket.resume().write(ask("/stream").repeat(STREAMS_MAX));
      await new Promise((resolve) => socket.once("close", resolve));
    }
    const socket = connect(join(home, "queue", "sockets", "argus"));
    socket.write(ask("/stream"));
    const first = await new Promise<Buffer>((resolve) => socket.once("data", resolve));
    match(first.toString(), /^HTTP\/1\.1 200 /);
    socket.destroy();
    equal(said.filter((line) => line.includes("asked again before it had its answer")).length, 1);
    await running.stop();
  },
);

test("brings a reader up to date that has 8 MiB behind it, nothing twice", { timeout: 20_000 }, async (context) => {
  const home = await makeHome(context);
  const feed = new RecentAlerts();
  const raise = (index: number): void => {
    const { json, ...entry } = sampleAlert(`1.${index}`, 5);
    feed.add({ ...entry, json: json.replace('"d"', `"${"d".repeat(10_000)}"`) });
  };
  for (let index = 0; index < 900; index += 1) raise(index);
  const running = await start(context, home, sampleNeeds(feed));
  const stopping = new AbortController();
  const ids: string[] = [];
  for await (const { id } of new ApiClient(home).stream({}, stopping.signal, "1.0")) {
    ids.push(id);
    if (id === "1.400") for (let index = 900; index < 1_000; index += 1) raise(index);
    if (id === "1.999") stopping.abort();
  }
  deepEqual(
    ids,
    Array.from({ length: 999 }, (_, index) => `1.${index + 1}`),
  );
  await running.stop();
});

test("resumes a stream over a restart of the node, and ends in words when none comes back", async (context) => {
  const home = await makeHome(context);
  const feed = new ListedFeed();
  feed.raise(sampleAlert("1.0", 5));
  let running = await start(context, home, sampleNeeds(feed));
  const ids: string[] = [];
  let afterRestart: Promise<void> | undefined;
  const read = async (): Promise<void> => {
    for await (const { id } of new ApiClient(home, 2_000).stream({}, new AbortController().signal, "0.0")) {
      ids.push(id);
      if (id === "1.0") {
        afterRestart = running.stop().then(async () => {
          feed.raise(sampleAlert("2.0", 5));
          running = await start(context, home, sampleNeeds(feed));
        });
      }
      if (id === "2.0") await running.stop();
    }
  };
  await rejects(read(), { code: "ARGUS_API_NOT_RUNNING" });
  await afterRestart;
  deepEqual(ids, ["1.0", "2.0"]);
});

async function fake(context: TestContext, home: string, answer: RequestListener): Promise<void> {
  await mkdir(join(home, "queue", "sockets"), { recursive: true });
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(join(home, "queue", "sockets", "argus"), resolve));
  context.after(() => server.close());
}

test("takes nothing from a node that answers in another form", async (context) => {
  const answers = ["{}", "not json", '{"nodes":[{"name":7}]}', '{"nodes":'];
  for (const [index, answer] of answers.entries()) {
    const home = await makeHome(context, `home-${index}`);
    await fake(context, home, (_request, response) => response.end(answer));
    await rejects(new ApiClient(home).get(nodesRoute), { code: "ARGUS_API_UNREADABLE" }, answer);
  }
});

test("reads a refusal without a body that it knows as what it is", async (context) => {
  const home = await makeHome(context);
  await fake(context, home, (_request, response) => response.writeHead(502).end("<html>"));
  await rejects(new ApiClient(home).get(statusRoute), (error: Error) => {
    match(error.message, /HTTP status 502/);
    return true;
  });
});
