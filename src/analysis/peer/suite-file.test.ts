import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { readSuiteFile } from "./suite-file.ts";

const file = `; a comment
[First]
log 1 pass = Dec  1 web sshd[1]: one = two
LOG 2 Fail: another
rule = 5716
alert = 5
decoder = sshd

[Second]
log 1 pass = a
  # a comment
log 1 pass = b ; not a comment
rule =
[Third]
rule = 1
`;

test("each log key is a case with the expectation of its section", () => {
  const [first, second, ...others] = readSuiteFile(file, "wazuh");
  deepEqual(first, {
    ...{ section: "First", option: "log 1 pass", line: 3, lines: ["Dec  1 web sshd[1]: one = two"], isNegative: false },
    expected: { decoder: "sshd", rule: "5716", level: "5" },
  });
  deepEqual([second?.option, second?.lines, second?.isNegative], ["log 2 fail", ["another"], true]);
  equal(others.length, 1);
});

test("a repeated key is one case of several lines in Wazuh, and keeps its last line in OSSEC", () => {
  const linesOf = (flavour: "wazuh" | "ossec"): unknown => readSuiteFile(file, flavour).at(-1)?.lines;
  deepEqual(linesOf("wazuh"), ["a", "b ; not a comment"]);
  deepEqual(linesOf("ossec"), ["b ; not a comment"]);
});

test("sections of one title are one, and an expectation that is written twice has two lines", () => {
  const cases = readSuiteFile("[a]\nlog 1 = x\nrule = 1\n[b]\n[a]\nlog 2 = y\nrule = 2\n", "wazuh");
  deepEqual(
    cases.map(({ option, expected }) => [option, expected.rule]),
    [
      ["log 1", "1\n2"],
      ["log 2", "1\n2"],
    ],
  );
});

test("an indented line goes on with the value above it", () => {
  deepEqual(readSuiteFile("[a]\nlog 1 = x\n  y = z\n", "wazuh")[0]?.lines, ["x", "y = z"]);
});

test("two percent signs are one in OSSEC", () => {
  deepEqual(readSuiteFile("[a]\nlog 1 = %%ASA\n", "ossec")[0]?.lines, ["%ASA"]);
  deepEqual(readSuiteFile("[a]\nlog 1 = %%ASA\n", "wazuh")[0]?.lines, ["%%ASA"]);
});
