/**
 * Demo lines with an attack story, so that a new cluster has something to tell: ordinary life on a few hosts, then an
 * attacker who guesses passwords by way of both workers at once (which only a master that sees both can notice), gets
 * in, becomes root, and looks for holes in a web server. Half of the lines go into followed files, half over syslog.
 */
import { appendFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { pause, systemClock } from "../../base/clock.ts";
import { monthNames, pad2 } from "../../base/local-time.ts";
import { systemRandom } from "../../base/random.ts";
import type { LocalNode } from "./local-homes.ts";

const attacker = "203.0.113.66";
const stepMs = 400;

type Line = (stamp: string) => string;

const pick = <T>(choices: readonly [T, ...T[]]): T =>
  choices[Math.floor(systemRandom.fraction() * choices.length)] ?? choices[0];
const number = (below: number): number => Math.floor(systemRandom.fraction() * below);

/** What happens on any day. */
const ordinary: readonly [Line, ...Line[]] = [
  (at) => `${at} web-1 CRON[${2000 + number(9000)}]: (root) CMD (test -x /usr/sbin/anacron)`,
  (at) => `${at} db-1 systemd[1]: Started Daily rotation of log files.`,
  (at) => `${at} web-1 kernel: [${number(90_000)}.${100_000 + number(899_999)}] eth0: link becomes ready`,
  (at) =>
    `${at} web-2 sshd[${1000 + number(9000)}]: Accepted publickey for deploy from 198.51.100.${1 + number(9)} port ${30_000 + number(9000)} ssh2`,
  (at) => `${at} db-1 postfix/smtpd[${1000 + number(9000)}]: connect from mail.example.net[198.51.100.25]`,
  (at) => `${at} web-2 dhclient[731]: DHCPACK of 192.0.2.${10 + number(200)} from 192.0.2.1`,
];

const failed: Line = (at) =>
  `${at} web-1 sshd[${1000 + number(9000)}]: Failed password for root from ${attacker} port ${40_000 + number(9000)} ssh2`;

/** In order; between two of them ordinary life goes on. */
const story: readonly Line[] = [
  ...Array.from({ length: 14 }, () => failed),
  (at) => `${at} web-1 sshd[4711]: Accepted password for root from ${attacker} port 41999 ssh2`,
  (at) => `${at} web-1 sshd[4711]: pam_unix(sshd:session): session opened for user root by (uid=0)`,
  (at) => `${at} web-1 sudo: deploy : TTY=pts/0 ; PWD=/home/deploy ; USER=root ; COMMAND=/bin/cat /etc/shadow`,
  (at) => `${at} web-1 su[4790]: FAILED SU (to root) www-data on pts/1`,
  () => webLine("GET /shop?id=1%20UNION%20SELECT%20user,password%20FROM%20accounts HTTP/1.1", 200),
  () => webLine("GET /cgi-bin/../../../../etc/passwd HTTP/1.1", 404),
  () => webLine("GET /search?q=<script>alert(1)</script> HTTP/1.1", 200),
];

function webLine(request: string, status: number): string {
  const now = new Date(systemClock.wallMs());
  const day = `${pad2(now.getUTCDate())}/${monthNames[now.getUTCMonth()] ?? ""}/${now.getUTCFullYear()}`;
  const time = `${pad2(now.getUTCHours())}:${pad2(now.getUTCMinutes())}:${pad2(now.getUTCSeconds())}`;
  return `${attacker} - - [${day}:${time} +0000] "${request}" ${status} ${200 + number(9000)} "-" "Mozilla/5.0"`;
}

function stamp(): string {
  const now = new Date(systemClock.wallMs());
  const day = String(now.getDate()).padStart(2);
  return `${monthNames[now.getMonth()] ?? ""} ${day} ${pad2(now.getHours())}:${pad2(now.getMinutes())}:${pad2(now.getSeconds())}`;
}

/** A connection to a worker's syslog listener that is made anew when it is lost; lines meanwhile are not sent. */
class SyslogSender {
  readonly #node: LocalNode;
  #socket: Socket | undefined;

  constructor(node: LocalNode) {
    this.#node = node;
  }

  send(line: string): void {
    if (this.#socket === undefined) {
      const socket = connect({ host: this.#node.address, port: this.#node.syslogPort });
      const forget = (): void => {
        socket.destroy();
        if (this.#socket === socket) this.#socket = undefined;
      };
      socket.on("error", forget).on("close", forget);
      this.#socket = socket;
    }
    this.#socket.write(`<38>${line}\n`);
  }

  end(): void {
    this.#socket?.end();
    this.#socket = undefined;
  }
}

/** How many stretches of ordinary life follow the story before it is told again. */
const quietScenes = 60;

export interface DemoLine {
  /** The index of the worker that it goes to. */
  worker: number;
  way: "file" | "syslog";
  line: string;
}

/**
 * What happens in one turn. Scenes go to the workers in turn, so that none of several sees the whole attack; each
 * worker gets every second of its lines by file and the others over syslog.
 */
export function demoTurn(turn: number, workerCount: number): DemoLine[] {
  const place = (at: number): Omit<DemoLine, "line"> => ({
    worker: at % workerCount,
    way: Math.floor(at / workerCount) % 2 === 0 ? "file" : "syslog",
  });
  const scene = story[turn % (story.length + quietScenes)];
  const ordinaryLine = { ...place(turn + 1), line: pick(ordinary)(stamp()) };
  return scene === undefined ? [ordinaryLine] : [ordinaryLine, { ...place(turn), line: scene(stamp()) }];
}

/** Tells the story again and again until `signal` is aborted. */
export async function tellDemo(workers: readonly LocalNode[], signal: AbortSignal): Promise<void> {
  const senders = workers.map((node) => new SyslogSender(node));
  for (let turn = 0; !signal.aborted; turn += 1) {
    for (const { worker, way, line } of demoTurn(turn, workers.length)) {
      const node = workers[worker];
      if (way === "syslog") senders[worker]?.send(line);
      else if (node !== undefined) await appendFile(node.demoFile, `${line}\n`, { mode: 0o640 });
    }
    await pause(systemClock, stepMs, signal);
  }
  for (const sender of senders) sender.end();
}
