import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { connect as connectTcp, type Socket } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { connect, type ConnectionOptions } from "node:tls";
import { configFrom } from "../../test/support/config-text.ts";
import { RegistryWorld } from "../../test/support/registry-world.ts";
import { newFolder } from "../../test/support/temporary-folder.ts";
import { pause, systemClock } from "../base/clock.ts";
import { nodeDisk } from "../base/disk.ts";
import { silentLog } from "../base/log.ts";
import { OccasionalLog } from "../base/occasional-log.ts";
import { systemRandom } from "../base/random.ts";
import type { AuthLimits } from "./auth-connection.ts";
import { AuthListener } from "./auth-listener.ts";
import { certificateOf } from "./certificate.ts";
import { EnrolmentListenError } from "./errors.ts";
import { PasswordGuard } from "./guarded-enrolment.ts";
import type { Enrolment } from "./needs.ts";
import { authSection } from "./options.ts";
import type { Registry } from "./registry.ts";

// The timers of a node do not keep a process alive by themselves.
const awake = setInterval(() => undefined, 1_000);
after(() => clearInterval(awake));

interface Stage {
  host: string;
  port: number;
  registry: Registry;
  listener: AuthListener;
  stop(): Promise<void>;
}

interface StageOptions {
  /** Options of `<auth>`. */
  text?: string;
  password?: string;
  enrolment?: Enrolment;
  limits?: Partial<AuthLimits>;
  host?: string;
}

/** One for all, so that its certificate is made once. */
const home = newFolder("auth");
mkdirSync(join(home, "etc"));

const stops: (() => Promise<void>)[] = [];
after(async () => {
  for (const stop of stops) await stop();
});

async function open({
  text = "",
  password,
  enrolment,
  limits = {},
  host = "127.0.0.1",
}: StageOptions = {}): Promise<Stage> {
  const registry = await new RegistryWorld().open();
  const complaints = new OccasionalLog(silentLog, systemClock);
  const guard = new PasswordGuard({ enrolment: registry, clock: systemClock, complaints }, () =>
    Promise.resolve(password),
  );
  const conf = configFrom([authSection], { shared: `<auth>${text}</auth>` });
  const files = { home, disk: nodeDisk, clock: systemClock, random: systemRandom, log: silentLog };
  const listener = new AuthListener({
    ...{ auth: { ...conf.one(authSection).values, port: 0 }, host, files, enrolment: enrolment ?? guard, limits },
    ...{ clock: systemClock, log: silentLog },
  });
  const abort = new AbortController();
  const running = listener.run(abort.signal);
  while (listener.port === 0) await Promise.race([pause(systemClock, 10), running]);
  const stop = async (): Promise<void> => {
    abort.abort();
    await running;
  };
  stops.push(stop);
  return { host, port: listener.port, registry, listener, stop };
}

/** What the port answers, and whether TLS was ended as it should be. */
type ClientOptions = ConnectionOptions & { localAddress?: string };

function ask(stage: Stage, pieces: readonly (string | Buffer)[], options: ClientOptions = {}): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: stage.host, port: stage.port, rejectUnauthorized: false, ...options });
    const records: string[] = [];
    socket.on("secureConnect", () => {
      for (const piece of pieces) socket.write(piece);
    });
    socket.on("data", (chunk: Buffer) => void records.push(chunk.toString()));
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(`error ${error.code}`));
    socket.on("end", () => resolve(records.join("|")));
    socket.on("close", () => resolve(records.length === 0 ? "closed" : records.join("|")));
  });
}

const request = (name: string): string => `OSSEC A:'${name}'\n`;

test("an agent asks and has its key, in one piece and with an end that is TLS's", async () => {
  const stage = await open();
  const reply = await ask(stage, [request("web")]);
  const agent = stage.registry.agents.byId("001");
  equal(reply, `OSSEC K:'001 web any ${agent?.key}'`);
  equal(stage.listener.counters.enrolled, 1);
});

test("pieces of a request may come one by one, and requests without a line end are answered after a second", async () => {
  const stage = await open();
  ok((await ask(stage, [..."OSSEC A:'one' V:'v4.14.7'\n"])).startsWith("OSSEC K:'001 one any "));
  ok((await ask(stage, ["OSSEC A:'two'"])).startsWith("OSSEC K:'002 two any "));
});

test("what is refused is told in the words of a Wazuh manager", async () => {
  const stage = await open({ password: "secret99" });
  equal(await ask(stage, [request("k0")]), "ERROR: Invalid password. Unable to add agent");
  equal(await ask(stage, ["OSSEC PASS: wrong OSSEC A:'k0'\n"]), "ERROR: Invalid password. Unable to add agent");
  ok((await ask(stage, ["OSSEC PASS: secret99 OSSEC A:'k1'\n"])).startsWith("OSSEC K:'001 k1 any "));
  ok((await ask(stage, ["OSSEC PASS: secret99\n OSSEC A:'k2'\n"])).startsWith("OSSEC K:'002 k2 any "));
  equal(await ask(stage, ["GET / HTTP/1.0\r\n\r\n"]), "ERROR: Invalid request for new agent. Unable to add agent");
  equal(await ask(stage, ["x".repeat(80_000)]).then((text) => text.slice(0, 14)), "ERROR: Invalid");
});

test("the address from which an agent comes is the one that it is registered under, when asked for", async () => {
  const stage = await open({ host: "127.0.0.1" });
  const reply = await ask(stage, ["OSSEC A:'web' IP:'src'\n"], { localAddress: "127.0.9.9" });
  ok(reply.startsWith("OSSEC K:'001 web 127.0.9.9 "), reply);
});

test("TLS below 1.2 is let in only when the operator says so", async () => {
  const old: ConnectionOptions = { maxVersion: "TLSv1.1", minVersion: "TLSv1", ciphers: "DEFAULT:@SECLEVEL=0" };
  const closed = await open();
  ok((await ask(closed, [request("web")], old)).startsWith("error "));
  equal(closed.listener.counters.tlsFailed, 1);
  const weak = await open({ text: "<ciphers>DEFAULT:@SECLEVEL=0</ciphers>" });
  ok((await ask(weak, [request("web")], old)).startsWith("error "), "the list of ciphers does not say so");
  const lenient = await open({ text: "<ssl_auto_negotiate>yes</ssl_auto_negotiate>" });
  ok((await ask(lenient, [request("web")], old)).startsWith("OSSEC K:'001 "));
  ok((await ask(lenient, [request("db")])).startsWith("OSSEC K:'002 "));
});

// agent-protocol 1.1: what clients of Wazuh and OSSEC offer.
test("the ciphers of all agents are served", async () => {
  const stage = await open();
  const lists = [
    "HIGH:!ADH:!EXP:!MD5:!RC4:!3DES:!CAMELLIA:@STRENGTH",
    "ALL:!ADH:!LOW:!EXP:!MD5:@STRENGTH",
    "AES128-SHA",
    "DHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
  ];
  for (const [index, ciphers] of lists.entries()) {
    const reply = await ask(stage, [request(`agent-${index}`)], { ciphers, maxVersion: "TLSv1.2" });
    ok(reply.startsWith("OSSEC K:'"), `${ciphers}: ${reply}`);
  }
});

test("openssl's own client has its key, and sees an end as TLS wants it", async () => {
  const stage = await open();
  const output = await new Promise<string>((resolve) => {
    const client = execFile(
      "openssl",
      ["s_client", "-connect", `${stage.host}:${stage.port}`, "-ign_eof", "-tls1_2"],
      (_error, stdout, stderr) => resolve(`${stdout}${stderr}`),
    );
    client.stdin?.write("OSSEC A:'by-openssl'\n");
  });
  if (/ENOENT/.test(output)) return;
  ok(output.includes("OSSEC K:'001 by-openssl any "), output);
  ok(!/unexpected eof/i.test(output), output);
});

/** A certificate that `ca` has signed would need more than the port's own; one that signs itself is its own CA. */
function clientCertificate(names: readonly string[], commonName = "client"): { cert: string; key: string } {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const nowMs = Date.now();
  const cert = certificateOf({
    ...{ privateKey, serial: systemRandom.bytes(16), commonName, names },
    ...{ notBeforeMs: nowMs - 1_000, notAfterMs: nowMs + 3_600_000 },
  });
  return { cert, key: privateKey.export({ format: "pem", type: "pkcs8" }).toString() };
}

test("with <ssl_agent_ca> only agents with a certificate of it may ask, and with their own address if so wished", async () => {
  const good = clientCertificate(["127.0.0.1"]);
  const caPath = join(newFolder("ca"), "ca.pem");
  writeFileSync(caPath, good.cert);
  const stage = await open({ text: `<ssl_agent_ca>${caPath}</ssl_agent_ca>` });
  const old: ConnectionOptions = { maxVersion: "TLSv1.2" };
  ok((await ask(stage, [request("aa")], good)).startsWith("OSSEC K:'001 "));
  for (const options of [{}, old, clientCertificate(["127.0.0.1"])]) {
    const reply = await ask(stage, [request("bb")], options);
    ok(!reply.includes("OSSEC"), reply);
  }
  const text = `<ssl_agent_ca>${caPath}</ssl_agent_ca><ssl_verify_host>yes</ssl_verify_host>`;
  const strict = await open({ text });
  ok((await ask(strict, [request("aa")], good)).startsWith("OSSEC K:'001 "));
  ok(!(await ask(strict, [request("bb")], { ...good, localAddress: "127.0.9.10" })).includes("OSSEC"));
});

test("silent, slow and many connections are ended, and an agent is served meanwhile", async () => {
  const limits = { connectionsMax: 20, connectionsPerSourceMax: 15, handshakeMsMax: 1_000, wholeMsMax: 2_000 };
  const stage = await open({ limits });
  const sockets: Socket[] = [];
  let closed = 0;
  for (let index = 0; index < 100; index += 1) {
    const localAddress = `127.0.8.${index % 10}`;
    const socket = connectTcp({ host: stage.host, port: stage.port, localAddress });
    socket.on("error", () => undefined).on("close", () => (closed += 1));
    sockets.push(socket);
  }
  await pause(systemClock, 200);
  ok(stage.listener.counters.accepted >= 20);
  const startMs = systemClock.monotonicMs();
  ok((await ask(stage, [request("web")])).startsWith("OSSEC K:'001 "));
  ok(systemClock.monotonicMs() - startMs < 2_000);
  await pause(systemClock, 1_500);
  equal(closed, 100);
  for (const socket of sockets) socket.destroy();
});

test("one source has its share of the places, and no more", async () => {
  const stage = await open({ limits: { connectionsPerSourceMax: 3 } });
  const sockets = Array.from({ length: 5 }, () =>
    connectTcp({ host: stage.host, port: stage.port, localAddress: "127.0.8.1" }).on("error", () => undefined),
  );
  await pause(systemClock, 200);
  equal(stage.listener.counters.crowded, 2);
  ok((await ask(stage, [request("web")])).startsWith("OSSEC K:'001 "), "others are served");
  for (const socket of sockets) socket.destroy();
});

test("a decision that takes for ever is ended with the connection", async () => {
  const enrolment: Enrolment = { enrol: () => new Promise(() => undefined) };
  const stage = await open({ enrolment, limits: { wholeMsMax: 300 } });
  const reply = await ask(stage, [request("web")]);
  ok(reply === "" || reply === "closed" || reply.startsWith("error"), reply);
});

// attack-cases 21
test("three hundred password guesses in parallel: five are looked at, and the next agent is served", async () => {
  const stage = await open({ password: "secret99", limits: { connectionsPerSourceMax: 64 } });
  let served = 0;
  const guess = async (index: number): Promise<void> => {
    const reply = await ask(stage, [`OSSEC PASS: guess-${index} OSSEC A:'web'\n`]);
    if (reply.startsWith("ERROR: Invalid password")) served += 1;
  };
  for (let round = 0; round < 3; round += 1) {
    await Promise.all(Array.from({ length: 100 }, (_, index) => guess(round * 100 + index)));
  }
  ok(served > 100, `${served} were answered`);
  equal(stage.registry.agents.list().length, 0);
  const right = "OSSEC PASS: secret99 OSSEC A:'web'\n";
  equal(await ask(stage, [right]), "ERROR: Invalid password. Unable to add agent", "its source waits");
  ok((await ask(stage, [right], { localAddress: "127.0.8.7" })).startsWith("OSSEC K:'001 "));
});

test("a port that is taken is an error that says so", async () => {
  const stage = await open();
  const files = { home, disk: nodeDisk, clock: systemClock, random: systemRandom, log: silentLog };
  const auth = { ...configFrom([authSection], {}).one(authSection).values, port: stage.port };
  const second = new AuthListener({
    ...{ auth, host: stage.host, files, enrolment: stage.registry, clock: systemClock, log: silentLog },
  });
  await rejects(second.run(new AbortController().signal), (error: Error) => {
    ok(error instanceof EnrolmentListenError && error.message.includes("another program listens there"));
    return true;
  });
  deepEqual(second.port, 0);
});

test("nobody waits for a certificate that is made: the node goes on, and the port is open when it is there", async () => {
  const files = {
    home: newFolder("auth-new"),
    disk: nodeDisk,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  };
  mkdirSync(join(files.home, "etc"));
  const conf = configFrom([authSection], { shared: "<auth></auth>" });
  const enrolment: Enrolment = { enrol: () => Promise.reject(new Error("nobody asks")) };
  const listener = new AuthListener({
    ...{ auth: { ...conf.one(authSection).values, port: 0 }, host: "127.0.0.1", files, enrolment },
    ...{ clock: systemClock, log: silentLog },
  });
  await listener.open();
  equal(listener.port, 0);
  const abort = new AbortController();
  const running = listener.run(abort.signal);
  while (listener.port === 0) await Promise.race([pause(systemClock, 10), running]);
  ok(existsSync(join(files.home, "etc/sslmanager.cert")));
  abort.abort();
  await running;
});
