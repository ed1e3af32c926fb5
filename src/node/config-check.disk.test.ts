import { deepEqual, equal, ok } from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { nodeDisk } from "../base/disk.ts";
import type { Problem } from "../config/problem.ts";
import { checkConfig, describeReport, explain, explainAsJson } from "./config-check.ts";
import { checkHomeRuleset } from "./ruleset-check.ts";
import { sections } from "./sections.ts";

const folder = mkdtempSync(join(tmpdir(), "argus-config-check-"));
after(() => rmSync(folder, { recursive: true }));
let count = 0;

function newHome(ossecConf: string): string {
  count += 1;
  const home = join(folder, String(count));
  mkdirSync(join(home, "etc"), { recursive: true });
  writeFileSync(join(home, "etc", "ossec.conf"), ossecConf);
  return home;
}
const node = (type: string): string =>
  `<cluster><node_name>n1</node_name><node_type>${type}</node_type><key>0123456789abcdef0123456789abcdef</key></cluster>`;
const ruleProblem: Problem = {
  file: "local_rules.xml",
  line: 3,
  column: 5,
  severity: "error",
  message: "the rule is wrong",
};

test("a home without problems can start: exit code 0, and one line that says so", async () => {
  const home = newHome(node("master"));
  const report = await checkConfig(home, nodeDisk);
  deepEqual([report.exitCode, report.node, report.role, report.problems], [0, "n1", "master", []]);
  deepEqual(describeReport(report), [`${home} (master n1): 0 errors, 0 warnings; the node can start`]);
});

test("warnings are counted and do not keep the node from starting", async () => {
  const report = await checkConfig(newHome("<syscheck/><rootcheck/>"), nodeDisk);
  deepEqual([report.exitCode, report.errorCount, report.warningCount], [0, 0, 2]);
  ok(report.summary.endsWith("(a single node): 0 errors, 2 warnings; the node can start"), report.summary);
});

test("an error is exit code 2, and each problem is a line by file, line and column", async () => {
  const home = newHome("<foo/>\n<remote><port>x</port></remote>");
  const report = await checkConfig(home, nodeDisk);
  equal(report.exitCode, 2);
  deepEqual(describeReport(report), [
    `${home}/etc/ossec.conf:1:1: warning: <foo> is not a section of ossec.conf and has no effect`,
    `${home}/etc/ossec.conf:2:9: error: <port> must be a whole number from 1 to 65535, not "x"`,
    `${home} (a single node): 1 error, 1 warning; the node would not start`,
  ]);
});

test("a file that holds nothing is a warning, because a single node is seldom what was meant", async () => {
  for (const text of ["", "<!-- later -->", "<ossec_config></ossec_config>"]) {
    const home = newHome(text);
    deepEqual(describeReport(await checkConfig(home, nodeDisk)), [
      `${home}/etc/ossec.conf: warning: it holds no section: the node is a single one, by the defaults`,
      `${home} (a single node): 0 errors, 1 warning; the node can start`,
    ]);
  }
});

test("of a file that cannot be read as XML nothing is claimed but that", async () => {
  const home = newHome("<cluster><node_name>n1</cluster>");
  const { summary, problems } = await checkConfig(home, nodeDisk);
  equal(summary, `${home}: 1 error, 0 warnings; the node would not start`);
  equal(problems.length, 1);
  const absent = join(folder, "absent");
  ok((await checkConfig(absent, nodeDisk)).summary.startsWith(`${absent}: 1 error`));
});

test("the files of a ruleset are named by their whole paths", async () => {
  const home = newHome(node("master"));
  mkdirSync(join(home, "etc", "rules"));
  writeFileSync(join(home, "etc", "rules", "local_rules.xml"), "<group name='x,'>\n<rule id='x'/>\n</group>");
  const { problems } = await checkConfig(home, nodeDisk, checkHomeRuleset);
  deepEqual([...new Set(problems.map(({ file }) => file))], [`${home}/etc/rules/local_rules.xml`]);
});

test("rules and decoders are looked at on a master, with its configuration, and count like the rest", async () => {
  const asked: string[] = [];
  const report = await checkConfig(newHome(node("master")), nodeDisk, async (home, config) => {
    asked.push(`${home === folder ? "" : "home"} ${config.name}`);
    return [ruleProblem];
  });
  deepEqual(asked, ["home n1"]);
  deepEqual([report.exitCode, report.problems], [2, [ruleProblem]]);
});

test("a worker compiles no rules, so they are not looked at there", async () => {
  const report = await checkConfig(newHome(node("worker")), nodeDisk, async () => [ruleProblem]);
  deepEqual([report.exitCode, report.problems], [0, []]);
});

test("explains every section by its name, with or without its brackets, and cluster.conf", () => {
  for (const name of [...sections.map((section) => section.name), "cluster.conf", "<Cluster>"]) {
    ok((explain(name) ?? []).length > 3, name);
  }
  equal(explain("nonsense"), undefined);
  deepEqual(
    explain("cluster.conf")
      ?.filter((line) => /^ {6,}</.test(line))
      .map((line) => line.trim().split("  ")[0]),
    ["<name>", "<address>", "<port>", "<type>"],
  );
});

test("lists all sections when none is named", () => {
  const lines = explain() ?? [];
  deepEqual(
    lines.map((line) => line.split(" ")[0]),
    [...sections.map((section) => section.name), "cluster.conf"],
  );
});

test("explains the same to a program, options of blocks by their path", () => {
  const options = explainAsJson("cluster") ?? [];
  deepEqual(
    options.find((option) => option.name === "port"),
    {
      ...{ name: "port", form: "1 to 65535", default: "1516", repeatable: false, supported: true },
      help: "The TCP port of the cluster's own connections, the same on all nodes.",
    },
  );
  ok(options.some((option) => option.name === "nodes/node" && option.repeatable));
  equal(explainAsJson("nonsense"), undefined);
});
