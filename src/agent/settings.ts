/**
 * What an agent is started with: its own etc/ossec.conf, and of what the manager has given etc/shared/agent.conf.
 *
 * An agent.conf adds followed files and bounds what is sent; who the managers are is the machine's own business. Its
 * roots may be meant for some agents only, by name, system or profile. One that cannot be read is named and passed
 * over, since only the manager can mend it.
 */
import type { Disk } from "../base/disk.ts";
import type { FollowedLocation } from "../collect/file-collector.ts";
import { followedLocationOf, localfileSection } from "../collect/options.ts";
import { readConfiguration, readElements, type ConfigTree } from "../config/load.ts";
import { problemInFile, type Problem } from "../config/problem.ts";
import { attributeOf, type XmlElement } from "../syntax/xml.ts";
import type { AgentHome } from "./home.ts";
import {
  type Client,
  type ClientBuffer,
  clientBufferSection,
  clientSection,
  type Manager,
  managersOf,
} from "./options.ts";

export interface AgentSettings {
  readonly client: Client;
  readonly buffer: ClientBuffer;
  readonly managers: readonly Manager[];
  readonly followed: readonly FollowedLocation[];
  readonly problems: readonly Problem[];
  /** No problem of its own ossec.conf is an error. */
  readonly isUsable: boolean;
}

/** Who the agent is, as far as an `<agent_config name os profile>` asks. */
export interface AgentSelf {
  readonly name: string;
  readonly uname: string;
}

const sections = [clientSection, clientBufferSection, localfileSection];
const agentRoot = "agent_config";
/** What an agent.conf may not say. */
const ownOnly: ReadonlySet<string> = new Set(["client"]);

export async function readAgentSettings(home: AgentHome, self: AgentSelf, disk: Disk): Promise<AgentSettings> {
  const problems: Problem[] = [];
  const report = (problem: Problem): void => void problems.push(problem);
  const own = await readElements(home.ossecConf, disk, "ossec_config", report);
  if (own === undefined) report(problemInFile(home.ossecConf, "error", "the file does not exist"));
  const alone = readTree(home, own ?? [], [], problems);
  const managers = managersOf(alone.client);
  const given = await readGiven(home, alone.client, self, disk);
  const whole = given.elements.length === 0 ? alone : readTree(home, own ?? [], given.elements, problems);
  // What is wrong in agent.conf is said, and stops nobody.
  const told = whole.problems.map((one) =>
    one.file === home.agentConf ? { ...one, severity: "warning" as const } : one,
  );
  const lack = problemInFile(home.ossecConf, "error", "no <client> names a manager: <server><address>");
  return {
    ...whole,
    managers,
    problems: [...told, ...given.problems, ...(managers.length === 0 ? [lack] : [])],
    isUsable: managers.length > 0 && !told.some(({ severity }) => severity === "error"),
  };
}

function readTree(
  home: AgentHome,
  shared: readonly XmlElement[],
  own: readonly XmlElement[],
  problems: readonly Problem[],
): Pick<AgentSettings, "client" | "buffer" | "followed" | "problems"> {
  const files = [home.ossecConf, home.agentConf];
  const tree: ConfigTree = { files, shared, own, problems, isRead: problems.length === 0 };
  const configuration = readConfiguration(tree, sections, { name: undefined, role: "worker" });
  const followed = configuration.all(localfileSection).flatMap(({ values }) => followedLocationOf(values) ?? []);
  return {
    client: configuration.one(clientSection).values,
    buffer: configuration.one(clientBufferSection).values,
    followed,
    problems: configuration.problems,
  };
}

/** The sections of agent.conf that are meant for this agent. */
async function readGiven(
  { agentConf }: AgentHome,
  client: Client,
  self: AgentSelf,
  disk: Disk,
): Promise<{ elements: XmlElement[]; problems: Problem[] }> {
  const problems: Problem[] = [];
  const roots = await readElements(agentConf, disk, "", (problem) => {
    problems.push({ ...problem, severity: "warning" });
  });
  const meant = (roots ?? []).filter((root) => root.name.toLowerCase() === agentRoot && isMeant(root, client, self));
  const elements = meant.flatMap(({ children }) => children).filter(({ name }) => !ownOnly.has(name.toLowerCase()));
  return { elements, problems };
}

/** Each attribute that is there must agree; `a|b` is one of several. */
function isMeant(root: XmlElement, client: Client, { name, uname }: AgentSelf): boolean {
  const profiles = (client["config-profile"] ?? "").split(",").map((one) => one.trim());
  const agrees = (attribute: string, test: (word: string) => boolean): boolean => {
    const written = attributeOf(root, attribute);
    return written === undefined || written.split("|").some((word) => test(word.trim()));
  };
  return (
    agrees("name", (word) => word === name) &&
    agrees("os", (word) => word !== "" && uname.includes(word)) &&
    agrees("profile", (word) => profiles.includes(word))
  );
}
