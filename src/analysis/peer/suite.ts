/**
 * Runs the cases of a peer's test file and judges them as the peer's own runner does (ruleset-spec 11). Each case has
 * an engine that remembers nothing; all of its lines come in the same millisecond, and the last one is judged.
 */
import type { Answer } from "../../model/alert.ts";
import { lowerAscii } from "../../syntax/subject.ts";
import { Engine } from "../engine.ts";
import type { CompiledRuleset } from "../ruleset.ts";
import type { SuiteAnswer, SuiteCase } from "./suite-file.ts";

/** A Wednesday morning, so that rules about nights and weekends stay silent. */
const startMs = Date.UTC(2026, 10, 25, 10, 0, 0);

export interface CaseResult {
  hasPassed: boolean;
  /** Of each line, in order. */
  answers: SuiteAnswer[];
  /** What the last line's answer should have been and was; empty when the case has passed. */
  reason: string;
}

/** Both peers' logtest gives its lines this location. */
const location = "stdin";

function suiteAnswer({ decoded, rule }: Answer): SuiteAnswer {
  return {
    decoder: decoded.decoder?.name ?? "",
    rule: rule?.id ?? "",
    level: rule === undefined ? "" : String(rule.level),
  };
}

function runLines(ruleset: CompiledRuleset, lines: readonly string[]): SuiteAnswer[] {
  const engine = new Engine(ruleset);
  return lines.map((log) =>
    suiteAnswer(
      engine.answer({
        ...{ queue: "1", agentId: "000", agentName: "", agentIp: "", location, log, isTruncated: false },
        ...{ eventMs: startMs, receivedMs: startMs, node: "node", host: "node", isHidden: false },
      }),
    ),
  );
}

const shown = ({ decoder, rule, level }: SuiteAnswer): string =>
  `rule ${rule || "none"} (${level || "-"}) by ${decoder || "no decoder"}`;

function isEqual(found: SuiteAnswer, expected: SuiteAnswer, ignoresCase: boolean): boolean {
  return (["decoder", "rule", "level"] as const).every((name) =>
    ignoresCase ? lowerAscii(found[name]) === lowerAscii(expected[name]) : found[name] === expected[name],
  );
}

/**
 * A positive case passes when decoder, rule and level are the expected ones and all three are there: the peers' runner
 * sees no success in an answer that lacks one. A negative case passes on anything else.
 */
export function runCase(ruleset: CompiledRuleset, one: SuiteCase): CaseResult {
  const answers = runLines(ruleset, one.lines);
  const found = answers.at(-1) ?? { decoder: "", rule: "", level: "" };
  const { expected } = one;
  const ignoresCase = ruleset.options.flavour === "ossec";
  const isWhole = expected.decoder !== "" && expected.rule !== "" && expected.level !== "";
  const isMet = isWhole && isEqual(found, expected, ignoresCase);
  if (isMet !== one.isNegative) return { hasPassed: true, answers, reason: "" };
  const reason = one.isNegative ? `must not be ${shown(expected)}` : `${shown(found)}, not ${shown(expected)}`;
  return { hasPassed: false, answers, reason };
}
