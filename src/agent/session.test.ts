import { deepEqual, equal } from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { managerControl } from "../wire/control-message.ts";
import { AgentSession, type Position, type SessionAction } from "./session.ts";

const managers = [
  { host: "m1", port: 1514 },
  { host: "m2", port: 1514 },
];
const epoch = { number: 3, bits: "0123456789abcdef" };
const at = (seq: number): Position => ({ epoch, seq });
const ack = managerControl({ kind: "ack" });
const offer = managerControl({ kind: "offer" });
const stored = (seq: number): Buffer => managerControl({ kind: "stored", epoch, seq });
const startup = 'say #!-agent startup {"version":"v4.14.0","argus":1}';

function say(action: SessionAction): string {
  switch (action.type) {
    case "connect":
      return `connect ${action.manager.host}`;
    case "say":
      return `say ${action.payload.toString()}`;
    case "live":
      return `live ${action.mode}`;
    case "release":
      return `release ${action.upTo.seq}`;
    case "apply":
      return `apply ${action.merged.toString()}`;
    case "answer":
      return `answer ${action.target} ${action.command}`;
    case "log":
      return `${action.level}: ${action.text}`;
    default:
      return action.type;
  }
}

/** A session and its clock; each call gives what it orders, in words. */
class Play {
  readonly session: AgentSession;
  nowMs = 0;

  constructor(of = managers) {
    this.session = new AgentSession({
      ...{ managers: of, version: "v4.14.0", notifyMs: 10_000, silenceMs: 60_000 },
      random: { bytes: (count) => new Uint8Array(count), fraction: () => 1 },
      keepalive: () => Buffer.from("#!-keepalive"),
    });
  }

  tick(afterMs = 1_000): string[] {
    this.nowMs += afterMs;
    return this.session.tick(this.nowMs).map(say);
  }

  connected = (): string[] => this.session.connected(this.nowMs).map(say);
  closed = (why = "gone"): string[] => this.session.closed(why, this.nowMs).map(say);
  hear = (payload: Buffer | string): string[] => this.session.hear(Buffer.from(payload), this.nowMs).map(say);
  sent = (seq: number): void => this.session.sent(at(seq), this.nowMs);

  live(isOffered: boolean): string[] {
    return [this.tick(), this.connected(), this.hear(ack), isOffered ? this.hear(offer) : [], this.hear(ack)].flat();
  }
}

test("greets, asks for stored answers, and knows at the ack of its first keepalive what it speaks to", () => {
  const kept = "info: connected to m1:1514; events are kept until they are";
  const begun = ["connect m1", startup, "say #!-keepalive"];
  deepEqual(new Play().live(true), [...begun, `${kept} stored`, "live numbered"]);
  deepEqual(new Play().live(false), [...begun, `${kept} read`, "live plain"]);
});

test("releases what a node says is stored, if it was sent on this connection, and nothing else", () => {
  const play = new Play();
  play.live(true);
  for (const seq of [5, 9, 12]) play.sent(seq);
  deepEqual(play.hear(stored(4)), [], "never the end of a batch");
  deepEqual(play.hear(managerControl({ kind: "stored", epoch: { ...epoch, number: 4 }, seq: 9 })), []);
  deepEqual(play.hear(stored(9)), ["release 9"]);
  deepEqual(play.hear(stored(5)), [], "released already");
  deepEqual(play.hear(ack), [], "an ack stores nothing here");
  play.closed();
  play.live(true);
  deepEqual(play.hear(stored(12)), [], "sent on the connection before");
});

test("a plain manager's ack of a keepalive releases what was written before that keepalive", () => {
  const play = new Play();
  play.live(false);
  play.sent(5);
  deepEqual(play.hear(stored(5)), [], "a plain manager stores nothing");
  deepEqual(play.tick(10_000), ["say #!-keepalive"]);
  play.sent(8);
  deepEqual(play.hear(ack), ["release 5"]);
  deepEqual(play.tick(10_000), ["say #!-keepalive"]);
  deepEqual(play.hear(ack), ["release 8"]);
});

test("sends no more than sixteen batches that are not stored", () => {
  const play = new Play();
  play.live(true);
  for (let seq = 1; seq <= 16; seq += 1) {
    equal(play.session.canSend, true);
    play.sent(seq);
  }
  equal(play.session.canSend, false);
  play.hear(stored(1));
  equal(play.session.canSend, true);
});

test("tries the managers in order, the first again after a round, ever more slowly", () => {
  const play = new Play();
  deepEqual(play.tick(), ["connect m1"]);
  deepEqual(play.closed("refused"), ["warning: m1:1514: refused", "connect m2"]);
  deepEqual(play.tick(10_001), ["close", "warning: m2:1514: no connection in 10 s"]);
  deepEqual(play.tick(999), []);
  deepEqual(play.tick(1), ["connect m1"]);
  play.closed();
  play.closed();
  deepEqual(play.tick(1_999), []);
  deepEqual(play.tick(1), ["connect m1"], "two seconds after the second round");
});

test("after a connection that worked the managers are tried from the first on, at once", () => {
  const play = new Play();
  play.tick();
  play.closed();
  play.connected();
  play.hear(ack);
  play.hear(ack);
  equal(play.session.isLive, true);
  deepEqual(play.closed("gone"), ["warning: m2:1514: gone; connecting anew", "connect m1"]);
});

test("silence ends a connection: no ack of the startup in 20 s, nothing heard for 60 s, nothing stored for 60 s", () => {
  const greeting = new Play();
  greeting.tick();
  greeting.connected();
  deepEqual(greeting.tick(20_000), []);
  deepEqual(greeting.tick(1), ["close", "warning: m1:1514: no answer to the startup", "connect m2"]);
  const silent = new Play();
  silent.live(true);
  silent.tick(60_000);
  deepEqual(silent.tick(1), ["close", "warning: m1:1514: silent; connecting anew", "connect m1"]);
  const storing = new Play();
  storing.live(true);
  storing.sent(1);
  storing.tick(60_000);
  storing.hear(ack);
  deepEqual(storing.tick(1), ["close", "warning: m1:1514: stores nothing; connecting anew", "connect m1"]);
});

test("asks for another key when every manager of a round has taken the connection and refused the startup", () => {
  const play = new Play();
  play.tick();
  play.connected();
  play.closed();
  play.connected();
  deepEqual(play.closed(), ["warning: m2:1514: gone", "enrol"]);
  play.tick();
  play.closed("not reached");
  play.connected();
  deepEqual(play.closed(), ["warning: m2:1514: gone"], "one of them may know the key");
});

test("takes a file that is whole, and drops one whose sum is wrong or that has another name", () => {
  const play = new Play();
  play.live(true);
  const push = (name: string, md5: string): string[] => [
    ...play.hear(managerControl({ kind: "file_begin", md5, name })),
    ...play.hear("#x\n"),
    ...play.hear(ack),
    ...play.hear("!3 a\nabc"),
    ...play.hear(managerControl({ kind: "file_end" })),
  ];
  const md5 = hash("md5", "#x\n!3 a\nabc");
  deepEqual(push("merged.mg", md5), ["apply #x\n!3 a\nabc"]);
  deepEqual(push("other", md5), []);
  deepEqual(push("merged.mg", md5.replace(/./g, "0")), [
    "warning: a file of the manager has another sum than was said: dropped",
  ]);
  deepEqual(play.hear("content that nobody began"), []);
  deepEqual(play.hear(managerControl({ kind: "file_end" })), []);
});

test("obeys what a manager may ask, and passes over what it does not know", () => {
  const play = new Play();
  play.live(true);
  deepEqual(play.hear("#!-req 7 agent getstate"), ["answer agent getstate"]);
  deepEqual(play.hear("#!-req 7 com restart"), ["say #!-req 7 ok ", "restart"]);
  deepEqual(play.hear('#!-execd {"version":1,"command":"restart-wazuh0","parameters":{}}'), ["restart"]);
  deepEqual(play.hear("#!-execd restart-ossec0 - - 1.1 2 x - -"), ["restart"]);
  deepEqual(play.hear("#!-execd host-deny0 - 1.1.1.1 1.1 2 x - -"), [
    "warning: an active response was asked for, which is not built",
  ]);
  deepEqual(play.hear("#!-something else"), []);
  deepEqual(play.hear("#!-force_reconnect"), [
    "close",
    "warning: m1:1514: the manager asks for another connection; connecting anew",
    "connect m1",
  ]);
});

test("takes leave with a shutdown once it has greeted", () => {
  const play = new Play();
  play.tick();
  deepEqual(play.session.shutdown().map(say), ["close"]);
  play.connected();
  deepEqual(play.session.shutdown().map(say), ["say #!-agent shutdown ", "close"]);
});
