/**
 * A mixed log of 60,000 lines, answered as the peers' analysis daemons answered it. The log is generated, by a program
 * that is no part of the project; where it or what runs it is missing the tests are skipped and say so.
 */
import { deepEqual, equal } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { nodeDisk } from "../src/base/disk.ts";
import { Engine } from "../src/analysis/engine.ts";
import { readPeerRuleset } from "../src/analysis/peer/ruleset-folder.ts";
import { compileRuleset, defaultRulesetOptions, type CompiledRuleset } from "../src/analysis/ruleset.ts";
import type { Flavour } from "../src/syntax/pattern.ts";
import { peerRuleset, peerVectors } from "../test/support/peer-data.ts";
import { eventOf } from "../test/support/ruleset.ts";
import { newFolder } from "../test/support/temporary-folder.ts";
import { answerLine, compareRows, describeComparison, readRows, rowsOf, type Comparison } from "./answers.ts";

const lineCount = 60_000;
/** Of the log whose answers are known. */
const logHash = "6071ebb5ca33b51f8fd9ff3f5fe6a9c023f0912d758cff22ccd9907a4b2afdab";
const generator = process.env["ARGUS_CORPUS_GENERATOR"] ?? "../shared/corpus/gen.py";

function whyNoLog(): string | false {
  if (!existsSync(generator)) return `${generator} is not here; see ARGUS_CORPUS_GENERATOR`;
  const { error } = spawnSync("python3", ["--version"]);
  return error !== undefined && `${generator} cannot be run: there is no python3`;
}

let generated: string[] | undefined;

function mixedLog(): string[] {
  if (generated !== undefined) return generated;
  const folder = newFolder("mixed");
  const path = join(folder, "mixed.log");
  const classes = join(folder, "classes");
  const words = [generator, "-n", String(lineCount), "-s", "7", "-o", path, "--classes", classes];
  const { status, stderr } = spawnSync("python3", words, { encoding: "utf8" });
  equal(status, 0, stderr);
  const bytes = readFileSync(path);
  equal(createHash("sha256").update(bytes).digest("hex"), logHash, "the generator makes another log");
  generated = bytes.toString("latin1").split("\n").slice(0, -1);
  return generated;
}

const compiled = new Map<Flavour, CompiledRuleset>();

async function rulesetOf(flavour: Flavour, isCompat: boolean): Promise<CompiledRuleset> {
  const options = { ...defaultRulesetOptions, flavour, isCompat, logAlertLevel: 1 };
  let ruleset = compiled.get(flavour);
  if (ruleset === undefined) {
    const files = await readPeerRuleset(nodeDisk, peerRuleset(flavour).folder, flavour);
    ruleset = compileRuleset({ ...files, options }, () => undefined);
    compiled.set(flavour, ruleset);
  }
  return { ...ruleset, options };
}

/** All lines at one moment: the daemons had them within eight seconds. */
async function compared(flavour: Flavour, isCompat: boolean): Promise<Comparison> {
  const engine = new Engine(await rulesetOf(flavour, isCompat));
  const location = "/var/log/syslog";
  let rows = "";
  for (const [index, log] of mixedLog().entries()) {
    rows += answerLine(index, engine.answer(eventOf(log, 0, { location })));
  }
  return compareRows(rowsOf(rows), readRows(join(peerVectors().folder, `${flavour}-mixed-7.tsv.gz`)));
}

/** The rows of docs/operating/differences.md: how many lines, their answer, ours. */
function documented(flavour: Flavour): string[] {
  const [, part = ""] = readFileSync("docs/operating/differences.md", "utf8").split("## What is remembered\n");
  const rows = [...part.slice(0, part.indexOf("\n## ")).matchAll(/^\| (\w+) \| (\d+) \| (.*?) \| (.*?) \|/gm)];
  return rows.filter(([, name]) => name === flavour).map(([, , count, theirs, ours]) => `${count} ${theirs} ${ours}`);
}

const shown = ({ groups }: Comparison): string[] =>
  groups.map(({ count, theirs, ours }) => `${count} ${theirs.trim()} ${ours.trim()}`);

for (const flavour of ["wazuh", "ossec"] as const) {
  const skip = peerRuleset(flavour).skip || peerVectors().skip || whyNoLog();

  test(`with --compat all 60,000 lines are answered as ${flavour}'s daemon answered them`, { skip }, async () => {
    const comparison = await compared(flavour, true);
    equal(comparison.lines, lineCount);
    equal(comparison.differing, 0, describeComparison(comparison, mixedLog()));
  });

  test(`without it the answers differ from ${flavour}'s where the documents say so`, { skip }, async () => {
    deepEqual(shown(await compared(flavour, false)).sort(), documented(flavour).sort());
  });
}
