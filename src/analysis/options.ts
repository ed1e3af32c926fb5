/**
 * The sections of ossec.conf that say which decoders, rules and lists are in force: `<ruleset>`, and OSSEC's `<rules>`.
 */
import { entries, oneOf, section, textList, type Values } from "../config/schema.ts";
import type { Flavour } from "../syntax/pattern.ts";

export const rulesetSection = section("ruleset", {
  help:
    "Which decoders, rules and lists are in force. Use one such block: of two the later one takes the place of the " +
    "other's decoders, rules or lists, as far as it has some itself.",
  groups: [
    ["decoder_dir", "decoder_include", "decoder_exclude"],
    ["rule_dir", "rule_include", "rule_exclude"],
    ["list"],
  ],
  options: {
    flavour: oneOf(["wazuh", "ossec"], {
      help:
        "Whose language decoders and rules are in: they are loaded, decoded and counted as that one does. Not written: " +
        "`ossec` where there is a `<rules>` section, else `wazuh`.",
    }),
    decoder_dir: entries({
      attributes: { pattern: "OS_Regex that the path of a file must match; `.xml$` when not given." },
      help: "A folder of decoders, relative to the home. `ruleset/decoders` when no folder is given.",
    }),
    decoder_include: textList({ help: "One file of decoders; without a slash it is in `ruleset/decoders`." }),
    decoder_exclude: textList({
      help: "A file that is not loaded: its base name, or its path as the folder's is written.",
    }),
    rule_dir: entries({
      attributes: { pattern: "OS_Regex that the path of a file must match; `.xml$` when not given." },
      help: "A folder of rules, relative to the home. `ruleset/rules` when no folder is given.",
    }),
    rule_include: textList({ help: "One file of rules; without a slash it is in `ruleset/rules`." }),
    rule_exclude: textList({
      help: "A file that is not loaded: its base name, or its path as the folder's is written.",
    }),
    list: textList({
      help: "A list that rules may look things up in, relative to the home; rules name it exactly so.",
    }),
  },
});

export type RulesetSection = Values<typeof rulesetSection.options>;

const pattern = (initial: string): { pattern: string } => ({
  pattern: `OS_Regex that the path of a file must match; \`${initial}\` when not given.`,
});

export const rulesSection = section("rules", {
  help:
    "OSSEC's way to say what is in force; with it the flavour is `ossec`. Files are loaded in the order in which the " +
    "section names them, those of a folder in the order of their names, and none twice.",
  options: {
    include: entries({ attributes: {}, help: "One file of rules; without a slash it is in `rules`." }),
    rule_dir: entries({ attributes: pattern("_rules.xml$"), help: "A folder of rules, relative to the home." }),
    decoder: entries({
      attributes: {},
      help: "One file of decoders. Where none and no folder is given: `etc/decoder.xml`, then `etc/local_decoder.xml`.",
    }),
    decoder_dir: entries({ attributes: pattern("_decoder.xml$"), help: "A folder of decoders, relative to the home." }),
    list: textList({
      help: "A list that rules may look things up in, relative to the home; one that only a rule names is read too.",
    }),
  },
});

export type RulesSection = Values<typeof rulesSection.options>;

/** What a configuration says of its ruleset. */
export interface RulesetSections {
  ruleset: RulesetSection;
  rules: RulesSection;
}

export function flavourOf({ ruleset, rules }: RulesetSections): Flavour {
  return ruleset.flavour ?? (namesFiles(rules) ? "ossec" : "wazuh");
}

export function namesFiles({ include, rule_dir, decoder, decoder_dir, list }: RulesSection): boolean {
  return include.length + rule_dir.length + decoder.length + decoder_dir.length + list.length > 0;
}
