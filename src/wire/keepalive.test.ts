import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../test/support/seeded-random.ts";
import { noOs, type AgentFacts, type AgentOs } from "../model/agent.ts";
import { keepaliveText, readKeepalive } from "./keepalive.ts";

const read = (text: string): AgentFacts => {
  const facts = readKeepalive(Buffer.from(text, "utf8"));
  if (facts === undefined) throw new Error("it is no keepalive");
  return facts;
};
const uname = "Linux |vm |6.18.44-fc-v657 |#1 SMP PREEMPT_DYNAMIC @0 |x86_64 [Debian GNU/Linux|debian: 12 (bookworm)]";
const sum = "e4088980211428e91f0292aa3368fc47";

test("a keepalive of Wazuh 4.14.7 is read", () =>
  deepEqual(
    read(
      `${uname} - Wazuh v4.14.7 / ${sum}\n"env":prod\n!"hidden.k":v\n#"sys":s\n${sum} merged.mg\n#"_agent_ip":10.1.2.3\n`,
    ),
    {
      version: "Wazuh v4.14.7",
      uname,
      os: {
        ...noOs,
        name: "Debian GNU/Linux",
        version: "12",
        major: "12",
        codename: "bookworm",
        platform: "debian",
        arch: "x86_64",
      },
      host: "vm",
      address: "10.1.2.3",
      configSum: sum,
      mergedSum: sum,
      labels: [
        { key: "env", value: "prod", isHidden: false, isSystem: false },
        { key: "hidden.k", value: "v", isHidden: true, isSystem: false },
        { key: "sys", value: "s", isHidden: false, isSystem: true },
      ],
    },
  ));

test("a keepalive of OSSEC 3.7.0 is read, and the noise behind its last line end is not", () => {
  const noise = `#"_agent_ip":6.6.6.6 "a":b ${sum} merged.mg - Wazuh v9.9.9 / !"x":y`;
  deepEqual(read(`Linux vm 6.18.44 #1 SMP x86_64 - OSSEC HIDS v3.7.0\nx merged.mg\n\n${noise}`), {
    ...{ version: "OSSEC HIDS v3.7.0", uname: "Linux vm 6.18.44 #1 SMP x86_64" },
    ...{ os: { ...noOs, name: "Linux", arch: "x86_64" }, host: "vm" },
    ...{ address: "", configSum: "", mergedSum: "x", labels: [] },
  });
});

test("what stands behind the first ` - ` is the version, whatever else holds one", () => {
  const { uname: first, version } = read("Linux a - b - OSSEC HIDS v2.8.3\n");
  deepEqual([first, version], ["Linux a", "b - OSSEC HIDS v2.8.3"]);
});

const systems: [uname: string, os: Partial<AgentOs>, host: string][] = [
  [
    "Linux |host |5.10 |#1 SMP |x86_64 [Ubuntu|ubuntu: 22.04.3 LTS (Jammy Jellyfish)]",
    {
      name: "Ubuntu",
      platform: "ubuntu",
      version: "22.04.3 LTS",
      major: "22",
      minor: "04",
      codename: "Jammy Jellyfish",
      arch: "x86_64",
    },
    "host",
  ],
  [
    "Linux |s |5.3 |#1 |aarch64 [SLES|sles: 15-SP5]",
    { name: "SLES", platform: "sles", version: "15-SP5", major: "15", minor: "5", arch: "aarch64" },
    "s",
  ],
  [
    "Microsoft Windows 10 Pro [Ver: 10.0.19045.3803] |HOST |x86_64",
    {
      name: "Microsoft Windows 10 Pro",
      platform: "windows",
      version: "10.0.19045.3803",
      major: "10",
      minor: "0",
      build: "19045.3803",
      arch: "x86_64",
    },
    "HOST",
  ],
  [
    "Microsoft Windows 7 Ultimate [Ver: 6.1.7601]",
    {
      name: "Microsoft Windows 7 Ultimate",
      platform: "windows",
      version: "6.1.7601",
      major: "6",
      minor: "1",
      build: "7601",
    },
    "",
  ],
  [
    "Darwin |mac.local |22.6.0 |Darwin Kernel |arm64 [macOS|darwin: 13.5 (Ventura)]",
    { name: "macOS", platform: "darwin", version: "13.5", major: "13", minor: "5", codename: "Ventura", arch: "arm64" },
    "mac.local",
  ],
  ["FreeBSD gw 13.2-RELEASE amd64", { name: "FreeBSD", arch: "amd64" }, "gw"],
  ["Linux |h |1 |x |i686 [Arch Linux]", { name: "Arch Linux", arch: "i686" }, "h"],
  ["", {}, ""],
  ["[", {}, ""],
];

for (const [written, os, host] of systems) {
  test(`the system of ${JSON.stringify(written)} is known`, () => {
    const facts = read(`${written} - Wazuh v4.14.7\n`);
    deepEqual([facts.os, facts.host], [{ ...noOs, ...os }, host]);
  });
}

for (const text of ["", "Linux x - Wazuh v4.14.7", "\n", "\nx merged.mg"]) {
  test(`${JSON.stringify(text)} is no keepalive`, () => equal(readKeepalive(Buffer.from(text)), undefined));
}

test("what an agent says of itself is bounded and valid text", () => {
  const long = "é".repeat(5_000);
  const labels = Array.from({ length: 200 }, (_, index) => `"k${index}":${long}\n`).join("");
  const facts = read(`${long} - ${long} / ${long}\n${labels}"${long}":v\nno label\n`);
  equal(facts.labels.length, 64);
  for (const text of [facts.version, facts.uname, facts.configSum, ...facts.labels.map(({ value }) => value)]) {
    equal(Buffer.byteLength(text), 1_024);
  }
  const broken = readKeepalive(Buffer.from('h\xffst - v\n"a\xfe":\xc3\n', "latin1"));
  deepEqual([broken?.uname, broken?.labels[0]?.key], ["h\ufffdst", "a\ufffd"]);
});

test("labels that are none, and sums that are none, are passed over", () => {
  const facts = read(`u - v\n"":x\n"a:b\n"c":\n##"d":e\nyy merged.mg\n${sum} other.mg\n`);
  deepEqual([facts.labels.map(({ key }) => key), facts.mergedSum], [["c"], ""]);
});

test("what we write of ourselves is read again", () => {
  const facts = read(`${uname} - Wazuh v4.14.7 / ${sum}\n#!"k":v:"w"\n"a":\n${sum} merged.mg\n#"_agent_ip":::1\n`);
  deepEqual(read(keepaliveText(facts)), facts);
  const bare = read("Linux vm - OSSEC HIDS v3.7.0\nx merged.mg\n");
  deepEqual(read(keepaliveText(bare)), bare);
});

test("any bytes are read or refused in bounded time, and never throw (10,000 of one seed)", () => {
  const random = seededRandom(5);
  const seed = Buffer.from(`${uname} - Wazuh v4.14.7 / ${sum}\n"env":prod\n!"hidden.k":v\nx merged.mg\n`);
  let read = 0;
  for (let count = 0; count < 10_000; count += 1) {
    const bytes = Buffer.from(seed);
    for (let left = random.below(12); left > 0; left -= 1) bytes[random.below(bytes.length)] = random.below(256);
    if (readKeepalive(bytes.subarray(random.below(40), bytes.length - random.below(40))) !== undefined) read += 1;
  }
  ok(read > 5_000);
  for (const text of ["\n", '"', '"a":', "#", " - ", "[", "(", "|", "x merged.mg\n"]) {
    readKeepalive(Buffer.from(`${text.repeat(65_408 / text.length)}\n`));
  }
});
