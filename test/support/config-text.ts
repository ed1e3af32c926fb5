/** Configuration from text, for tests that need no disk. */
import { readConfiguration, type ConfigTree, type Configuration, type Self } from "../../src/config/load.ts";
import { describeProblem } from "../../src/config/problem.ts";
import type { Section } from "../../src/config/schema.ts";
import { parseXml, type XmlElement } from "../../src/syntax/xml.ts";

function elementsOf(text: string, file: string): XmlElement[] {
  const { roots } = parseXml(Buffer.from(text, "utf8").toString("latin1"), file);
  return roots.flatMap((root) => (root.name === "ossec_config" ? root.children : [root]));
}

export interface ConfigTexts {
  /** etc/ossec.conf. */
  shared?: string;
  /** etc/ossec.node.conf. */
  own?: string;
  self?: Self;
}

/** The configuration of a node, read from the texts of its files by the given tables. */
export function configFrom(sections: readonly Section[], texts: ConfigTexts): Configuration {
  const { shared = "", own = "", self = { name: "master-node", role: "master" } } = texts;
  const files = ["ossec.conf", "ossec.node.conf"];
  const tree: ConfigTree = {
    ...{ files, problems: [], isRead: true },
    shared: elementsOf(shared, "ossec.conf"),
    own: elementsOf(own, "ossec.node.conf"),
  };
  return readConfiguration(tree, sections, self);
}

/** The problems as the operator sees them. */
export function problemsOf(configuration: Configuration): string[] {
  return configuration.problems.map(describeProblem);
}
