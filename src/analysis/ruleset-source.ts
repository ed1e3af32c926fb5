/**
 * Which files the ruleset of a home is made of (ruleset-spec 7.1): the `<ruleset>` section, or its defaults. Where
 * HOME/ruleset is absent, the ruleset that is shipped with Argus stands in its place.
 */
import { join } from "node:path";
import type { Disk } from "../base/disk.ts";
import { describeError } from "../base/error.ts";
import { problemAt, problemInFile, type Problem } from "../config/problem.ts";
import type { Entry } from "../config/schema.ts";
import { compileExpression } from "../syntax/expression.ts";
import { PatternError, type Expression } from "../syntax/pattern.ts";
import { XML_FILE_BYTES_MAX } from "../syntax/xml.ts";
import type { RulesetSection } from "./options.ts";
import { LIST_BYTES_MAX } from "./rules/lookup-list.ts";
import type { RulesetFile, RulesetList, RulesetOptions, RulesetSource } from "./ruleset.ts";

export interface RulesetPlace {
  /** HOME. */
  home: string;
  /** The folder `ruleset/` that is shipped with Argus. */
  shipped: string;
}

export interface FoundRuleset {
  source: RulesetSource;
  /** Files that are named and absent, or cannot be read. */
  problems: Problem[];
}

/** What `<decoder_…>` or `<rule_…>` say. */
interface Selection {
  kind: "decoders" | "rules";
  folders: readonly Entry[];
  includes: readonly string[];
  excludes: readonly string[];
}

const defaultPattern = ".xml$";

class RulesetReader {
  readonly #disk: Disk;
  readonly #place: RulesetPlace;
  readonly #hasOwnRuleset: boolean;
  readonly problems: Problem[] = [];

  constructor(disk: Disk, place: RulesetPlace, hasOwnRuleset: boolean) {
    this.#disk = disk;
    this.#place = place;
    this.#hasOwnRuleset = hasOwnRuleset;
  }

  /** Where a path of the configuration is on disk: below the home, but for the shipped ruleset and absolute paths. */
  #locate(path: string): string {
    if (path.startsWith("/")) return path;
    const isShipped = path === "ruleset" || path.startsWith("ruleset/");
    return isShipped && !this.#hasOwnRuleset
      ? join(this.#place.shipped, path.slice("ruleset/".length))
      : join(this.#place.home, path);
  }

  /** The paths as written, each once, in the order of the configuration. */
  async select({ kind, folders, includes, excludes }: Selection): Promise<string[]> {
    const found = new Set<string>();
    const isExcluded = (path: string): boolean => excludes.includes(path) || excludes.includes(baseName(path));
    const add = (path: string): void => {
      if (!isExcluded(path)) found.add(path);
    };
    for (const include of includes) add(include.includes("/") ? include : `ruleset/${kind}/${include}`);
    const written = folders.map(({ text, attributes, place }) => ({
      folder: text.replace(/\/+$/, ""),
      pattern: this.#compile(attributes["pattern"] ?? defaultPattern, place),
    }));
    for (const { folder, pattern } of written) {
      const names = await this.#disk.list(this.#locate(folder));
      if (names.length === 0) this.#warn(folder, "holds no files, or is absent");
      for (const name of names) if (pattern?.testText(`${folder}/${name}`) === true) add(`${folder}/${name}`);
    }
    return [...found];
  }

  #compile(pattern: string, place: Entry["place"]): Expression | undefined {
    try {
      return compileExpression("osregex", pattern);
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      this.problems.push(problemAt(place, "error", `pattern: ${error.message}`));
      return undefined;
    }
  }

  #warn(path: string, message: string): void {
    this.problems.push(problemInFile(path, "warning", message));
  }

  async readFiles(paths: readonly string[]): Promise<RulesetFile[]> {
    const files: RulesetFile[] = [];
    for (const path of paths) {
      const text = await this.#read(path, XML_FILE_BYTES_MAX);
      if (text !== undefined) files.push({ path, text });
    }
    return files;
  }

  async readLists(names: readonly string[]): Promise<RulesetList[]> {
    const lists: RulesetList[] = [];
    for (const name of new Set(names)) {
      // The peers' compiled form is never read: the text is the list.
      const text = await this.#read(name.endsWith(".cdb") ? name.slice(0, -4) : name, LIST_BYTES_MAX);
      if (text !== undefined) lists.push({ name, text });
    }
    return lists;
  }

  /** An absent file is a warning, as in Wazuh; one that cannot be read is an error, since nobody knows what it says. */
  async #read(path: string, bytesMax: number): Promise<string | undefined> {
    try {
      const bytes = await this.#disk.readWhole(this.#locate(path), bytesMax);
      if (bytes === undefined) this.#warn(path, "is named in <ruleset> and is absent");
      return bytes?.toString("latin1");
    } catch (error) {
      this.problems.push(problemInFile(path, "error", `cannot be read: ${describeError(error)}`));
      return undefined;
    }
  }
}

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

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

/** Reads all files. Rejects only with the disk's own errors. Paths in the source are as the configuration has them. */
export async function readRuleset(
  disk: Disk,
  place: RulesetPlace,
  section: RulesetSection,
  options: RulesetOptions,
): Promise<FoundRuleset> {
  const hasOwnRuleset = (await disk.stat(join(place.home, "ruleset"))) !== undefined;
  const reader = new RulesetReader(disk, place, hasOwnRuleset);
  const folders = async (kind: "decoders" | "rules", written: readonly Entry[]): Promise<readonly Entry[]> =>
    written.length > 0 ? written : usualFolders(disk, place.home, kind);
  const decoders = await reader.select({
    kind: "decoders",
    folders: await folders("decoders", section.decoder_dir),
    includes: section.decoder_include,
    excludes: section.decoder_exclude,
  });
  const rules = await reader.select({
    kind: "rules",
    folders: await folders("rules", section.rule_dir),
    includes: section.rule_include,
    excludes: section.rule_exclude,
  });
  const lists = section.list.length > 0 ? section.list : await usualLists(disk, place.home);
  const source = {
    decoders: await reader.readFiles(decoders),
    rules: await reader.readFiles(rules),
    lists: await reader.readLists(lists),
    options,
  };
  return { source, problems: reader.problems };
}
