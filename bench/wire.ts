/**
 * What the agent protocol costs per message: microseconds of one core to open and to seal it, for each dialect, and to
 * read what is read once per agent and minute. The messages are log lines of the size that is asked for, each sealed
 * with its own counter by one of many agents, so that neither a cache nor the compiler sees the same bytes all the
 * time.
 *
 *   npm run -s bench -- wire [--seed N] [--count N] [--bytes N]
 */
import { seededRandom } from "../test/support/seeded-random.ts";
import { AgentCipher } from "../src/wire/agent-cipher.ts";
import { agentsOf, readClientKeys, writeClientKeys } from "../src/wire/client-keys.ts";
import { agentControl, managerControl, readAgentControl, readManagerControl } from "../src/wire/control-message.ts";
import { readReply, readRequest } from "../src/wire/enrolment.ts";
import { escapesLocation, parseAgentVersion } from "../src/wire/agent-version.ts";
import { readEvent } from "../src/wire/event-payload.ts";
import { nextCounter, ReplayWindow } from "../src/wire/message-counter.ts";
import { responseList } from "../src/wire/response-list.ts";
import { type Dialect, openMessage, readEnvelope, sealMessage, type SealOptions } from "../src/wire/secure-message.ts";
import { chunksOf, mergedFile, unpackMerged } from "../src/wire/shared-file.ts";
import { frameOf, TcpFrames } from "../src/wire/tcp-frames.ts";
import { mixedLines } from "./mixed-log.ts";

export interface WireFigures {
  messageBytes: number;
  messages: number;
  microsPerMessage: Record<string, number>;
  blowfishScheduleMicros: number;
  /** What comes less often, in microseconds for each. */
  micros: Record<string, number>;
}

const agentCount = 200;
const dialects: readonly Dialect[] = ["blowfish", "aes", "aes_iv"];
const ack = Buffer.from("#!-agent ack ");

/** The best of three rounds over all items: microseconds of this process's CPU per item. */
function best<T>(items: readonly T[], work: (item: T, index: number) => unknown): number {
  let fastest = Infinity;
  for (let round = 0; round < 3; round += 1) {
    const from = process.cpuUsage();
    for (const [index, item] of items.entries()) work(item, index);
    const { user, system } = process.cpuUsage(from);
    fastest = Math.min(fastest, (user + system) / items.length);
  }
  return Number(fastest.toFixed(2));
}

/** Payloads of exactly so many bytes, made of log lines. */
function payloadsOf(seed: number, count: number, bytes: number): Buffer[] {
  const payloads: Buffer[] = [];
  let text = "";
  for (const line of mixedLines(seed, count * 4)) {
    text += `${line} `;
    if (text.length < bytes) continue;
    payloads.push(Buffer.from(`1:/var/log/syslog:${text}`, "latin1").subarray(0, bytes));
    text = "";
  }
  return payloads.slice(0, count);
}

export function wireFigures(seed: number, count: number, messageBytes: number): WireFigures {
  const random = seededRandom(seed);
  const key = (index: number): string => Buffer.from(seededRandom(index).bytes(32)).toString("hex");
  const agents = Array.from({ length: agentCount }, (_, index) => ({
    ...{ id: String(index + 1).padStart(3, "0"), name: `agent${index}`, key: key(index) },
  }));
  const [own, theirs] = [agents.map((one) => new AgentCipher(one)), agents.map((one) => new AgentCipher(one))];
  const of = (ciphers: AgentCipher[], index: number): AgentCipher =>
    ciphers[index % agentCount] ?? new AgentCipher(agents[0] ?? { id: "", name: "", key: "" });
  const payloads = payloadsOf(seed, Math.min(count, 20_000), messageBytes);
  const microsPerMessage: Record<string, number> = {};
  let last = nextCounter(undefined, 1_790_000_000);
  for (const dialect of dialects) {
    const options = (): SealOptions => {
      last = nextCounter(last, 0);
      const iv = dialect === "aes_iv" ? { iv: random.bytes(16) } : {};
      return { dialect, counter: last, random: random.below(65_536), ...iv };
    };
    const prepared = payloads.map(options);
    const seal = (payload: Buffer, index: number, ciphers = own): Buffer =>
      sealMessage(of(ciphers, index), payload, prepared[index] ?? options());
    microsPerMessage[`seal ${dialect}`] = best(payloads, (payload, index) => seal(payload, index));
    microsPerMessage[`seal ack ${dialect}`] = best(payloads, (_, index) => seal(ack, index));
    const messages = payloads.map((payload, index) => seal(payload, index, theirs));
    microsPerMessage[`open ${dialect}`] = best(messages, (message, index) => {
      const envelope = readEnvelope(message);
      return typeof envelope === "string" ? envelope : openMessage(of(own, index), envelope);
    });
  }
  const blowfishScheduleMicros = best(agents, (one) => new AgentCipher(one).encryptBlowfish(Buffer.alloc(8)));
  Object.assign(microsPerMessage, restOfMessage(payloads));
  return { messageBytes, messages: payloads.length, microsPerMessage, blowfishScheduleMicros, micros: rarer(agents) };
}

/** What a message costs besides its cipher. */
function restOfMessage(payloads: readonly Buffer[]): Record<string, number> {
  const frames = Buffer.concat(payloads.map(frameOf));
  const deframer = new TcpFrames(() => true);
  const chunks = Array.from({ length: Math.ceil(frames.length / 65_536) }, (_, index) => index * 65_536);
  const perChunk = best(chunks, (at) => deframer.push(frames.subarray(at, at + 65_536)));
  const isEscaped = escapesLocation(parseAgentVersion("Wazuh v4.14.7"));
  let last = nextCounter(undefined, 1);
  const window = new ReplayWindow();
  return {
    frame: Number(((perChunk * chunks.length) / payloads.length).toFixed(3)),
    event: best(payloads, (payload) => readEvent(payload, isEscaped)),
    replay: best(payloads, () => window.accept((last = nextCounter(last, 1)))),
  };
}

const uname = "Linux |web1 |5.10 |#1 SMP |x86_64 [Ubuntu|ubuntu: 22.04.3 LTS (Jammy Jellyfish)]";
const keepalive = `#!-${uname} - Wazuh v4.14.7\n"env":prod\nx merged.mg\n#"_agent_ip":10.0.0.1\n`;

/** What is read or written once per agent, or once in ten seconds of one. */
function rarer(agents: readonly { id: string; name: string; key: string }[]): Record<string, number> {
  const many = <T>(value: T): T[] => Array.from({ length: 2_000 }, () => value);
  const lines = agents.map((one) => ({ ...one, address: "any", isRemoved: false }));
  const keys = readClientKeys(writeClientKeys(readClientKeys(""), lines));
  const merged = mergedFile("default", responseList([]), [{ name: "agent.conf", bytes: Buffer.alloc(900_000, "a") }]);
  const perKey = 1 / agents.length;
  return {
    keepalive: best(many(Buffer.from(keepalive)), readAgentControl),
    startup: best(many(agentControl({ kind: "startup", version: "v4.14.7" })), readAgentControl),
    "manager's ack": best(many(managerControl({ kind: "ack" })), readManagerControl),
    "enrolment request": best(many(Buffer.from("OSSEC A:'web1' V:'v4.14.7'\n")), (bytes) => readRequest(bytes, false)),
    "enrolment reply": best(many("ERROR: Invalid password. Unable to add agent"), readReply),
    "line of client.keys":
      perKey * best([keys, keys], (known) => readClientKeys(writeClientKeys(known, agentsOf(known)))),
    "merged.mg of 900 kB": best([merged, merged], (bytes) => [unpackMerged(bytes), ...chunksOf(bytes, 900)]),
  };
}
