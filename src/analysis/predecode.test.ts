import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { EngineEvent } from "../model/alert.ts";
import { DecodedEvent } from "./decoded-event.ts";
import { predecode } from "./predecode.ts";

const event = (log: string): EngineEvent => ({
  queue: "1",
  agentId: "000",
  agentName: "",
  agentIp: "",
  location: "/var/log/syslog",
  log,
  isTruncated: false,
  eventMs: 0,
  receivedMs: 0,
  node: "master",
  host: "master.example.net",
  isHidden: false,
});

interface Predecoded {
  stamp?: string;
  host?: string;
  program?: string;
  log: string;
}

function read(log: string): Predecoded {
  const decoded = new DecodedEvent().reset(event(log));
  predecode(decoded);
  return {
    ...(decoded.timestamp !== undefined && { stamp: decoded.timestamp }),
    ...(decoded.headerHost !== undefined && { host: decoded.headerHost }),
    ...(decoded.programName !== undefined && { program: decoded.programName }),
    log: decoded.log.raw,
  };
}

function reads(table: readonly (readonly [line: string, expected: Predecoded])[]): void {
  for (const [line, expected] of table) deepEqual(read(line), expected, line);
}

// ruleset-spec 1.2, group A.
test("every syslog header gives stamp, host, program and text", () => {
  const rest = { host: "web", program: "sshd", log: "text" };
  for (const stamp of [
    "Dec 29 10:00:01",
    "Dec  9 10:00:01",
    "2015-04-16 21:51:02,805",
    "2007-06-14T15:48:55-04:00",
    "2022-12-19T15:02:53.288+00:00",
    "2009-05-22T09:36:46.214994-07:00",
    "2015 Dec 29 10:00:01",
    "2021-04-21 10:16:09.404756-0700",
  ]) {
    deepEqual(read(`${stamp} web sshd[411]: text`), { stamp, ...rest }, stamp);
  }
});

test("one more blank behind the header is dropped, a second one is not", () => {
  reads([
    ["Dec 29 10:00:01  web sshd: text", { stamp: "Dec 29 10:00:01", host: "web", program: "sshd", log: "text" }],
    ["Dec 29 10:00:01   web sshd: text", { stamp: "Dec 29 10:00:01", host: "", log: "web sshd: text" }],
  ]);
});

test("a fraction of any other length is cut at column 32, whatever is there", () => {
  const line = "2022-12-19T05:06:07.1234567Z webhost sshd: text";
  equal(read(line).stamp, line.slice(0, 31));
});

test("what is no such header is left whole", () => {
  for (const line of [
    "2022-12-19T05:06:07Z host sshd: text that is long enough",
    "1 2003-10-11T22:14:15.003Z host app - - - text",
    "<13>Dec 29 10:00:01 web sshd: text",
    "Dec 29 10:00:0",
    "Dec 29 10.00.01 web sshd: text",
    "",
    "x",
  ]) {
    deepEqual(read(line), { log: line });
  }
});

test("a German March takes one column for its umlaut", () => {
  deepEqual(read("M\xc3\xa4r 29 10:00:01 web sshd[1]: text"), {
    stamp: "M\xc3\xa4r 29 10:00:01".slice(0, 15),
    host: "web",
    program: "sshd",
    log: "text",
  });
});

const stamp = "Dec 29 10:00:01";
const head = `${stamp} `;

test("the program may have a number, no number, and no blank behind its colon", () => {
  reads([
    [`${head}web sshd: text`, { stamp, host: "web", program: "sshd", log: "text" }],
    [`${head}web sshd:text`, { stamp, host: "web", program: "sshd", log: "text" }],
    [`${head}web sshd[12]:text`, { stamp, host: "web", program: "sshd", log: "text" }],
    [`${head}web sshd[12]: text`, { stamp, host: "web", program: "sshd", log: "text" }],
    [`${head}web sshd[12] text`, { stamp, host: "web", program: "sshd", log: "text" }],
    [`${head}web postfix/smtpd[12]:  text`, { stamp, host: "web", program: "postfix/smtpd", log: " text" }],
    [`${head}web (sd-pam)@x_1.2: text`, { stamp, host: "web", program: "(sd-pam)@x_1.2", log: "text" }],
  ]);
});

test("what does not look like a program gives none, and the text begins with it", () => {
  reads([
    [`${head}web sshd[12]text`, { stamp, host: "web", log: "sshd[12]text" }],
    [`${head}web sshd[ab]: text`, { stamp, host: "web", log: "sshd[ab]: text" }],
    [`${head}web last message repeated 3 times`, { stamp, host: "web", log: "last message repeated 3 times" }],
    [`${head}web`, { stamp, log: "web" }],
    [`${head}we+b sshd: text`, { stamp, log: "we+b sshd: text" }],
  ]);
});

test("an empty name counts as a program name", () => {
  reads([[`${head}web : text`, { stamp, host: "web", program: "", log: "text" }]]);
});

test("Solaris writes a program without a host, and a message id", () => {
  reads([
    [`${head}sshd: text`, { stamp, program: "sshd", log: "text" }],
    [`${head}web su: [ID 810491 auth.crit] text`, { stamp, host: "web", program: "su", log: "text" }],
    [
      `${head}web su: [ID 810491 auth.crit text`,
      { stamp, host: "web", program: "su", log: "[ID 810491 auth.crit text" },
    ],
  ]);
});

test("AIX writes facility and level before the program", () => {
  reads([
    [`${head}web auth|security:info sshd[12]: text`, { stamp, host: "web", program: "sshd", log: "text" }],
    [`${head}web auth|security:info sshd: text`, { stamp, host: "web", program: "sshd", log: "text" }],
    [`${head}web auth|security:info sshd text`, { stamp, host: "web", program: "sshd text", log: " text" }],
    [
      `${head}web auth|security:info sshd[12]text`,
      {
        stamp,
        host: "web",
        program: "sshd",
        log: "auth|security:info sshd",
      },
    ],
    [`${head}web auth|security info sshd: text`, { stamp, host: "web", log: "auth|security info sshd: text" }],
    [`${head}web auth|9: text`, { stamp, host: "web", log: "auth|9: text" }],
  ]);
});

// ruleset-spec 1.2, group B.
test("other programs' headers give the stamp alone", () => {
  reads([
    [
      "Mon Apr 17 18:27:14 2006 1 64.160.42.130 230 /x",
      {
        stamp: "Mon Apr 17 18:27:14 2006",
        log: "1 64.160.42.130 230 /x",
      },
    ],
    ["01/28-09:13:16.240702  [**] [1:1917:6]", { stamp: "01/28-09:13:16.240702", log: "[**] [1:1917:6]" }],
    ["01/28/1979-09:13:16.240702  [**] text", { stamp: "01/28/1979-09:13:16.240702", log: "[**] text" }],
    ["[Fri Feb 11 18:06:35 2004] [warn] text", { stamp: "Fri Feb 11 18:06:35 2004", log: "[warn] text" }],
    [
      "1140804070.368  11623 192.0.2.7 TCP_MISS/200",
      {
        stamp: "1140804070.368 ",
        log: "11623 192.0.2.7 TCP_MISS/200",
      },
    ],
  ]);
});

test("macOS ASL gives sender, message and host from its blocks", () => {
  const front = "[Time 2006.12.28 15:53:55 UTC] [Facility auth] ";
  reads([
    [
      `${front}[Sender sshd] [PID -1] [Message error: PAM] [Level 3] [Host mac]`,
      {
        host: "mac",
        program: "sshd",
        log: "error: PAM",
      },
    ],
    [`${front}[Message open end`, { log: "open end" }],
    [`${front}[Sender sshd`, { log: `${front}[Sender sshd` }],
    [`${front}[Message one] [Message two]`, { log: "one" }],
  ]);
});

test("a NUL hides nothing", () => {
  deepEqual(read(`${head}web sshd: a\0b`), { stamp, host: "web", program: "sshd", log: "a\0b" });
});

test("no line breaks it: random cuts and bytes of real headers (20 seeds)", () => {
  const lines = [
    `${head}web auth|security:info sshd[12]: [ID 1 a.b] text`,
    "2009-05-22T09:36:46.214994-07:00 web sshd[1]: text",
    "[Time 2006.12.28 15:53:55 UTC] [Facility auth] [Sender sshd] [Message x] [Host y]",
    "1140804070.368  11623 192.0.2.7 TCP_MISS/200",
  ];
  let recognised = 0;
  for (let seed = 1; seed <= 20; seed += 1) {
    let state = seed;
    const below = (limit: number): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state % limit;
    };
    for (let round = 0; round < 200; round += 1) {
      const line = lines[below(lines.length)] ?? "";
      const cut = line.slice(0, below(line.length + 1));
      const at = below(cut.length + 1);
      const broken = round % 2 === 0 ? cut : cut.slice(0, at) + String.fromCharCode(below(256)) + cut.slice(at + 1);
      const { stamp: found, log } = read(broken);
      if (found !== undefined) recognised += 1;
      equal(log.length <= broken.length, true, `seed ${seed}: ${broken}`);
      equal(broken.includes(log), true, `seed ${seed}: ${broken}`);
    }
  }
  equal(recognised > 500, true, `${recognised} recognised`);
});
