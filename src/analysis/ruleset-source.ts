/**
 * Which files the ruleset of a home is made of (ruleset-spec 7.1): the `<ruleset>` section, or its defaults, or OSSEC's
 * `<rules>` (ruleset-source-ossec.ts). Where HOME/ruleset is absent, the ruleset that is shipped with Argus stands in
 * its place.
 */
import { dirname, join } from "node:path";
import type { Disk } from "../base/disk.ts";
import { problemAt, problemInFile, type Problem } from "../config/problem.ts";
import type { Entry } from "../config/schema.ts";
import { flavourOf, namesFiles, type RulesetSection, type RulesetSections } from "./options.ts";
import { readOssecFiles } from "./ruleset-source-ossec.ts";
import { type Named, type RulesetPlace, RulesetReader } from "./ruleset-reader.ts";
import type { RulesetOptions, RulesetSource } from "./ruleset.ts";

export interface FoundRuleset {
  source: RulesetSource;
  /** Files that are named and absent, or cannot be read. */
  problems: Problem[];
  /** The files and folders that were looked at, on disk, whether they are there or not. */
  places: readonly string[];
}

/** `etc/decoders` and `etc/rules` are read even where no folder is written: that is where operators put their own. */
const ownFolders = { decoders: "etc/decoders", rules: "etc/rules" } as const;

/** The folders of a section that names none, as Wazuh's shipped configuration has them. */
async function usualFolders(disk: Disk, home: string, kind: "decoders" | "rules"): Promise<Entry[]> {
  const place = { file: "", line: 0, column: 0, offset: 0 };
  const folders = [`ruleset/${kind}`];
  if ((await disk.list(join(home, ownFolders[kind]))).length > 0) folders.push(ownFolders[kind]);
  return folders.map((text) => ({ text, attributes: {}, place }));
}

/** Lists of a home that names none: every file of `etc/lists`, two levels deep. */
async function usualLists(disk: Disk, home: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await disk.list(join(home, "etc/lists"))) {
    const path = `etc/lists/${name}`;
    const inner = await disk.list(join(home, path));
    for (const file of inner.length > 0 ? inner.map((one) => `${path}/${one}`) : [path]) {
      if (!file.endsWith(".cdb") && (await disk.stat(join(home, file)))?.kind === "file") found.push(file);
    }
  }
  return found;
}

/** Files first, then the folders, as the peers do whatever the order in the section is. */
function named(kind: "decoders" | "rules", includes: readonly string[], folders: readonly Entry[]): Named[] {
  return [
    ...includes.map((path): Named => ({ kind: "file", path: path.includes("/") ? path : `ruleset/${kind}/${path}` })),
    ...folders.map(({ text, attributes, place }): Named => {
      return { kind: "folder", path: text, pattern: attributes["pattern"] ?? ".xml$", place };
    }),
  ];
}

/** Of a section that names no folder those of `usual` stand in their place. */
async function readSection(
  reader: RulesetReader,
  section: RulesetSection,
  usual: (kind: "decoders" | "rules") => Promise<Entry[]>,
): Promise<Pick<RulesetSource, "decoders" | "rules">> {
  const { decoder_dir, decoder_include, decoder_exclude, rule_dir, rule_include, rule_exclude } = section;
  const decoderFolders = decoder_dir.length > 0 ? decoder_dir : await usual("decoders");
  const ruleFolders = rule_dir.length > 0 ? rule_dir : await usual("rules");
  const decoders = await reader.select(named("decoders", decoder_include, decoderFolders), decoder_exclude);
  const rules = await reader.select(named("rules", rule_include, ruleFolders), rule_exclude);
  return { decoders: await reader.readFiles(decoders), rules: await reader.readFiles(rules) };
}

/**
 * Reads all files; the flavour is what the sections say. Rejects only with the disk's own errors. Paths in the source
 * are as the configuration has them.
 */
export async function readRuleset(
  disk: Disk,
  place: RulesetPlace,
  sections: RulesetSections,
  options: Omit<RulesetOptions, "flavour">,
): Promise<FoundRuleset> {
  const flavour = flavourOf(sections);
  const reader = await RulesetReader.of(disk, place, flavour);
  const { ruleset, rules } = sections;
  const ofAll = { ...(await reader.readGeoip()), options: { ...options, flavour } };
  if (flavour === "ossec" && namesFiles(rules)) {
    const files = await readOssecFiles(reader, rules);
    const source = { ...files, ...ofAll };
    return { source, ...foundBy(reader, place.home, problemsOfSections(sections, source)) };
  }
  // Argus's own ruleset is in Wazuh's language: in OSSEC's flavour only what is named is in force.
  const usual = (kind: "decoders" | "rules"): Promise<Entry[]> =>
    flavour === "ossec" ? Promise.resolve([]) : usualFolders(disk, place.home, kind);
  const files = await readSection(reader, ruleset, usual);
  const lists = ruleset.list.length > 0 ? ruleset.list : await usualLists(disk, place.home);
  const source = { ...files, lists: await reader.readLists(lists), ...ofAll };
  return { source, ...foundBy(reader, place.home, problemsOfSections(sections, source)) };
}

/** Where files would be found that are not there yet; the folders of lists one level deep. */
function usualPlaces(home: string, looked: ReadonlySet<string>): string[] {
  const folders = ["ruleset", ownFolders.decoders, ownFolders.rules, "etc/lists"].map((path) => join(home, path));
  return [
    ...folders,
    ...[...looked].filter((path) => path.startsWith(join(home, "etc/lists/"))).map((path) => dirname(path)),
  ];
}

function foundBy(
  { problems, places }: RulesetReader,
  home: string,
  ofSections: readonly Problem[],
): Pick<FoundRuleset, "problems" | "places"> {
  return {
    problems: [...problems, ...ofSections],
    places: [...new Set([...places, ...usualPlaces(home, places)])],
  };
}

/** What is written and has no effect, or is missing. */
function problemsOfSections(sections: RulesetSections, { rules: files, options }: RulesetSource): Problem[] {
  const isOssec = options.flavour === "ossec";
  const found = isOssec ? unusedBesideRules(sections) : unusedRules(sections);
  if (files.length > 0) return found;
  const words = isOssec
    ? "OSSEC's flavour needs rules: name them in <rules>"
    : "no file of rules is left of what <ruleset> names: nothing would be raised";
  return [...found, problemInFile("etc/ossec.conf", "error", words)];
}

/** Of Wazuh's flavour. */
function unusedRules({ rules }: RulesetSections): Problem[] {
  const first = [...rules.include, ...rules.rule_dir, ...rules.decoder, ...rules.decoder_dir][0]?.place;
  const words = "<rules> has no effect in Wazuh's flavour; use <ruleset>";
  return first === undefined ? [] : [problemAt(first, "warning", words)];
}

/** Of OSSEC's flavour. */
function unusedBesideRules({ ruleset, rules }: RulesetSections): Problem[] {
  const folder = [...ruleset.decoder_dir, ...ruleset.rule_dir][0];
  if (!namesFiles(rules) || folder === undefined) return [];
  return [problemAt(folder.place, "warning", "the files of <ruleset> have no effect beside those of <rules>")];
}
