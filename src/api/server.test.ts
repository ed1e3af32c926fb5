import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../base/clock.ts";
import {
  ListedFeed,
  ListedLog,
  sampleAlert,
  sampleLogLine,
  sampleNeeds,
  SetFigures,
} from "../../test/support/api-needs.ts";
import { PAGE_API_PREFIX, routes } from "./contract/route.ts";
import type { AlertsReply } from "./contract/reply.ts";
import type { ApiNeeds } from "./needs.ts";
import { buildServer, served, type Audience } from "./server.ts";

const failures: unknown[] = [];

async function ask(url: string, needs: ApiNeeds = sampleNeeds(new ListedFeed()), audience: Audience = "everything") {
  const { server } = buildServer({ needs, clock: systemClock, audience, onFailure: (error) => failures.push(error) });
  const response = await server.inject(url);
  await server.close();
  return { status: response.statusCode, body: response.json() as Record<string, unknown> };
}

test("serves the page what is public, below its prefix, and nothing else", async () => {
  const paths = (audience: Audience): string[] => served(audience).map(({ method, path }) => `${method} ${path}`);
  for (const { method, path, isPublic } of routes) {
    equal(paths("public").includes(`${method} ${path}`), isPublic, path);
    equal((await ask(path, undefined, "public")).status, 404, `${path} without the prefix`);
    if (!isPublic && method === "GET")
      equal((await ask(`${PAGE_API_PREFIX}${path}`, undefined, "public")).status, 404, path);
  }
  equal((await ask(`${PAGE_API_PREFIX}/status`, undefined, "public")).status, 200);
  equal((await ask(`${PAGE_API_PREFIX}/status`)).status, 404, "the socket keeps its paths");
});

test("answers each route with what the node says", async () => {
  deepEqual((await ask("/status")).body["node"], "master-node");
  deepEqual((await ask("/nodes")).body["nodes"], sampleNeeds(undefined).status.nodes());
  deepEqual((await ask("/metrics")).body, { "intake.udp.dropped": 3 });
  equal((await ask("/journal")).body["checkpoint"], 700);
  deepEqual((await ask("/figures")).body, new SetFigures().figures());
  deepEqual((await ask("/alerts/levels")).body, new SetFigures().levels(0).levels);
});

test("gives the newest alerts of a level, as they stand in the file", async () => {
  const feed = new ListedFeed();
  for (const [id, level] of [
    ["1.0", 3],
    ["1.9", 12],
    ["2.5", 5],
  ] as const)
    feed.raise(sampleAlert(id, level));
  const ids = async (url: string) =>
    ((await ask(url, sampleNeeds(feed))).body["alerts"] as { id: string }[]).map(({ id }) => id);
  deepEqual(await ids("/alerts/last"), ["1.0", "1.9", "2.5"]);
  deepEqual(await ids("/alerts/last?count=2"), ["1.9", "2.5"]);
  deepEqual(await ids("/alerts/last?level=5&count=1"), ["2.5"]);
  deepEqual(await ids("/alerts/last?level=13"), []);
});

test("gives the page the newest alerts that 1 MiB has room for, says how many had none, and the socket all", async () => {
  const feed = new ListedFeed();
  for (let index = 0; index < 40; index += 1) {
    const { json, ...entry } = sampleAlert(`${index}.0`, 3);
    feed.raise({ ...entry, json: json.replace('"d"', `"${"é".repeat(50_000)}"`) });
  }
  const url = "/alerts/last?count=30";
  const page = (await ask(`${PAGE_API_PREFIX}${url}`, sampleNeeds(feed), "public")).body as AlertsReply;
  deepEqual(
    [page.alerts.length, page.omitted, page.alerts[0]?.id, page.alerts.at(-1)?.id],
    [10, 20, "30.0", "39.0"],
    "ten of 100 kB each, in bytes and not in characters",
  );
  const socket = (await ask(url, sampleNeeds(feed))).body as AlertsReply;
  deepEqual([socket.alerts.length, socket.omitted], [30, 0]);
  const { json, ...last } = sampleAlert("99.0", 3);
  feed.raise({ ...last, json: json.replace('"d"', `"${"d".repeat(3_000_000)}"`) });
  const one = (await ask(`${PAGE_API_PREFIX}${url}`, sampleNeeds(feed), "public")).body as AlertsReply;
  deepEqual([one.alerts.map(({ id }) => id), one.omitted], [["99.0"], 29]);
});

test("gives one alert whole while it is held, and says where it is when it is not", async () => {
  const feed = new ListedFeed();
  const entry = sampleAlert("1.0", 3);
  const long = { ...entry, json: entry.json.replace('"d"', `"${"d".repeat(90_000)}"`) };
  feed.raise(long);
  const found = await ask("/alerts/one?id=1.0", sampleNeeds(feed));
  equal(JSON.stringify(found.body), long.json);
  const { status, body } = await ask("/alerts/one?id=1.1", sampleNeeds(feed));
  equal(status, 404);
  deepEqual((body["error"] as { code: string }).code, "ARGUS_API_ALERT");
  match(JSON.stringify(body), /alerts\.json/);
  for (const query of ["", "?id", `?id=${"1".repeat(65)}`, "?id=1&id=2"]) {
    const wanted = query === "?id" ? 404 : 400; // An id that is empty is no alert's.
    equal((await ask(`/alerts/one${query}`, sampleNeeds(feed))).status, wanted, query);
  }
});

test("gives the newest lines of cluster.log, on a worker too", async () => {
  const clusterLog = new ListedLog();
  for (let index = 1; index <= 120; index += 1) clusterLog.write(sampleLogLine(`${index}`));
  const ids = async (url: string) =>
    ((await ask(url, sampleNeeds(undefined, { clusterLog }))).body["lines"] as { id: string }[]).map(({ id }) => id);
  deepEqual(await ids("/cluster-log?count=2"), ["119", "120"]);
  equal((await ids("/cluster-log")).length, 100);
  equal((await ask("/cluster-log?count=501")).status, 400);
});

test("says on a worker that the master is to be asked", async () => {
  const paths = [
    "/alerts/last",
    "/alerts/stream",
    "/alerts/one?id=1.0",
    "/alerts/levels",
    "/figures",
    "/stream",
    "/journal",
    "/ruleset",
    "/quarantine",
  ];
  for (const path of paths) {
    const { status, body } = await ask(path, sampleNeeds(undefined));
    equal(status, 409, path);
    deepEqual(body, { error: { code: "ARGUS_API_NOT_MASTER", message: "this node is a worker; ask the master" } });
  }
});

test("refuses a query that the contract does not know, and says what is wrong with which parameter", async () => {
  const count = "count is taken once, as a whole number from 1 to 1000";
  const cases: Record<string, string> = {
    "/alerts/last?levle=12": 'there is no parameter "levle" here; there are count, level',
    "/alerts/last?__proto__=1": 'there is no parameter "__proto__" here; there are count, level',
    "/alerts/last?level=seven": 'level is taken once, as a whole number from 0 to 16; here it is "seven"',
    "/alerts/last?count=0": `${count}; here it is 0`,
    "/alerts/last?count=1001": `${count}; here it is 1001`,
    "/alerts/last?count=1&count=2": `${count}; here it is ["1","2"]`,
    "/alerts/one": "id is missing; it is taken once, as a text of at most 64 characters",
    [`/alerts/one?id=${"1".repeat(300)}`]: `id is taken once, as a text of at most 64 characters; here it is "${"1".repeat(39)}…`,
    "/status?a%0Ab=1": 'there is no parameter "a\\nb" here; there are none',
  };
  for (const [url, message] of Object.entries(cases)) {
    const { status, body } = await ask(url);
    equal(status, 400, url);
    deepEqual(body, { error: { code: "ARGUS_API_QUERY", message } }, url);
  }
});

test("answers an unknown route and another method with a code", async () => {
  const { status, body } = await ask("/alerts");
  equal(status, 404);
  equal((body["error"] as { code: string }).code, "ARGUS_API_ROUTE");
  const { server } = buildServer({
    ...{
      needs: sampleNeeds(undefined),
      clock: systemClock,
      audience: "everything" as const,
      onFailure: () => undefined,
    },
  });
  equal((await server.inject({ method: "POST", url: "/status" })).statusCode, 404);
  await server.close();
});

test("tells the log of a failure of ours, and the reader only that there was one", async () => {
  failures.length = 0;
  const needs = sampleNeeds(undefined);
  needs.status.metrics = () => {
    throw new Error("the secret is 42");
  };
  const { status, body } = await ask("/metrics", needs);
  equal(status, 500);
  match(String(failures[0]), /secret is 42/);
  equal(JSON.stringify(body).includes("42"), false);
});
