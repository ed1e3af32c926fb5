/** `argus config check` and `argus config explain`: what is wrong in a home's files, and what may stand there. */
import type { Disk } from "../base/disk.ts";
import { describeError } from "../base/error.ts";
import { explainSection } from "../config/describe.ts";
import { describeProblem, hasErrors, sortProblems, type Problem } from "../config/problem.ts";
import type { Section } from "../config/schema.ts";
import { nodeListSection } from "../membership/cluster-conf.ts";
import type { NodeRole } from "../model/node.ts";
import { loadNodeConfig, type NodeConfig } from "./config.ts";
import { homeAt } from "./home.ts";
import { rulesetOfBefore } from "./ruleset-in-force.ts";
import { sections } from "./sections.ts";

/** Looks at what the configuration names and the loader does not read: rules, decoders, lists. */
export type ContentCheck = (home: string, config: NodeConfig) => Promise<readonly Problem[]>;

export interface ConfigReport {
  readonly home: string;
  readonly node: string | undefined;
  readonly role: NodeRole;
  /** By file, line and column. */
  readonly problems: readonly Problem[];
  readonly errorCount: number;
  readonly warningCount: number;
  /** 2 when there is an error: the node would not start, or not with this ruleset. */
  readonly exitCode: 0 | 2;
  /** One line. */
  readonly summary: string;
}

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;

/**
 * Checks all files of a home, offline. `checkContent` is asked on a master only: a worker compiles no rules.
 * Rejects only with what `checkContent` rejects with.
 */
export async function checkConfig(home: string, disk: Disk, checkContent?: ContentCheck): Promise<ConfigReport> {
  const config = await loadNodeConfig(home, disk);
  const content = config.role === "master" && checkContent !== undefined ? await checkContent(home, config) : [];
  const problems = sortProblems([...config.problems, ...content], config.configuration.files);
  const errorCount = problems.filter((problem) => problem.severity === "error").length;
  const warningCount = problems.length - errorCount;
  const outcomes = `${counted(errorCount, "error")}, ${counted(warningCount, "warning")}`;
  const outcome = errorCount === 0 ? "the node can start" : await outcomeOfErrors(home, disk, config);
  const { name: node, role } = config;
  return {
    ...{ home, node, role, problems, errorCount, warningCount },
    exitCode: errorCount > 0 ? 2 : 0,
    summary: `${home}${describeRole(config)}: ${outcomes}; ${outcome}`,
  };
}

/** A ruleset that does not load keeps a node from starting only where none was in force before. */
async function outcomeOfErrors(home: string, disk: Disk, { problems }: NodeConfig): Promise<string> {
  const isKept = "the node would not start";
  if (hasErrors(problems)) return isKept;
  try {
    const before = await rulesetOfBefore(disk, homeAt(home));
    return before === undefined ? isKept : `the node would start with the ruleset of before (${before.slice(0, 12)})`;
  } catch (error) {
    return `${isKept}, unless a ruleset is recorded, which cannot be read: ${describeError(error)}`;
  }
}

/** Nothing where ossec.conf could not be read: what the node is stands there. */
function describeRole({ configuration, cluster, role, name = "without a name" }: NodeConfig): string {
  if (!configuration.isRead) return "";
  return cluster === undefined ? " (a single node)" : ` (${role} ${name})`;
}

/** Lines for people: a problem each, then the summary. */
export function describeReport(report: ConfigReport): string[] {
  return [...report.problems.map(describeProblem), report.summary];
}

interface Chapter {
  readonly name: string;
  readonly section: Section;
}

/** cluster.conf's list has the name of a section of ossec.conf, so it goes by the file's. */
const chapters: readonly Chapter[] = [
  ...sections.map((section) => ({ name: section.name, section })),
  { name: "cluster.conf", section: nodeListSection },
];

/** What a section's options mean, as lines; without a name, the list of sections. `undefined`: there is none. */
export function explain(name?: string): string[] | undefined {
  if (name === undefined) {
    const width = Math.max(...chapters.map((chapter) => chapter.name.length));
    return chapters.map((chapter) => `${chapter.name.padEnd(width)}  ${chapter.section.help}`);
  }
  const wanted = name.toLowerCase().replace(/^<(.*)>$/, "$1");
  const chapter = chapters.find((one) => one.name === wanted);
  return chapter === undefined ? undefined : explainSection(chapter.section);
}

export interface ExplainedOption {
  readonly name: string;
  readonly form: string;
  readonly default: string;
  readonly repeatable: boolean;
  readonly supported: boolean;
  readonly help: string;
}

/** The same for a program: the options with their blocks' as `nodes/node`. */
export function explainAsJson(name: string): readonly ExplainedOption[] | undefined {
  const section = chapters.find((one) => one.name === name.toLowerCase())?.section;
  return section === undefined ? undefined : optionsAsJson(section.options, "");
}

function optionsAsJson(options: Section["options"], prefix: string): ExplainedOption[] {
  return Object.entries(options).flatMap(([name, option]) => [
    {
      name: prefix + name,
      form: option.form,
      default: option.initialText,
      repeatable: option.isList,
      supported: option.effect !== "not yet",
      help: option.help,
    },
    ...(option.inner === undefined ? [] : optionsAsJson(option.inner, `${prefix}${name}/`)),
  ]);
}
