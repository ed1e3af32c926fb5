/** Reads the files of a ruleset from a home, or from the ruleset that is shipped with Argus. */
import { join, normalize } from "node:path";
import type { Disk } from "../base/disk.ts";
import { describeError } from "../base/error.ts";
import { problemAt, problemInFile, type Problem } from "../config/problem.ts";
import type { Entry } from "../config/schema.ts";
import { compileExpression } from "../syntax/expression.ts";
import { PatternError, type Expression, type Flavour } from "../syntax/pattern.ts";
import { XML_FILE_BYTES_MAX } from "../syntax/xml.ts";
import { GEOIP_BYTES_MAX } from "./geoip.ts";
import { LIST_BYTES_MAX } from "./rules/lookup-list.ts";
import type { RulesetDatabase, RulesetFile, RulesetList } from "./ruleset.ts";

export interface RulesetPlace {
  /** HOME. */
  home: string;
  /** The folder `ruleset/` that is shipped with Argus. */
  shipped: string;
  /** `<geoipdb>`: the database that says where addresses are. */
  geoipDatabase?: string | undefined;
}

/** What a section names, in the order in which it is to be loaded. */
export type Named =
  | { kind: "file"; path: string }
  | { kind: "folder"; path: string; pattern: string; place: Entry["place"] };

export class RulesetReader {
  readonly #disk: Disk;
  readonly #place: RulesetPlace;
  readonly #hasOwnRuleset: boolean;
  readonly #flavour: Flavour;
  readonly problems: Problem[] = [];
  /** Where it has looked, on disk. */
  readonly places = new Set<string>();

  private constructor(disk: Disk, place: RulesetPlace, hasOwnRuleset: boolean, flavour: Flavour) {
    this.#disk = disk;
    this.#place = place;
    this.#hasOwnRuleset = hasOwnRuleset;
    this.#flavour = flavour;
  }

  static async of(disk: Disk, place: RulesetPlace, flavour: Flavour): Promise<RulesetReader> {
    const hasOwnRuleset = (await disk.stat(join(place.home, "ruleset"))) !== undefined;
    return new RulesetReader(disk, place, hasOwnRuleset, flavour);
  }

  /** Where a path of the configuration is on disk: below the home, but for the shipped ruleset and absolute paths. */
  #locate(written: string): string {
    const path = normalize(written);
    const isShipped = path === "ruleset" || path.startsWith("ruleset/");
    const { home, shipped } = this.#place;
    const below = (): string =>
      isShipped && !this.#hasOwnRuleset ? join(shipped, path.slice("ruleset/".length)) : join(home, path);
    const place = path.startsWith("/") ? path : below();
    this.places.add(place);
    return place;
  }

  /**
   * The paths, each once in whatever spelling it is written, in the order of the configuration; those of a folder in
   * the order of names.
   */
  async select(named: readonly Named[], excludes: readonly string[] = []): Promise<string[]> {
    const found = new Set<string>();
    const excluded = new Set(excludes.map((path) => normalize(path)));
    const add = (written: string): void => {
      const path = normalize(written);
      if (!excluded.has(path) && !excluded.has(baseName(path))) found.add(path);
    };
    for (const one of named) {
      if (one.kind === "file") add(one.path);
      else for (const path of await this.#filesOf(one)) add(path);
    }
    return [...found];
  }

  async #filesOf({ path, pattern, place }: Named & { kind: "folder" }): Promise<string[]> {
    const folder = normalize(path).replace(/(?<=.)\/+$/, "");
    const expression = this.#compile(pattern, place);
    const names = await this.#disk.list(this.#locate(folder));
    const files = names.toSorted().map((name) => `${folder}/${name}`);
    const taken = files.filter((file) => expression?.testText(file) === true);
    if (names.length === 0) this.#warn(folder, "holds no files, or is absent");
    else if (expression !== undefined && taken.length === 0) {
      this.problems.push(problemAt(place, "warning", `no file of ${folder} fits the pattern ${pattern}`));
    }
    return taken;
  }

  #compile(pattern: string, place: Entry["place"]): Expression | undefined {
    try {
      return compileExpression("osregex", pattern, { flavour: this.#flavour });
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      this.problems.push(problemAt(place, "error", `pattern: ${error.message}`));
      return undefined;
    }
  }

  async isThere(path: string): Promise<boolean> {
    return (await this.#disk.stat(this.#locate(path)))?.kind === "file";
  }

  #warn(path: string, message: string): void {
    this.problems.push(problemInFile(path, "warning", message));
  }

  async readFiles(paths: readonly string[]): Promise<RulesetFile[]> {
    const files: RulesetFile[] = [];
    for (const path of paths) {
      const bytes = await this.#read(path, XML_FILE_BYTES_MAX);
      if (bytes !== undefined) files.push({ path, text: bytes.toString("latin1") });
    }
    return files;
  }

  async readLists(names: readonly string[]): Promise<RulesetList[]> {
    const lists: RulesetList[] = [];
    for (const name of new Set(names)) {
      // The peers' compiled form is never read: the text is the list.
      const bytes = await this.#read(name.endsWith(".cdb") ? name.slice(0, -4) : name, LIST_BYTES_MAX);
      if (bytes !== undefined) lists.push({ name, text: bytes.toString("latin1") });
    }
    return lists;
  }

  /** Nothing where none is configured, or it is absent. */
  async readGeoip(): Promise<{ geoip?: RulesetDatabase }> {
    const path = this.#place.geoipDatabase;
    const bytes = path === undefined ? undefined : await this.#read(path, GEOIP_BYTES_MAX);
    return path === undefined || bytes === undefined ? {} : { geoip: { path, bytes } };
  }

  /** An absent file is a warning, as in Wazuh; one that cannot be read is an error, since nobody knows what it says. */
  async #read(path: string, bytesMax: number): Promise<Buffer | undefined> {
    try {
      const bytes = await this.#disk.readWhole(this.#locate(path), bytesMax);
      if (bytes === undefined) this.#warn(path, "is named in the configuration and is absent");
      return bytes;
    } catch (error) {
      this.problems.push(problemInFile(path, "error", `cannot be read: ${describeError(error)}`));
      return undefined;
    }
  }
}

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
