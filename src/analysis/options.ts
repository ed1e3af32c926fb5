/**
 * The `<ruleset>` section of ossec.conf: which decoders, rules and lists are in force.
 */
import { entries, section, textList, type Values } from "../config/schema.ts";

export const rulesetSection = section("ruleset", {
  help: "Which decoders, rules and lists are in force. Use one such block.",
  options: {
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
