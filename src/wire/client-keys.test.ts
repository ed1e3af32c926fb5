import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../test/support/seeded-random.ts";
import { agentsOf, noClientKeys, readClientKeys, writeClientKeys, type ClientKeysLine } from "./client-keys.ts";

const key = "6b2d6c1d3d5f3d1c0e0a3c9f0a7e5b4c8d9e1f2a3b4c5d6e7f8091a2b3c4d5e6";
const agent = (id: string, name: string, address = "any", isRemoved = false): ClientKeysLine => ({
  ...{ id, name, address, key, isRemoved },
});

const file =
  "# our agents\n" +
  `001 agent1 any ${key}\n` +
  `002 win-host_02.example 192.0.2.17 ${key}\n` +
  "\n" +
  `003 net-agent 198.51.100.0/24 ${key}\n` +
  `1024 x2 2001:db8::7 ${key}\n` +
  " a note\n" +
  `005 !t5 192.0.2.5 ${key}\n` +
  `006 #t6 any ${key}\n` +
  `007 mask 10.0.0.0/255.0.0.0 ${key}\n`;

test("a file's agents are read, with those that were removed", () => {
  const { problems, greatestId, ...rest } = readClientKeys(file);
  deepEqual(problems, []);
  equal(greatestId, 1_024);
  deepEqual(agentsOf({ problems, greatestId, ...rest }), [
    agent("001", "agent1"),
    agent("002", "win-host_02.example", "192.0.2.17"),
    agent("003", "net-agent", "198.51.100.0/24"),
    agent("1024", "x2", "2001:db8::7"),
    agent("005", "t5", "192.0.2.5", true),
    agent("006", "t6", "any", true),
    agent("007", "mask", "10.0.0.0/255.0.0.0"),
  ]);
});

const bad: [line: string, message: RegExp][] = [
  ["001", /a line is: id, name, address, key/],
  ["001 web1 any", /a line is/],
  [`001 web1 any ${key} more`, /a line is/],
  [`001  web1 any ${key}`, /a line is/],
  [`01 web1 any ${key}`, /an id has three to eight digits/],
  [`000 web1 any ${key}`, /an id has/],
  [`123456789 web1 any ${key}`, /an id has/],
  [`0x1 web1 any ${key}`, /an id has/],
  [`001 w any ${key}`, /a name has/],
  [`001 .web any ${key}`, /a name has/],
  [`001 we\tb any ${key}`, /a name has/],
  [`001 web1 nowhere ${key}`, /the third field/],
  [`001 web1 10.0.0.0/33 ${key}`, /the third field/],
  [`001 web1 !!10.0.0.1 ${key}`, /the third field/],
  [`001 web1 !any ${key}`, /the third field/],
  ["001 web1 any k\x01ey", /the key is/],
  [`001 web1 any ${"k".repeat(128)}`, /the key is/],
  [`001 web1 any ${"k".repeat(2_048)}`, /at most 2048 bytes/],
];

for (const [line, message] of bad) {
  test(`${JSON.stringify(line.slice(0, 40))} is named by its line, without what stands on it, and kept`, () => {
    const text = `# first\n${line}\n002 ok any ${key}\n`;
    const known = readClientKeys(text);
    deepEqual(
      known.problems.map((problem) => problem.line),
      [2],
    );
    const [problem] = known.problems;
    ok(problem !== undefined && message.test(problem.message) && !problem.message.includes(key));
    deepEqual(
      agentsOf(known).map(({ id }) => id),
      ["002"],
    );
    equal(writeClientKeys(known, agentsOf(known)), text);
  });
}

test("of two lines with one id the first is the agent's", () => {
  const text = `001 one any ${key}\n001 two any ${key}\n`;
  const known = readClientKeys(text);
  deepEqual(agentsOf(known), [agent("001", "one")]);
  deepEqual(known.problems, [{ line: 2, message: "agent 001 stands on line 1 already" }]);
  equal(writeClientKeys(known, agentsOf(known)), text);
});

test("addresses as old managers wrote them are read and written as they were: negated ones, and ANY", () => {
  const text = `001 a1 !10.0.0.1 ${key}\n002 a2 !10.0.0.0/8 ${key}\n003 a3 ANY ${key}\n`;
  const known = readClientKeys(text);
  deepEqual(known.problems, []);
  deepEqual(agentsOf(known), [
    agent("001", "a1", "!10.0.0.1"),
    agent("002", "a2", "!10.0.0.0/8"),
    agent("003", "a3", "ANY"),
  ]);
  equal(writeClientKeys(known, agentsOf(known)), text);
});

test("an id is never given again, though its line cannot be read", () =>
  equal(readClientKeys(`001 a1 any ${key}\n077 x\n99999999999 y\n`).greatestId, 77));

test("lines with CR, and a last line without its end, are read", () =>
  deepEqual(agentsOf(readClientKeys(`001 a1 any ${key}\r\n002 a2 any ${key}`)), [
    agent("001", "a1"),
    agent("002", "a2"),
  ]));

test("a file is rewritten with all that it held", () => {
  const known = readClientKeys(file);
  // Wazuh's mark of a removed agent replaces the old one.
  equal(writeClientKeys(known, agentsOf(known)), file.replace("006 #t6", "006 !t6"));
});

test("changed, removed and new agents change their lines and no others", () => {
  const known = readClientKeys(`# top\n001 a1 any ${key}\nbad line\n002 a2 any ${key}\n003 a3 any ${key}\n# end\n`);
  const agents = [agent("004", "a4"), agent("003", "a3", "any", true), agent("001", "b1", "10.0.0.1")];
  const text = `# top\n001 b1 10.0.0.1 ${key}\nbad line\n003 !a3 any ${key}\n# end\n004 a4 any ${key}\n`;
  equal(writeClientKeys(known, agents), text);
  deepEqual(agentsOf(readClientKeys(text)).length, 3);
  equal(writeClientKeys(noClientKeys, [agent("001", "a1")]), `001 a1 any ${key}\n`);
  equal(writeClientKeys(known, []), "# top\nbad line\n# end\n");
});

test("any bytes are read and written as they were, and never throw (2,000 of one seed)", () => {
  const random = seededRandom(23);
  for (let count = 0; count < 2_000; count += 1) {
    const bytes = Buffer.from(file, "latin1");
    for (let left = random.below(20); left > 0; left -= 1) bytes[random.below(bytes.length)] = random.below(256);
    const known = readClientKeys(bytes.toString("latin1"));
    const written = writeClientKeys(known, agentsOf(known));
    deepEqual(agentsOf(readClientKeys(written)), agentsOf(known));
    equal(written.split("\n").length, writeClientKeys(readClientKeys(written), agentsOf(known)).split("\n").length);
  }
});

test("a file of 100,000 agents is read in bounded time", () => {
  const text = Array.from(
    { length: 100_000 },
    (_, index) => `${String(index + 1).padStart(3, "0")} a${index} any ${key}\n`,
  );
  equal(agentsOf(readClientKeys(text.join(""))).length, 100_000);
});
