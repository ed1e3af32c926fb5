/** docs/operating/options.md as text. A repo test compares the file with it. */
import { documentSection } from "../config/describe.ts";
import { unsupportedSections } from "../config/known-section.ts";
import { nodeListSection } from "../membership/cluster-conf.ts";
import { sections } from "./sections.ts";

const opening = `# Options of ossec.conf

Generated from the tables in \`src/*/options.ts\` by \`scripts/options-doc.ts\`; do not edit. \`argus config explain\` shows
the same, \`argus config check\` names by file, line and column what is wrong or has no effect.

The configuration of a node is \`etc/ossec.conf\`, which is the same on all nodes but for its \`<cluster>\`, and then
\`etc/ossec.node.conf\`, which is the node's own and may not hold \`<cluster>\`. Either may have one \`<ossec_config>\`
root, several, or sections without one. A section may carry \`nodes="worker-node1 worker-node2"\` (or
\`nodes="master"\`, \`nodes="worker"\`) and is then in force on those nodes only. A section of ossec.node.conf is added
to those of ossec.conf; with \`mode="replace"\` it stands in for all of that name. Repeated sections are merged, the
later option winning, unless it says below that each is one of its own.

Durations are written as \`500ms\`, \`30s\`, \`10m\`, \`24h\`, \`7d\`; a bare number is seconds. Sizes are written as
\`4096\` (bytes), \`500MiB\`, \`20GiB\` (powers of 1,024), or as a share of the file system, \`10%\`.
`;

const closing = `## Sections that are not supported yet

Argus knows these of Wazuh and OSSEC, warns that they have no effect, and starts: ${[...unsupportedSections]
  .map((name) => `\`<${name}>\``)
  .join(", ")}.
`;

export function optionsDocument(): string {
  const chapters = [
    ...sections.map((section) => documentSection(section)),
    documentSection(nodeListSection, "etc/shared/cluster.conf"),
  ];
  return `${[opening.trimEnd(), ...chapters, closing.trimEnd()].join("\n\n")}\n`;
}
