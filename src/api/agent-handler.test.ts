import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { ListedAgents, ListedFeed, sampleAgent, sampleNeeds } from "../../test/support/api-needs.ts";
import { systemClock } from "../base/clock.ts";
import { buildServer } from "./server.ts";

const agents = new ListedAgents();

async function ask(url: string, method: "GET" | "POST" = "GET"): Promise<{ status: number; body: unknown }> {
  const needs = sampleNeeds(new ListedFeed(), { agents });
  const onFailure = (error: unknown): never => {
    throw error;
  };
  const { server } = buildServer({ needs, clock: systemClock, audience: "everything", onFailure });
  const response = await server.inject({ url, method });
  await server.close();
  return { status: response.statusCode, body: response.json() };
}

const messageOf = ({ body }: { body: unknown }): string => (body as { error: { message: string } }).error.message;

test("lists agents by what is asked for", async () => {
  deepEqual((await ask("/agents?state=active&group=db&count=7")).body, {
    agents: [sampleAgent()],
    ...{ matching: 1, next: "" },
  });
  const query = { state: "active", node: "", version: "", group: "db", search: "", after: "", count: 7 };
  deepEqual({ ...agents.queries.at(-1) }, query);
});

test("says in words what a query or a part of the path may be", async () => {
  const answer = await ask("/agents?state=well");
  equal(answer.status, 400);
  equal(
    messageOf(answer),
    'state is taken once, as one of never_connected, pending, active, disconnected; here it is "well"',
  );
  equal(
    messageOf(await ask("/agents?count=1001")),
    "count is taken once, as a whole number from 1 to 1000; here it is 1001",
  );
  const purge = await ask("/agents/001/remove?purge=perhaps", "POST");
  equal(messageOf(purge), 'purge is taken once, as true or false; here it is "perhaps"');
  const long = await ask("/agents/123456789");
  equal(messageOf(long), 'id is taken once, as a text of at most 8 characters; here it is "123456789"');
});

test("gives one agent, its key and a group, and 404 where there is none", async () => {
  equal((await ask("/agents/001")).status, 200);
  deepEqual((await ask("/agents/001/key", "POST")).body, { id: "001", name: "web", address: "any", key: "k1" });
  deepEqual([(await ask("/agents/002")).status, (await ask("/agents/002/key", "POST")).status], [404, 404]);
  equal((await ask("/groups/default")).status, 200);
  equal(messageOf(await ask(`/groups/${encodeURIComponent("a\u0007b")}`)), "there is no group a\\x07b");
});

test("asks for each change as it was written, and tells why one was refused", async () => {
  agents.changes.length = 0;
  await ask("/agents?name=web&groups=a,b&force=true", "POST");
  await ask("/agents?name=db&address=192.0.2.1&id=007&key=k7", "POST");
  await ask("/agents/001/remove?purge=true", "POST");
  await ask("/agents/001/groups?groups=a,,b", "POST");
  await ask("/agents/001/restart", "POST");
  await ask("/agents/001/reconnect", "POST");
  await ask("/groups?name=web", "POST");
  await ask(`/groups/${"g".repeat(255)}/remove`, "POST");
  deepEqual(agents.changes, [
    { kind: "add", name: "web", address: "any", groups: ["a", "b"], isForced: true },
    { kind: "add", name: "db", address: "192.0.2.1", groups: [], isForced: false, id: "007", key: "k7" },
    { kind: "remove", id: "001", purge: true },
    { kind: "assign", id: "001", groups: ["a", "b"] },
    { kind: "restart", id: "001" },
    { kind: "reconnect", id: "001" },
    { kind: "create-group", group: "web" },
    { kind: "remove-group", group: "g".repeat(255) },
  ]);
  const refused = await ask("/agents/999/remove", "POST");
  deepEqual(refused, { status: 409, body: { error: { code: "ARGUS_API_CHANGE", message: "there is no agent 999" } } });
});
