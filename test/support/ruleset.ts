/** Little rulesets as text, engines over them, and events, for tests of what is answered. */
import { Engine } from "../../src/analysis/engine.ts";
import {
  compileRuleset,
  defaultRulesetOptions,
  type CompiledRuleset,
  type RulesetDatabase,
  type RulesetOptions,
} from "../../src/analysis/ruleset.ts";
import { describeProblem, type Problem } from "../../src/config/problem.ts";
import type { Answer, EngineEvent } from "../../src/model/alert.ts";

/** A root for each category, numbered as everywhere. */
export const templates = `
<group name="syslog,">
  <rule id="1" level="0" noalert="1"><category>syslog</category><description>syslog</description></rule>
  <rule id="2" level="0" noalert="1"><category>firewall</category><description>firewall</description></rule>
  <rule id="3" level="0" noalert="1"><category>ids</category><description>ids</description></rule>
  <rule id="4" level="0" noalert="1"><category>web-log</category><description>web</description></rule>
  <rule id="7" level="0" noalert="1"><category>ossec</category><description>ossec</description></rule>
</group>`;

/**
 * One decoder for logs that say their own fields: `app: srcip=1.2.3.4 user=bob id=7 status=ok url=/x x=1` in any part,
 * in this order; x and y become dynamic fields `x.name` and `Y`.
 */
export const appDecoders = `
<decoder name="app"><prematch>^app: </prematch></decoder>
<decoder name="app-fields"><parent>app</parent><regex>srcip=(\\S+)</regex><order>srcip</order></decoder>
<decoder name="app-fields"><parent>app</parent><regex>dstip=(\\S+)</regex><order>dstip</order></decoder>
<decoder name="app-fields"><parent>app</parent><regex>user=(\\S+)</regex><order>user</order></decoder>
<decoder name="app-fields"><parent>app</parent><regex>from=(\\S+)</regex><order>srcuser</order></decoder>
<decoder name="app-fields"><parent>app</parent><regex>id=(\\S+)</regex><order>id</order></decoder>
<decoder name="app-fields"><parent>app</parent><regex>status=(\\S+)</regex><order>status</order></decoder>
<decoder name="app-fields"><parent>app</parent><regex>action=(\\S+)</regex><order>action</order></decoder>
<decoder name="app-fields"><parent>app</parent><regex>url=(\\S+)</regex><order>url</order></decoder>
<decoder name="app-fields"><parent>app</parent><regex>x=(\\S+)</regex><order>x.name</order></decoder>
<decoder name="app-fields"><parent>app</parent><regex>y=(\\S+)</regex><order>Y</order></decoder>
<decoder name="other"><prematch>^other: </prematch></decoder>
<decoder name="seen"><prematch>^seen: </prematch>
  <regex offset="after_prematch">^(\\S+) (\\S+)</regex><order>dstuser,srcip</order><fts>name,dstuser</fts></decoder>
<decoder name="web"><type>web-log</type><prematch>^web: </prematch></decoder>`;

export interface RulesetParts {
  decoders?: string;
  lists?: { name: string; text: string }[];
  /** Where addresses are (mmdb.ts). */
  geoip?: RulesetDatabase;
  options?: Partial<RulesetOptions>;
  /** Several files of rules instead of one; the names order them. */
  files?: Record<string, string>;
  problems?: Problem[];
}

export const startMs = Date.UTC(2026, 10, 25, 10, 0, 0); // A Wednesday.

/** `rules`: what stands inside one `<group name="test,">`. Warnings are collected in `problems`. */
export function rulesetOf(rules: string, parts: RulesetParts = {}): CompiledRuleset {
  const files = parts.files ?? { "0100-test.xml": `<group name="test,">${rules}</group>` };
  const problems = parts.problems ?? [];
  return compileRuleset(
    {
      decoders: [{ path: "decoders/0010-app.xml", text: parts.decoders ?? appDecoders }],
      rules: [
        { path: "rules/0010-templates.xml", text: templates },
        ...Object.entries(files).map(([name, text]) => ({ path: `rules/${name}`, text })),
      ],
      lists: parts.lists ?? [],
      ...(parts.geoip && { geoip: parts.geoip }),
      options: { ...defaultRulesetOptions, logAlertLevel: 1, ...parts.options },
    },
    (problem) => problems.push(problem),
  );
}

/** What loading says, in words, without throwing. */
export function problemsOf(rules: string, parts: RulesetParts = {}): string[] {
  const problems: Problem[] = [];
  try {
    rulesetOf(rules, { ...parts, problems });
  } catch (error) {
    if (problems.length === 0) throw error;
  }
  return problems.map(describeProblem);
}

/** `atSeconds` after the start, both by its own time and by its arrival unless `change` says otherwise. */
export function eventOf(log: string, atSeconds = 0, change: Partial<EngineEvent> = {}): EngineEvent {
  const atMs = startMs + atSeconds * 1_000;
  return {
    ...{ queue: "1", agentId: "000", agentName: "", agentIp: "", location: "/var/log/app.log", log },
    ...{ isTruncated: false, eventMs: atMs, receivedMs: atMs, node: "node", host: "node.example.org", isHidden: false },
    ...change,
  };
}

/** The rule's number, or 0 where none answers. */
export function ruleOf(answer: Answer): number {
  return answer.rule === undefined ? 0 : Number(answer.rule.id);
}

/** Answers of logs one second apart, by one new engine. */
export function play(ruleset: CompiledRuleset, logs: readonly string[]): number[] {
  const engine = new Engine(ruleset);
  return logs.map((log, index) => ruleOf(engine.answer(eventOf(log, index))));
}

/** A small generator for seeded walks; numbers in [0, bound). */
export function seeded(seed: number): (bound: number) => number {
  let value = (seed * 2_654_435_761) % 2_147_483_647 || 1;
  return (bound) => {
    value = (value * 48_271) % 2_147_483_647;
    return value % bound;
  };
}
