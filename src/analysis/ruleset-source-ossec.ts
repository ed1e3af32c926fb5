/**
 * The files that OSSEC's `<rules>` names (ruleset-spec 7.2): in the order of the section, those of a folder in order
 * of their names, and none twice.
 */
import type { Entry } from "../config/schema.ts";
import type { RulesSection } from "./options.ts";
import { type Named, type RulesetReader } from "./ruleset-reader.ts";
import type { RulesetFile, RulesetSource } from "./ruleset.ts";

const mainDecoders = "etc/decoder.xml";
const localDecoders = "etc/local_decoder.xml";

interface Written {
  files: readonly Entry[];
  folders: readonly Entry[];
  pattern: string;
  /** Where a file without a slash is. */
  folder: string;
}

/** Files and folders as they are mixed in the configuration; what stands in another file of it comes behind. */
function inWrittenOrder({ files, folders, pattern, folder }: Written): Named[] {
  const named = [
    ...files.map(({ text, place }) => ({
      place,
      named: { kind: "file" as const, path: text.includes("/") ? text : `${folder}/${text}` },
    })),
    ...folders.map(({ text, attributes, place }) => ({
      place,
      named: { kind: "folder" as const, path: text, pattern: attributes["pattern"] ?? pattern, place },
    })),
  ];
  const fileNames = [...new Set(named.map(({ place }) => place.file))];
  const rank = ({ place }: { place: Entry["place"] }): number => fileNames.indexOf(place.file);
  return named
    .toSorted((one, other) => rank(one) - rank(other) || one.place.offset - other.place.offset)
    .map((one) => one.named);
}

/** The decoders of a section that names none. */
async function usualDecoders(reader: RulesetReader): Promise<Named[]> {
  const local: Named[] = (await reader.isThere(localDecoders)) ? [{ kind: "file", path: localDecoders }] : [];
  return [{ kind: "file", path: mainDecoders }, ...local];
}

/** The lists that rules name without a `<list>` in the configuration, below the home, as OSSEC looks for them. */
async function listsOfRules(reader: RulesetReader, files: readonly RulesetFile[]): Promise<string[]> {
  const names = new Set<string>();
  for (const { text } of files) {
    for (const [, name = ""] of text.matchAll(/<list\b[^>]*>([^<]*)<\/list>/gi)) names.add(name.trim());
  }
  const found: string[] = [];
  for (const name of names) {
    const isBelowHome = !name.startsWith("/") && !name.split("/").includes("..");
    const isFile = isBelowHome && (await reader.isThere(name.endsWith(".cdb") ? name.slice(0, -4) : name));
    if (isFile) found.push(name);
  }
  return found;
}

/** Reads all files that the section names. Rejects only with the disk's own errors. */
export async function readOssecFiles(
  reader: RulesetReader,
  section: RulesSection,
): Promise<Omit<RulesetSource, "options">> {
  const { include, rule_dir, decoder, decoder_dir, list } = section;
  const decoders = inWrittenOrder({ files: decoder, folders: decoder_dir, pattern: "_decoder.xml$", folder: "etc" });
  const rules = inWrittenOrder({ files: include, folders: rule_dir, pattern: "_rules.xml$", folder: "rules" });
  const decoderPaths = await reader.select(decoders.length > 0 ? decoders : await usualDecoders(reader));
  const ruleFiles = await reader.readFiles(await reader.select(rules));
  return {
    decoders: await reader.readFiles(decoderPaths),
    rules: ruleFiles,
    lists: await reader.readLists([...list, ...(await listsOfRules(reader, ruleFiles))]),
  };
}
