import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../base/clock.ts";
import { ListedFeed, sampleAlert, sampleNeeds } from "../../test/support/api-needs.ts";
import { routes } from "./contract/route.ts";
import type { ApiNeeds } from "./needs.ts";
import { buildServer, served, type Audience } from "./server.ts";

const failures: unknown[] = [];

async function ask(url: string, needs: ApiNeeds = sampleNeeds(new ListedFeed()), audience: Audience = "everything") {
  const { server } = buildServer({ needs, clock: systemClock, audience, onFailure: (error) => failures.push(error) });
  const response = await server.inject(url);
  await server.close();
  return { status: response.statusCode, body: response.json() as Record<string, unknown> };
}

test("lists every route and where it is served", () => {
  const listed = routes.map(({ method, path, isPublic }) => `${method} ${path} ${isPublic ? "socket+page" : "socket"}`);
  deepEqual(listed, [
    "GET /status socket+page",
    "GET /nodes socket+page",
    "GET /alerts/last socket+page",
    "GET /alerts/stream socket+page",
    "GET /journal socket",
    "GET /metrics socket",
  ]);
});

test("serves the page no route that is not public, whatever the contract grows to", async () => {
  for (const route of routes.filter(({ isPublic }) => !isPublic)) {
    equal((await ask(route.path, undefined, "public")).status, 404, route.path);
  }
  equal(
    served("public").every((route) => route.method === "GET"),
    true,
  );
});

test("answers each route with what the node says", async () => {
  deepEqual((await ask("/status")).body["node"], "master-node");
  deepEqual((await ask("/nodes")).body["nodes"], sampleNeeds(undefined).status.nodes());
  deepEqual((await ask("/metrics")).body, { "intake.udp.dropped": 3 });
  equal((await ask("/journal")).body["checkpoint"], 700);
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

test("says on a worker that the master is to be asked", async () => {
  for (const path of ["/alerts/last", "/alerts/stream", "/journal"]) {
    const { status, body } = await ask(path, sampleNeeds(undefined));
    equal(status, 409, path);
    deepEqual(body, { error: { code: "ARGUS_API_NOT_MASTER", message: "this node is a worker; ask the master" } });
  }
});

test("refuses a query that the contract does not know, in words", async () => {
  for (const query of ["levle=12", "level=seven", "count=0", "count=1001", "level=17", "__proto__=1"]) {
    const { status, body } = await ask(`/alerts/last?${query}`);
    equal(status, 400, query);
    equal((body["error"] as { code: string }).code, "ARGUS_API_QUERY");
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
