/**
 * Every route and where it is served, as a literal table: whoever makes one public changes it here as well, and has
 * read why (src/api/contract/route.ts).
 */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../src/base/clock.ts";
import { PAGE_API_PREFIX, routes } from "../../src/api/contract/route.ts";
import { buildServer, type Audience } from "../../src/api/server.ts";
import { ListedFeed, sampleAlert, sampleNeeds } from "../support/api-needs.ts";

const table = [
  "GET /status          socket, page",
  "GET /nodes           socket, page",
  "GET /alerts/last     socket, page",
  "GET /alerts/one      socket, page",
  "GET /alerts/stream   socket, page",
  "GET /alerts/levels   socket, page",
  "GET /figures         socket, page",
  "GET /cluster-log     socket, page",
  "GET /stream          socket, page",
  "GET /journal         socket",
  "GET /metrics         socket",
  "GET /quarantine      socket",
  "POST /quarantine/release socket",
  "GET /ruleset         socket",
  "POST /ruleset/reload  socket",
  "GET /agents          socket, page",
  "GET /agents/{id}     socket",
  "GET /groups          socket",
  "GET /groups/{name}   socket",
  "POST /agents          socket",
  "POST /agents/{id}/remove socket",
  "POST /agents/{id}/groups socket",
  "POST /agents/{id}/key socket",
  "POST /agents/{id}/restart socket",
  "POST /agents/{id}/reconnect socket",
  "POST /groups          socket",
  "POST /groups/{name}/remove socket",
  "GET /agents/overview socket, page",
];

test("the contract holds these routes, and the page has these of them", () => {
  const listed = routes.map(
    ({ method, path, isPublic }) => `${method} ${path.padEnd(16)} ${isPublic ? "socket, page" : "socket"}`,
  );
  deepEqual(listed, table);
});

test("whatever the page has is a GET, and none stands twice", () => {
  deepEqual(
    routes.filter(({ method, isPublic }) => isPublic && method !== "GET"),
    [],
  );
  equal(new Set(routes.map(({ method, path }) => `${method} ${path}`)).size, routes.length);
});

/** The paths that a server answers, whatever its methods; asked of the server itself and not of the contract. */
async function answered(audience: Audience, method: "GET" | "POST" | "PUT" | "DELETE"): Promise<string[]> {
  const feed = new ListedFeed();
  feed.raise(sampleAlert("1.0", 3));
  const { server, endStreams } = buildServer({
    ...{ needs: sampleNeeds(feed), clock: systemClock, audience, onFailure: () => undefined },
  });
  const found: string[] = [];
  for (const path of new Set(routes.map((route) => route.path))) {
    for (const prefix of ["", PAGE_API_PREFIX]) {
      const place = path.replace("{id}", "001").replace("{name}", "default");
      const url = `${prefix}${place}${path === "/alerts/one" ? "?id=1.0" : ""}`;
      // A stream does not end by itself; its answer is there as soon as it is ended.
      const asked = server.inject({ method, url });
      setImmediate(endStreams);
      if ((await asked).statusCode !== 404) found.push(`${prefix}${path}`);
    }
  }
  await server.close();
  return found;
}

test("each server answers the paths of the table, by the method of the table alone", async () => {
  const paths = (place: string, method: string): string[] => {
    const rows = table.map((row) => row.split(/[ ,]+/));
    return rows.flatMap(([by, path = "", ...places]) => (by === method && places.includes(place) ? [path] : []));
  };
  for (const method of ["GET", "POST", "PUT", "DELETE"] as const) {
    deepEqual((await answered("everything", method)).sort(), paths("socket", method).sort(), method);
    const onPage = paths("page", method).map((path) => `${PAGE_API_PREFIX}${path}`);
    deepEqual((await answered("public", method)).sort(), onPage.sort(), method);
  }
});
