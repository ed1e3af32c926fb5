import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../test/support/seeded-random.ts";
import { responseList } from "./response-list.ts";
import {
  chunksOf,
  isSharedName,
  joinGroups,
  mergedFile,
  multigroupHash,
  unpackMerged,
  unshareableReason,
  type SharedFile,
} from "./shared-file.ts";

const file = (name: string, text: string): SharedFile => ({ name, bytes: Buffer.from(text) });
const said = (files: ReturnType<typeof unpackMerged>): string[] | string =>
  typeof files === "string" ? files : files.map(({ name, bytes }) => `${name}=${bytes.toString()}`);

test("a group's files are merged: ar.conf first, then by the bytes of their names", () => {
  const files = [
    file("b.txt", "B"),
    file("agent.conf", "<x/>\n"),
    file("a/b.txt", ""),
    file("a.txt", "A"),
    file("Z", "z"),
  ];
  equal(
    mergedFile("default", Buffer.from("r\n"), files).toString(),
    "#default\n!2 ar.conf\nr\n!1 Z\nz!1 a.txt\nA!0 a/b.txt\n!5 agent.conf\n<x/>\n!1 b.txt\nB",
  );
});

test("the same files in any order are the same bytes, and are unpacked again", () => {
  const files = [
    file("x", "!3 y\nabc"),
    file("c", "\n\n"),
    file("d/e", "#!-execd x"),
    file("long", "l".repeat(99_999)),
  ];
  const merged = mergedFile("default", Buffer.from("r"), files);
  deepEqual(mergedFile("default", Buffer.from("r"), files.toReversed()), merged);
  const unpacked = unpackMerged(merged);
  ok(typeof unpacked !== "string");
  deepEqual(
    unpacked.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    [file("ar.conf", "r"), ...files].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  );
});

test("a merged.mg that a genuine manager sent is unpacked", () =>
  deepEqual(
    said(unpackMerged(Buffer.from("#default\n!17 ar.conf\nrestart-ossec0 - \n!14 agent.conf\n<agent_config>\n"))),
    // The size that is written counts, and what stands behind it is passed over up to the next header.
    ["ar.conf=restart-ossec0 - ", "agent.conf=<agent_config>"],
  ));

const files: [merged: string, said: string[] | string][] = [
  ["", []],
  ["#g\n", []],
  ["#g", []],
  ["junk\n!1 a\nx", ["a=x"]],
  ["!1 a\nx!1 a\ny", ["a=y"]],
  ["!2 a\nx", "merged_cut_off"],
  ["!1 a", "merged_cut_off"],
  ["!9999999999 a\nx", "merged_cut_off"],
  ["!99999999999 a\nx", "merged_bad_header"],
  ["!x a\nx", "merged_bad_header"],
  ["!-1 a\nx", "merged_bad_header"],
  ["!1\nx", "merged_bad_header"],
  [`!1 ${"n".repeat(300)}\nx`, "merged_bad_header"],
  // Attack case 1.
  ["!1 ../a\nx", "merged_bad_name"],
  ["!1 a/../../b\nx", "merged_bad_name"],
  ["!1 /etc/passwd\nx", "merged_bad_name"],
  ["!1 a/..\\..\\b\nx", "merged_bad_name"],
  ["!1 C:evil\nx", "merged_bad_name"],
  ["!1 a\0b\nx", "merged_bad_name"],
  ["!1 .hidden\nx", "merged_bad_name"],
  ["!1 a//b\nx", "merged_bad_name"],
  ["!1 a/\nx", "merged_bad_name"],
];

for (const [merged, expected] of files) {
  test(`${JSON.stringify(merged.slice(0, 40))} is unpacked as ${JSON.stringify(expected)}`, () =>
    deepEqual(said(unpackMerged(Buffer.from(merged))), expected));
}

test("more files than may be are refused", () => {
  const merged = Buffer.from(Array.from({ length: 11 }, (_, index) => `!0 f${index}\n`).join(""));
  equal(unpackMerged(merged, 10), "merged_too_many");
  ok(typeof unpackMerged(merged, 11) !== "string");
});

const shareable: [name: string, text: string, reason: string | undefined][] = [
  ["agent.conf", "x", undefined],
  ["sub/rules.txt", "x", undefined],
  ["with space.txt", "x", undefined],
  ["merged.mg", "x", "reserved_name"],
  ["merged.mg.tmp", "x", "reserved_name"],
  ["sub/merged.mg", "x", "reserved_name"],
  ["ar.conf", "x", "reserved_name"],
  [".hidden", "x", "bad_name"],
  ["a\nb", "x", "bad_name"],
  ["ä".repeat(128), "x", "bad_name"],
  ["binary", "a\0b", "has_nul"],
];

for (const [name, text, reason] of shareable) {
  test(`${JSON.stringify(name.slice(0, 20))} is ${reason ?? "shared"}`, () =>
    equal(unshareableReason(file(name, text)), reason));
}

test("what may not be shared is not merged by mistake", () => {
  throws(() => mergedFile("g", Buffer.alloc(0), [file("../x", "x")]));
  throws(() => mergedFile("g", Buffer.alloc(0), [file("x", "\0")]));
});

test("of several groups the last one's file counts, and every agent.conf", () => {
  const joined = joinGroups([
    { group: "default", files: [file("agent.conf", "<d/>\n"), file("list", "old"), file("only", "o")] },
    { group: "web", files: [file("list", "new"), file("agent.conf", "<w/>\n")] },
  ]);
  deepEqual(said(joined.toSorted((a, b) => (a.name < b.name ? -1 : 1))), [
    "agent.conf=<!-- Source file: default/agent.conf -->\n<d/>\n<!-- Source file: web/agent.conf -->\n<w/>\n",
    "list=new",
    "only=o",
  ]);
  // The first eight digits of SHA-256("default,web").
  equal(multigroupHash(["default", "web"]), "5288d400");
});

test("no piece of a file is obeyed, and the pieces are the file (300 seeds)", () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = seededRandom(seed);
    const text = `#g\n${Array.from({ length: random.below(200) }, () => ["#!-", "#", "!", "-", "x"][random.below(5)]).join("")}`;
    const bytesMax = 2 + random.below(12);
    const pieces = [...chunksOf(Buffer.from(text), bytesMax)];
    equal(Buffer.concat(pieces).toString(), text, `seed ${seed}`);
    for (const piece of pieces) {
      ok(piece.length > 0 && piece.length <= bytesMax);
      ok(!piece.toString().startsWith("#!-"), `seed ${seed}`);
    }
  }
});

test("a file that itself is obeyed is not sent, and an empty one has no piece", () => {
  throws(() => [...chunksOf(Buffer.from("#!-execd x"), 900)]);
  deepEqual([...chunksOf(Buffer.alloc(0), 900)], []);
});

test("any bytes are unpacked or refused, confined, and never throw (5,000 of one seed)", () => {
  const random = seededRandom(31);
  const merged = mergedFile("default", responseList([]), [file("a.txt", "some text\n"), file("sub/b", "more")]);
  for (let count = 0; count < 5_000; count += 1) {
    const bytes = Buffer.from(merged);
    for (let left = 1 + random.below(6); left > 0; left -= 1) bytes[random.below(bytes.length)] = random.below(256);
    const unpacked = unpackMerged(bytes.subarray(0, random.below(bytes.length + 1)));
    if (typeof unpacked !== "string") ok(unpacked.every(({ name }) => isSharedName(name)));
  }
  for (const text of ["\n", "!", "#", "!0 a\n", "!1 "]) unpackMerged(Buffer.from(text.repeat(1_000_000)));
});

test("ar.conf begins with what restarts an agent of any version", () => {
  const [first, ...rest] = responseList([{ name: "host-deny", executable: "host-deny.sh", timeout: 600 }])
    .toString()
    .split("\n");
  equal(first, "restart-ossec0 - restart-ossec.sh - 0");
  ok(rest.includes("restart-wazuh0 - restart-wazuh.exe - 0"));
  equal(rest.at(-2), "host-deny600 - host-deny.sh - 600");
});
