import { deepEqual, equal, match, ok } from "node:assert/strict";
import { Agent, request } from "node:http";
import { connect, createServer, type Socket } from "node:net";
import { after, test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { ListedFeed, sampleAlert, sampleNeeds } from "../../test/support/api-needs.ts";
import { systemClock } from "../base/clock.ts";
import { logTo, silentLog, type LogLine } from "../base/log.ts";
import { PageServer, pageLimits, type PageLimits } from "./page-connection.ts";
import { pageFilesOf } from "./page-file.ts";
import { securityHeaders } from "./page-guard.ts";
import { STREAMS_MAX } from "./handler.ts";

const port = 25_710;
const script = Buffer.from("export const a = 1;\n".repeat(200));
const files = pageFilesOf([
  ["index.html", Buffer.from("<!doctype html>")],
  ["assets/index-BpQ1.js", script],
]);

interface Running {
  page: PageServer;
  feed: ListedFeed;
  stop(): Promise<void>;
}

async function start(
  context: Pick<TestContext, "after">,
  change: { port?: number; limits?: Partial<PageLimits>; log?: (line: LogLine) => void } = {},
): Promise<Running> {
  const feed = new ListedFeed();
  feed.raise(sampleAlert("1.0", 12));
  const page = new PageServer({
    ...{ port: change.port ?? port, needs: sampleNeeds(feed), files, clock: systemClock },
    ...{ log: change.log === undefined ? silentLog : logTo(change.log) },
    limits: { ...pageLimits, ...change.limits },
  });
  const stopping = new AbortController();
  const running = page.run(stopping.signal);
  await page.ready();
  const stop = async (): Promise<void> => {
    stopping.abort();
    await running;
  };
  context.after(stop);
  return { page, feed, stop };
}

/** The server that most tests ask. */
const shared = await start({ after: (act) => after(act as () => Promise<void>) });

interface Answer {
  status: number;
  head: string;
  body: string;
}

/** Everything that comes back for these bytes, until the other end closes or `msMax` have passed. */
function exchange(bytes: string, { at = port, msMax = 3_000 } = {}): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect({ host: "127.0.0.1", port: at }, () => socket.write(bytes, "latin1"));
    const timer = setTimeout(() => socket.destroy(), msMax);
    socket.setEncoding("latin1").on("data", (piece: string) => (text += piece));
    socket
      .on("error", () => undefined)
      .once("close", () => {
        clearTimeout(timer);
        resolve(text);
      });
  });
}

async function ask(bytes: string, options?: { at?: number; msMax?: number }): Promise<Answer> {
  const text = await exchange(bytes, options);
  const end = text.indexOf("\r\n\r\n");
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0),
    head: text.slice(0, end).toLowerCase(),
    body: text.slice(end + 4),
  };
}

const get = (path: string, ...headers: string[]): Promise<Answer> =>
  ask([`GET ${path} HTTP/1.1`, "Host: localhost", "Connection: close", ...headers, "", ""].join("\r\n"));

function hasOurHeaders({ head }: Answer, what: string): void {
  for (const [name, value] of Object.entries(securityHeaders)) {
    ok(head.includes(`\r\n${name}: ${value.toLowerCase()}`), `${what} lacks ${name}: ${head}`);
  }
  ok(head.includes("\r\ncache-control: "), `${what} may be kept: ${head}`);
  ok(!head.includes("access-control-"), `${what} gives permission: ${head}`);
}

test("serves the page, its files and the public routes, with the headers of all answers", async () => {
  const page = await get("/?theme=dark");
  deepEqual([page.status, page.body], [200, "<!doctype html>"]);
  match(page.head, /cache-control: no-cache/);
  const asset = await get("/assets/index-BpQ1.js", "Accept-Encoding: gzip, br");
  match(asset.head, /cache-control: public, max-age=31536000, immutable/);
  match(asset.head, /vary: accept-encoding/);
  deepEqual(gunzipSync(Buffer.from(asset.body, "latin1")), script);
  equal((await get("/assets/index-BpQ1.js")).body, script.toString());
  const status = await get("/api/status");
  equal((JSON.parse(status.body) as { node: string }).node, "master-node");
  match(status.head, /cache-control: no-store/);
  for (const [what, answer] of Object.entries({ page, asset, status })) hasOurHeaders(answer, what);
});

test("answers what is not in its table with 404, whatever the path is made of", async () => {
  const paths = [
    ...["/cluster", "/index.html", "/assets", "/assets/", "/assets/../", "/assets/../index.html", "/./", "//", "//etc"],
    ...["/..%2f", "/..%2f..%2fetc%2fpasswd", "/%2e%2e/", "/../../../../etc/passwd", "/..\\..\\", "/assets/%00", "/%"],
    ...["/api", "/api/", "/api/journal", "/api/metrics", "/api//status", "/api/../journal", "/api/..%2fjournal"],
    ...["/api/%zz", "/api/status/", "/API/status", "/status", "/nodes", "/constructor", "/__proto__", "/api/__proto__"],
    ...[`/${"a".repeat(9_000)}`, `/api/${"a".repeat(9_000)}`],
  ];
  for (const path of paths) {
    const answer = await get(path);
    equal(answer.status, 404, path);
    hasOurHeaders(answer, path);
    match(answer.body, /"code":"ARGUS_API_ROUTE"/);
    ok(answer.body.length < 200, "it repeats nothing of what was asked");
  }
});

test("refuses a host that is not ours, on files, routes and what there is not alike", async () => {
  const before = shared.page.metrics()["page.refusedHost"] ?? 0;
  const heads = [
    ...["Host: evil.example", "Host: localhost.", "Host: a@localhost", "Host:", "X-No: host"],
    ...["Host: localhost\r\nHost: localhost", "Host: localhost\r\nHost: evil.example"],
  ];
  for (const head of heads) {
    for (const path of ["/", "/assets/index-BpQ1.js", "/api/status", "/api/stream", "/none"]) {
      const answer = await ask(`GET ${path} HTTP/1.1\r\n${head}\r\n\r\n`);
      equal(answer.status, 421, `${path} ${head}`);
      hasOurHeaders(answer, head);
      match(answer.body, /ARGUS_API_HOST/);
    }
  }
  equal(shared.page.metrics()["page.refusedHost"], before + heads.length * 5);
});

test("refuses a target that names its host, and asks HTTP/1.0 for one as well", async () => {
  const absolute = (host: string): string => `GET http://${host}/api/status HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  equal((await ask(absolute("evil.example"))).status, 421);
  equal((await ask(absolute("localhost"))).status, 421);
  equal((await ask("GET / HTTP/1.0\r\n\r\n")).status, 421);
  equal((await ask("GET / HTTP/1.0\r\nHost: 127.0.0.1:25710\r\n\r\n")).status, 200);
});

test("refuses what another site asks for", async () => {
  const before = shared.page.metrics()["page.refusedOrigin"] ?? 0;
  const heads = [
    "Origin: http://evil.example",
    "Origin: null",
    "Sec-Fetch-Site: cross-site",
    "Sec-Fetch-Site: same-site",
  ];
  for (const head of heads) {
    for (const path of ["/", "/api/alerts/last", "/api/stream"]) {
      const answer = await get(path, head);
      equal(answer.status, 403, `${path} ${head}`);
      hasOurHeaders(answer, head);
    }
  }
  equal(shared.page.metrics()["page.refusedOrigin"], before + heads.length * 3);
  equal((await get("/", "Sec-Fetch-Site: none")).status, 200);
  equal((await get("/api/status", "Origin: http://localhost", "Sec-Fetch-Site: same-origin")).status, 200);
});

test("answers no method but GET and HEAD, and a preflight with no permission", async () => {
  for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"]) {
    for (const target of ["/", "/api/status"]) {
      const answer = await ask(
        `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nConnection: close\r\n\r\na=b`,
      );
      equal(answer.status, 405, `${method} ${target}`);
      hasOurHeaders(answer, method);
      match(answer.head, /\r\nallow: get, head(?:\r\n|$)/);
    }
  }
  const preflight = await ask(
    "OPTIONS /api/status HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n" +
      "Access-Control-Request-Method: GET\r\nAccess-Control-Request-Private-Network: true\r\n\r\n",
  );
  equal(preflight.status, 405);
  hasOurHeaders(preflight, "a preflight");
  equal(await exchange("CONNECT evil.example:80 HTTP/1.1\r\nHost: localhost\r\n\r\n"), "");
});

test("answers HEAD as GET, without the body; of a stream, its head", async () => {
  const linesOf = ({ head }: Answer): string[] =>
    head.split("\r\n").filter((line) => !/^(?:date|connection|keep-alive|transfer-encoding):/.test(line));
  for (const path of ["/", "/assets/index-BpQ1.js", "/api/status", "/api/alerts/last", "/api/nodes?a=b", "/none"]) {
    const head = await ask(`HEAD ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    equal(head.body, "", path);
    deepEqual(linesOf(head), linesOf(await get(path)), path);
  }
  for (const path of ["/api/stream", "/api/alerts/stream"]) {
    const { status, head, body } = await ask(`HEAD ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    deepEqual([status, body], [200, ""]);
    match(head, /content-type: text\/event-stream/);
  }
  equal((await ask("HEAD / HTTP/1.1\r\nHost: evil.example\r\n\r\n")).status, 421);
});

test("answers what is no request by a fixed text with the same headers", async () => {
  const garbage = [
    ...[
      "hello\r\n\r\n",
      "GET / HTTP/3.0\r\n\r\n",
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
      "GET  HTTP/1.1\r\n\r\n",
    ],
    ...["GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", "GET / HTTP/1.1\r\nHost: local\0host\r\n\r\n"],
    "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
  ];
  for (const bytes of garbage) {
    const answer = await ask(bytes);
    equal(answer.status, 400, JSON.stringify(bytes));
    hasOurHeaders(answer, JSON.stringify(bytes));
  }
  const huge = await ask(`GET / HTTP/1.1\r\nHost: localhost\r\nCookie: ${"c".repeat(40_000)}\r\n\r\n`);
  equal(huge.status, 431);
  hasOurHeaders(huge, "a huge head");
  const expecting = await get("/", "Expect: 100-continue");
  deepEqual([expecting.status, expecting.body], [200, "<!doctype html>"]);
  const strange = await get("/", "Expect: a-miracle");
  equal(strange.status, 200);
  hasOurHeaders(strange, "an expectation");
  const upgrade = await get("/", "Connection: Upgrade", "Upgrade: websocket", "Origin: http://evil.example");
  equal(upgrade.status, 403);
});

test("lets a connection go that is slow to say what it wants, or says nothing", async (context) => {
  const slow = await start(context, { port: 25_711, limits: { headMsMax: 400 } });
  const startedMs = performance.now();
  const answer = await ask("GET / HTTP/1.1\r\nHost: local", { at: 25_711, msMax: 8_000 });
  equal(answer.status, 408);
  hasOurHeaders(answer, "a slow head");
  await exchange("", { at: 25_711, msMax: 8_000 });
  ok(performance.now() - startedMs < 6_000, `${performance.now() - startedMs} ms`);
  await slow.stop();
});

/** Opens a stream and resolves when its first bytes, or its refusal, are there. */
function openStream(
  path: string,
  at: number,
  lines: readonly string[] = [],
): Promise<{ socket: Socket; text: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: at }, () =>
      socket.write([`GET ${path} HTTP/1.1`, "Host: localhost", ...lines, "", ""].join("\r\n")),
    );
    socket.once("error", reject).once("data", (bytes: Buffer) => resolve({ socket, text: bytes.toString("latin1") }));
  });
}

test("holds 32 streams of both kinds together, refuses the next, and counts them", async (context) => {
  const { page } = await start(context, { port: 25_712 });
  const sockets: Socket[] = [];
  for (let index = 0; index < STREAMS_MAX; index += 1) {
    const { socket, text } = await openStream(index % 2 === 0 ? "/api/stream" : "/api/alerts/stream", 25_712);
    match(text, /^HTTP\/1\.1 200 OK/);
    match(text, /content-type: text\/event-stream/i);
    hasOurHeaders({ status: 200, head: text.toLowerCase(), body: "" }, "a stream");
    sockets.push(socket);
  }
  equal(page.metrics()["page.streams"], STREAMS_MAX);
  for (const path of ["/api/stream", "/api/alerts/stream"]) {
    const { socket, text } = await openStream(path, 25_712);
    match(text, /^HTTP\/1\.1 503 /);
    match(text, /ARGUS_API_STREAMS/);
    socket.destroy();
  }
  const { status } = await ask("GET /api/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", {
    at: 25_712,
  });
  equal(status, 200, "streams do not keep others from asking");
  sockets[0]?.destroy();
  for (let look = 0; look < 50 && page.metrics()["page.streams"] === STREAMS_MAX; look += 1) await sleep(20);
  const { socket, text } = await openStream("/api/stream", 25_712);
  match(text, /^HTTP\/1\.1 200 OK/);
  for (const one of [...sockets, socket]) one.destroy();
});

test("resumes a stream by the header as by the query", async () => {
  for (const [path, lines] of [
    ["/api/stream", ["Last-Event-ID: 1.0~-"]],
    ["/api/stream?after=1.0~-", []],
    ["/api/stream?after=7.7~-", ["Last-Event-ID: 1.0~-"]],
  ] as const) {
    const { socket, text } = await openStream(path, port, lines);
    let all = text;
    socket.setEncoding("latin1").on("data", (piece: string) => (all += piece));
    for (let look = 0; look < 100 && !all.includes("event: log"); look += 1) await sleep(10);
    socket.destroy();
    match(all, /event: alerts\ndata: \{"alerts":\[\],"omitted":0,"isReset":false\}/, path);
  }
  equal((await get(`/api/stream?after=${"1".repeat(129)}`)).status, 400);
});

/** One that waits in the node: the system takes some MiB of an answer that nobody reads. */
const { json: shortJson, ...long } = sampleAlert("2.0", 3);
const longAlert = { ...long, json: shortJson.replace('"d"', `"${"d".repeat(20_000_000)}"`) };

test("refuses more answers at once than it may hold, and more connections than it may have", async (context) => {
  const { feed } = await start(context, { port: 25_713, limits: { answersMax: 2, connectionsMax: 4 } });
  feed.raise(longAlert);
  const unread = [];
  for (let index = 0; index < 2; index += 1) {
    const { socket } = await openStream("/api/alerts/last?count=1000", 25_713);
    socket.pause();
    unread.push(socket);
  }
  const { socket, text } = await openStream("/api/status", 25_713);
  match(text, /^HTTP\/1\.1 503 [^]*ARGUS_API_BUSY/);
  const idle = connect({ host: "127.0.0.1", port: 25_713 });
  await new Promise((resolve) => idle.once("connect", resolve));
  equal(await exchange("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", { at: 25_713 }), "", "the fifth connection");
  for (const one of [...unread, socket, idle]) one.destroy();
});

test("lets go of who reads an answer too slowly, however steadily", { timeout: 20_000 }, async (context) => {
  const { page, feed } = await start(context, { port: 25_716, limits: { answerMsMax: 1_500 } });
  feed.raise(longAlert);
  const { socket: stream } = await openStream("/api/stream", 25_716);
  const reader = connect({ host: "127.0.0.1", port: 25_716 });
  reader.write("GET /api/alerts/last?count=1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const reading = setInterval(() => reader.read(1_024), 20);
  reader.on("readable", () => undefined).on("error", () => undefined);
  for (let look = 0; look < 200 && page.metrics()["page.answers"] !== 1; look += 1) await sleep(5);
  equal(page.metrics()["page.answers"], 1);
  while (page.metrics()["page.answers"] !== 0) await sleep(20);
  clearInterval(reading);
  equal(page.metrics()["page.streams"], 1, "a stream has all the time that it wants");
  for (const one of [reader, stream]) one.destroy();
});

test("gives an answer's place back when it has been read, on a connection that stays open too", async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let index = 0; index < 3 * pageLimits.answersMax; index += 1) {
    const status = await new Promise((resolve, reject) => {
      const asked = request({ host: "127.0.0.1", port, path: "/api/nodes", agent }, (response) => {
        response.resume().once("end", () => resolve(response.statusCode));
      });
      asked.once("error", reject).end();
    });
    equal(status, 200, `answer ${index}`);
  }
  agent.destroy();
});

const pipelined = (...paths: string[]): string =>
  paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`).join("");

test(
  "closes a connection that asks again before it has its answer, and holds nothing for it",
  { timeout: 20_000 },
  async (context) => {
    const { page } = await start(context, { port: 25_715, limits: { answersMax: 2 } });
    const behind = ["/api/status", "/api/stream", "/api/alerts/stream", "/api/alerts/last", "/", "/none"];
    for (const path of behind) {
      for (let round = 0; round < 3; round += 1) {
        const { socket } = await openStream("/api/stream", 25_715);
        socket.write(pipelined(...Array.from({ length: 40 }, () => path)));
        await new Promise((resolve) => socket.once("close", resolve));
      }
    }
    await exchange(pipelined("/api/stream", "/api/stream", "/api/status"), { at: 25_715 });
    await exchange(pipelined("/api/nodes", "/api/nodes"), { at: 25_715 });
    for (let look = 0; look < 50 && page.metrics()["page.streams"] !== 0; look += 1) await sleep(20);
    const { "page.streams": streams, "page.answers": answers, "page.refusedEarly": early } = page.metrics();
    deepEqual({ streams, answers, early }, { streams: 0, answers: 0, early: 3 * behind.length + 2 });
    const last = await ask("GET /api/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", { at: 25_715 });
    equal(last.status, 200);
  },
);

test("says nothing to what is no request behind a stream", { timeout: 20_000 }, async () => {
  const { socket, text } = await openStream("/api/stream", port);
  let all = text;
  socket.setEncoding("latin1").on("data", (piece: string) => (all += piece));
  socket.write("no request\r\n\r\n");
  await new Promise((resolve) => socket.once("close", resolve));
  equal(all.includes("400 Bad Request"), false);
});

test("serves one request after the other on a connection, each as soon as the answer before is read", async () => {
  const socket = connect({ host: "127.0.0.1", port });
  socket.setEncoding("latin1");
  const paths = ["/", "/api/status", "/assets/index-BpQ1.js", "/none", "/api/none", "/api/alerts/last?count=0"];
  for (let index = 0; index < 100; index += 1) {
    const path = paths[index % paths.length] ?? "";
    socket.write(pipelined(path));
    const answer = await readOne(socket);
    match(answer, index % paths.length < 3 ? /^HTTP\/1\.1 200 / : /^HTTP\/1\.1 40[04] /, path);
  }
  socket.destroy();
});

/** The next answer of a connection that stays open, by its Content-Length or its last chunk. */
function readOne(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    socket.once("close", reject);
    socket.on("data", function onData(piece: string) {
      text += piece;
      const end = text.indexOf("\r\n\r\n") + 4;
      const length = /content-length: (\d+)/i.exec(text)?.[1];
      const isWhole = length === undefined ? text.endsWith("\r\n0\r\n\r\n") : text.length === end + Number(length);
      if (end < 4 || !isWhole) return;
      socket.off("data", onData).off("close", reject);
      resolve(text);
    });
  });
}

test("does without a port that is taken, says so once, and opens it when it is free", async (context) => {
  const blocker = createServer().listen({ host: "127.0.0.1", port: 25_714 });
  await new Promise((resolve) => blocker.once("listening", resolve));
  const said: string[] = [];
  const running = await start(context, {
    ...{ port: 25_714, limits: { retryMs: 50 } },
    log: ({ level, message }) => said.push(`${level} ${message}`),
  });
  await sleep(300);
  equal(said.length, 1);
  match(said[0] ?? "", /^ERROR ARGUS_API_PAGE: the page cannot be served at 127\.0\.0\.1:25714; .*EADDRINUSE/);
  await new Promise((resolve) => blocker.close(resolve));
  for (let look = 0; look < 100 && said.length < 2; look += 1) await sleep(20);
  equal(said[1], "INFO the page is at http://127.0.0.1:25714");
  await running.stop();
});

test("tells the log of what it refuses now and then, not each time", async (context) => {
  const said: string[] = [];
  const running = await start(context, { port: 25_715, log: ({ level, message }) => said.push(`${level} ${message}`) });
  for (let index = 0; index < 5; index += 1) {
    await ask(`GET / HTTP/1.1\r\nHost: ${"evil.example".repeat(50)}\r\n\r\n`, { at: 25_715 });
  }
  deepEqual(said.slice(1), [
    `WARNING a request to the page was refused, it named the host ${"evil.example".repeat(50).slice(0, 80)}`,
  ]);
  await running.stop();
});

test("ends its streams when the node ends", async (context) => {
  const running = await start(context, { port: 25_718 });
  const { socket } = await openStream("/api/stream", 25_718);
  socket.resume();
  const closed = new Promise((resolve) => socket.once("close", resolve));
  const startedMs = performance.now();
  await running.stop();
  await closed;
  ok(performance.now() - startedMs < 2_000);
});
