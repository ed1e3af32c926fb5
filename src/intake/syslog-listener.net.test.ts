import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { createSocket } from "node:dgram";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { LineSink } from "../../test/support/line-sink.ts";
import { systemClock, type Clock } from "../base/clock.ts";
import { nodeDisk, type Disk } from "../base/disk.ts";
import { logTo } from "../base/log.ts";
import { parseCidrs } from "../config/address.ts";
import { IntakeListenError } from "./errors.ts";
import { SyslogListener, type SyslogLimits, type SyslogRemote } from "./syslog-listener.ts";

interface Own {
  remote?: Partial<SyslogRemote>;
  limits?: Partial<SyslogLimits>;
  clock?: Clock;
  disk?: Disk;
}

class World {
  readonly sink = new LineSink();
  readonly said: string[] = [];
  readonly listener: SyslogListener;
  readonly #stopping = new AbortController();
  readonly #done: Promise<void>;
  readonly #sockets: Socket[] = [];

  private constructor(listener: SyslogListener, sink: LineSink, said: string[]) {
    this.listener = listener;
    this.sink = sink;
    this.said = said;
    this.#done = listener.run(this.#stopping.signal);
  }

  static async open(own: Own = {}): Promise<World> {
    const sink = new LineSink();
    const said: string[] = [];
    const remote: SyslogRemote = {
      ...{ port: 0, protocols: ["tcp", "udp"], allowedIps: parseCidrs("127.0.0.0/8"), deniedIps: [] },
      ...{ localIp: "127.0.0.1", ipv6: false, ...own.remote },
    };
    const log = logTo(({ level, message }) => level === "WARNING" && said.push(message));
    const { clock = systemClock, disk = nodeDisk, limits = {} } = own;
    return new World(await SyslogListener.open({ remote, sink, clock, disk, log, limits }), sink, said);
  }

  port(protocol: "tcp" | "udp"): number {
    return this.listener.addresses().find((one) => one.protocol === protocol)?.port ?? 0;
  }

  async connect(localAddress = "127.0.0.1"): Promise<Socket> {
    const host = this.listener.addresses()[0]?.address ?? "";
    const socket = connect({
      host: host === "::" ? "::1" : host,
      port: this.port("tcp"),
      ...(host === "::" ? {} : { localAddress }),
    });
    this.#sockets.push(socket);
    socket.on("error", () => undefined);
    await new Promise((resolve) => socket.once("connect", resolve));
    return socket;
  }

  async send(messages: (string | Buffer)[], from = "127.0.0.1"): Promise<void> {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, from, resolve));
    for (const message of messages) {
      await new Promise((resolve) => socket.send(message, this.port("udp"), "127.0.0.1", resolve));
    }
    await new Promise<void>((resolve) => socket.close(resolve));
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#stopping.abort();
    await this.#done;
  }
}

async function inWorld(own: Own, act: (world: World) => Promise<void>): Promise<void> {
  const world = await World.open(own);
  try {
    await act(world);
  } finally {
    await world.stop();
  }
}

async function until(claim: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400 && !claim(); tries += 1) await setTimeout(5);
  ok(claim(), claim.toString());
}

async function logsOf({ sink }: World, count: number): Promise<string[]> {
  await until(() => sink.taken.length >= count);
  await setTimeout(20); // One too many would come now.
  return sink.logs();
}

test("takes lines and counted messages over TCP, and names the sender's address as location", () =>
  inWorld({}, async (world) => {
    const socket = await world.connect("127.0.0.7");
    socket.write("<13>one\n8 <13>two\n\n<13>three\r\n\n");
    deepEqual(await logsOf(world, 3), ["one", "two", "three"]);
    deepEqual(new Set(world.sink.taken.map(({ location }) => location)), new Set(["127.0.0.7"]));
    equal(world.listener.counters().blank, 2);
  }));

test("takes a datagram for one message, line ends inside it included", () =>
  inWorld({}, async (world) => {
    await world.send(["<13>one\n", "<13>two\nstill two\n", "\n", ""], "127.0.0.8");
    deepEqual(await logsOf(world, 2), ["one", "two\nstill two"]);
    equal(world.sink.taken[0]?.location, "127.0.0.8");
    equal(world.listener.counters().blank, 2);
  }));

test("hands over the last line of a sender that ends without a line's end", () =>
  inWorld({}, async (world) => {
    (await world.connect()).end("<13>one\n<13>no end");
    deepEqual(await logsOf(world, 2), ["one", "no end"]);
    await until(() => world.listener.counters().connections === 0);
  }));

test("hands over what it has of a last line when it is stopped", async () => {
  const world = await World.open();
  const socket = await world.connect();
  socket.write("<13>one\n<13>unfinished");
  await logsOf(world, 1);
  await world.stop();
  deepEqual(world.sink.logs(), ["one", "unfinished"]);
});

// Attack case 26.
test("cuts a line of many megabytes, marks it, and takes the next ones", () =>
  inWorld({ limits: { logBytesMax: 1_000 } }, async (world) => {
    const socket = await world.connect();
    for (let part = 0; part < 64; part += 1) socket.write(Buffer.alloc(256 * 1_024, "x"));
    socket.write("\n<13>next\n");
    deepEqual(await logsOf(world, 2), [`${"x".repeat(1_000)}…`, "next"]);
    equal(world.listener.counters().truncated, 1);
  }));

test("takes the largest datagram whole, and lines that come byte by byte", () =>
  inWorld({}, async (world) => {
    await world.send([Buffer.alloc(65_507, "d")]);
    deepEqual(await logsOf(world, 1), ["d".repeat(65_507)]);
    const socket = await world.connect();
    socket.setNoDelay(true);
    for (const byte of "<13>slow\n9 <13>slow2\n") {
      socket.write(byte);
      await setTimeout(1);
    }
    deepEqual((await logsOf(world, 3)).slice(1), ["slow", "slow2"]);
  }));

// Attack case 25.
test("closes a connection with an impossible octet count, says so once a minute, and serves the others", () =>
  inWorld({}, async (world) => {
    const other = await world.connect();
    for (let tries = 0; tries < 3; tries += 1) {
      const socket = await world.connect();
      const closed = new Promise((resolve) => socket.once("close", resolve));
      socket.write("<13>before\n999999999 <13>x\n<13>after\n");
      socket.resume();
      await closed;
    }
    other.write("<13>fine\n");
    deepEqual(await logsOf(world, 4), ["before", "before", "before", "fine"]);
    equal(world.listener.counters().badFrames, 3);
    equal(world.said.length, 1);
  }));

// Attack case 27.
test("keeps every byte of a message but its end", () =>
  inWorld({}, async (world) => {
    const hostile = Buffer.from("** Alert 1:\r\u001b[2J\0\u202e");
    const message = Buffer.concat([hostile, Buffer.from([0xff, 0xc0, 0x80]), Buffer.from("!")]);
    await world.send([message]);
    (await world.connect()).write(Buffer.concat([message, Buffer.from("\n")]));
    deepEqual(await logsOf(world, 2), [message.toString("latin1"), message.toString("latin1")]);
  }));

test("refuses senders that are not allowed, over both protocols, and says so once a minute", () =>
  inWorld({ remote: { allowedIps: parseCidrs("127.0.0.1"), deniedIps: [] } }, async (world) => {
    const socket = await world.connect("127.0.0.3");
    socket.resume();
    socket.write("<13>no\n");
    await until(() => socket.destroyed || socket.closed);
    await world.send(["<13>no", "<13>no"], "127.0.0.3");
    await world.send(["<13>yes"]);
    deepEqual(await logsOf(world, 1), ["yes"]);
    equal(world.listener.counters().refused, 3);
    deepEqual(world.said, ["Message from '127.0.0.3' not allowed. It is not in <allowed-ips>."]);
  }));

test("denies what <denied-ips> holds although it is allowed", () =>
  inWorld({ remote: { deniedIps: parseCidrs("127.0.0.3") } }, async (world) => {
    await world.send(["<13>no"], "127.0.0.3");
    await world.send(["<13>yes"], "127.0.0.4");
    deepEqual(await logsOf(world, 1), ["yes"]);
  }));

test("does not read from TCP senders while the sink is full, and loses nothing by it", () =>
  inWorld({}, async (world) => {
    world.sink.room = 10;
    const lines = Array.from({ length: 20_000 }, (_, index) => `line ${index} ${"x".repeat(200)}`);
    const socket = await world.connect();
    socket.write(lines.map((line) => `<13>${line}\n`).join(""));
    await until(() => world.sink.taken.length >= 10);
    await setTimeout(100);
    ok(world.sink.taken.length < 2_000, `${world.sink.taken.length} taken of a sink that is full`);
    ok(socket.writableLength > 0, "the sender is not slowed down");
    for (let tries = 0; tries < 400 && world.sink.taken.length < lines.length; tries += 1) {
      world.sink.makeRoom(3_000);
      await setTimeout(5);
    }
    deepEqual(world.sink.logs(), lines);
  }));

test("drops datagrams while the sink is full, and counts them", () =>
  inWorld({}, async (world) => {
    world.sink.room = 1;
    await world.send(["<13>1", "<13>2", "<13>3"]);
    await until(() => world.listener.counters().udpDropped === 2);
    deepEqual(world.sink.logs(), ["1"]);
    equal(world.said.length, 1);
  }));

test("bounds the connections of one address, and all together", () =>
  inWorld({ limits: { connectionsMax: 4, connectionsPerAddressMax: 2 } }, async (world) => {
    const isOpen = async (from: string): Promise<boolean> => {
      const socket = await world.connect(from);
      socket.resume();
      await setTimeout(30);
      return !socket.destroyed && !socket.closed && !socket.readableEnded;
    };
    deepEqual([await isOpen("127.0.0.1"), await isOpen("127.0.0.1"), await isOpen("127.0.0.1")], [true, true, false]);
    deepEqual([await isOpen("127.0.0.2"), await isOpen("127.0.0.3"), await isOpen("127.0.0.4")], [true, true, false]);
    equal(world.listener.counters().crowded, 2);
    equal(world.listener.counters().connections, 4);
  }));

test("closes the connection that was silent longest when all places are taken", () => {
  let nowMs = 0;
  const clock: Clock = { ...systemClock, monotonicMs: () => nowMs };
  return inWorld({ clock, limits: { connectionsMax: 2, silenceMsMin: 60_000 } }, async (world) => {
    const [silent, busy] = [await world.connect(), await world.connect()];
    for (const socket of [silent, busy]) socket.resume();
    silent.write("<13>half a li");
    await setTimeout(30);
    nowMs = 61_000;
    busy.write("<13>busy\n");
    await logsOf(world, 1);
    const next = await world.connect();
    next.write("<13>new\n");
    deepEqual(await logsOf(world, 3), ["busy", "half a li", "new"]);
    await until(() => silent.destroyed || silent.closed);
    busy.write("<13>still busy\n");
    deepEqual((await logsOf(world, 4)).at(-1), "still busy");
    equal(world.listener.counters().connections, 2);
  });
});

test("gives places back when senders go, also by a reset", () =>
  inWorld({ limits: { connectionsMax: 2, connectionsPerAddressMax: 2 } }, async (world) => {
    for (let round = 0; round < 5; round += 1) {
      const sockets = [await world.connect(), await world.connect()];
      sockets[0]?.resetAndDestroy();
      sockets[1]?.end("<13>x\n");
      await until(() => world.listener.counters().connections === 0);
    }
    equal((await logsOf(world, 5)).length, 5);
    equal(world.listener.counters().crowded, 0);
  }));

test("says which address cannot be had, and holds no other socket then", async () => {
  await inWorld({ remote: { protocols: ["udp"] } }, async (world) => {
    const port = world.port("udp");
    await rejects(World.open({ remote: { port } }), (error: unknown) => {
      ok(error instanceof IntakeListenError);
      equal(error.message, `cannot listen on udp://127.0.0.1:${port} (another program listens there)`);
      equal(error.code, "ARGUS_INTAKE_LISTEN");
      return true;
    });
    await inWorld({ remote: { port, protocols: ["tcp"] } }, async () => undefined);
  });
  await rejects(World.open({ remote: { localIp: "192.0.2.1", protocols: ["tcp"] } }), /192\.0\.2\.1.*does not have/);
});

test("listens on IPv6, and sees IPv4 senders there under their own address", () =>
  inWorld({ remote: { localIp: undefined, ipv6: true, allowedIps: parseCidrs("any") } }, async (world) => {
    (await world.connect()).write("<13>six\n");
    await world.send(["<13>four"]);
    await logsOf(world, 2);
    deepEqual(world.sink.taken.map(({ location, log }) => `${location} ${log}`).toSorted(), [
      "127.0.0.1 four",
      "::1 six",
    ]);
  }));

test("can be stopped and run again on the same port", async () => {
  const world = await World.open();
  const port = world.port("tcp");
  await world.stop();
  deepEqual(world.listener.addresses(), []);
  ok(port > 0);
  await world.listener.close(); // Twice is no mistake.
  const again = await World.open({ remote: { port } });
  (await again.connect()).write("<13>again\n");
  deepEqual(await logsOf(again, 1), ["again"]);
  await again.stop();
});

test("reports what the kernel dropped", async () => {
  const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, "0");
  const row = (port: number, drops: number): string =>
    `  1: 0100007F:${hex(port)} 00000000:0000 07 0:0 00:0 0 0 0 1 2 0 ${drops}\n`;
  let drops = 0;
  let port = 0;
  const disk: Disk = { ...nodeDisk, readWhole: () => Promise.resolve(Buffer.from(row(port, drops))) };
  await inWorld({ disk }, async (world) => {
    port = world.port("udp");
    await world.listener.readKernelDrops();
    deepEqual([world.listener.counters().udpKernelDropped, world.said.length], [0, 0]);
    drops = 12;
    await world.listener.readKernelDrops();
    equal(world.listener.counters().udpKernelDropped, 12);
    deepEqual(world.said, [`The kernel dropped syslog datagrams on port ${port}: 12 since the start.`]);
  });
});

test("reads the kernel's own table", () =>
  inWorld({}, async (world) => {
    await world.listener.readKernelDrops();
    equal(world.listener.counters().udpKernelDropped, 0);
    deepEqual(world.said, []);
  }));
