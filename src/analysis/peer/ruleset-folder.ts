/**
 * The ruleset of Wazuh or OSSEC as its source tree has it, read as its shipped configuration loads it.
 *
 *   wazuh   DIR/decoders, DIR/rules (all but one file), DIR/lists, whose files the rules name below `etc/lists`
 *   ossec   DIR/decoder.xml, and of DIR/rules the files of DIR/load-order.txt in that order; all where it is absent
 *
 * What the peers' own test runner adds lies in a folder `ruleset` beside the tests: `*_decoders.xml`, `*_rules.xml`.
 */
import { join } from "node:path";
import type { Disk } from "../../base/disk.ts";
import type { Flavour } from "../../syntax/pattern.ts";
import { XML_FILE_BYTES_MAX } from "../../syntax/xml.ts";
import { LIST_BYTES_MAX } from "../rules/lookup-list.ts";
import type { RulesetFile, RulesetList, RulesetSource } from "../ruleset.ts";

type SourceFiles = Omit<RulesetSource, "options">;

/** Left out by the configuration that Wazuh ships. */
const excludedRules = "0215-policy_rules.xml";

async function readText(disk: Disk, path: string, bytesMax: number): Promise<string | undefined> {
  return (await disk.readWhole(path, bytesMax))?.toString("latin1");
}

async function readFiles(disk: Disk, folder: string, names: readonly string[]): Promise<RulesetFile[]> {
  const files: RulesetFile[] = [];
  for (const name of names) {
    const path = join(folder, name);
    const text = await readText(disk, path, XML_FILE_BYTES_MAX);
    if (text !== undefined) files.push({ path, text });
  }
  return files;
}

async function xmlNames(disk: Disk, folder: string, ending = ".xml"): Promise<string[]> {
  return (await disk.list(folder)).filter((name) => name.endsWith(ending)).sort();
}

/** Every file of the folder, two levels deep. */
async function readLists(disk: Disk, folder: string): Promise<RulesetList[]> {
  const lists: RulesetList[] = [];
  for (const name of await disk.list(folder)) {
    const inner = await disk.list(join(folder, name));
    for (const path of inner.length > 0 ? inner.map((file) => `${name}/${file}`) : [name]) {
      const text = path.endsWith(".cdb") ? undefined : await readText(disk, join(folder, path), LIST_BYTES_MAX);
      if (text !== undefined) lists.push({ name: `etc/lists/${path}`, text });
    }
  }
  return lists;
}

async function readWazuh(disk: Disk, folder: string): Promise<SourceFiles> {
  const [decoders, rules] = [join(folder, "decoders"), join(folder, "rules")];
  const ruleNames = await xmlNames(disk, rules);
  return {
    decoders: await readFiles(disk, decoders, await xmlNames(disk, decoders)),
    rules: await readFiles(
      disk,
      rules,
      ruleNames.filter((name) => name !== excludedRules),
    ),
    lists: await readLists(disk, join(folder, "lists")),
  };
}

async function readOssec(disk: Disk, folder: string): Promise<SourceFiles> {
  const rules = join(folder, "rules");
  const order = await readText(disk, join(folder, "load-order.txt"), XML_FILE_BYTES_MAX);
  const names = order?.split("\n").filter((name) => name !== "") ?? (await xmlNames(disk, rules));
  return {
    decoders: await readFiles(disk, folder, ["decoder.xml"]),
    rules: await readFiles(disk, rules, names),
    lists: [],
  };
}

/** Rejects with the disk's own errors only; a folder that is not there gives no files. */
export function readPeerRuleset(disk: Disk, folder: string, flavour: Flavour): Promise<SourceFiles> {
  return flavour === "wazuh" ? readWazuh(disk, folder) : readOssec(disk, folder);
}

/** What is loaded for the tests alone; nothing where `tests` has no such folder. */
export async function readTestRuleset(disk: Disk, tests: string): Promise<Omit<SourceFiles, "lists">> {
  const folder = join(tests, "ruleset");
  return {
    decoders: await readFiles(disk, folder, await xmlNames(disk, folder, "_decoders.xml")),
    rules: await readFiles(disk, folder, await xmlNames(disk, folder, "_rules.xml")),
  };
}

/**
 * As the runner of Wazuh's tests edits rule 60000 before it starts, so that events of Windows can be given as JSON
 * (ruleset-spec 11.6).
 */
export function withWindowsAsJson(files: readonly RulesetFile[]): RulesetFile[] {
  return files.map((file) => ({ ...file, text: file.text.replace(/<rule id="60000"[^]*?<\/rule>/, editRule) }));
}

function editRule(rule: string): string {
  return rule
    .replace(/<category>[^<]*<\/category>/, "")
    .replace(/<decoded_as>[^<]*<\/decoded_as>/, "<decoded_as>json</decoded_as>");
}
