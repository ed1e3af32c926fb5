/** A whole ruleset: what it is made of, and its compiled, immutable form that an engine runs. */
import { LocalTime } from "../base/local-time.ts";
import { runSteps, type Steps } from "../base/steps.ts";
import { hasErrors, problemInFile, sortProblems, type Problem } from "../config/problem.ts";
import type { Flavour } from "../syntax/pattern.ts";
import { decoderSteps, type DecoderSet } from "./decode/decoder-set.ts";
import { RulesetError } from "./errors.ts";
import { placesOf, type Places } from "./geoip.ts";
import { mitreOf } from "./mitre.ts";
import { parseList } from "./rules/lookup-list.ts";
import { ruleSteps, type RuleSet } from "./rules/rule-set.ts";

export interface RulesetFile {
  /** As it is shown in problems; relative to the home where it lies below it. */
  path: string;
  /** Byte string: one UTF-16 unit per byte. */
  text: string;
}

export interface RulesetList {
  /** Exactly as `<list>` of ossec.conf names it; rules name it so too, with or without `.cdb`. */
  name: string;
  /** Byte string. */
  text: string;
}

/** A database that is no text. */
export interface RulesetDatabase {
  /** As it is shown in problems. */
  path: string;
  bytes: Uint8Array;
}

/** Every option that changes an answer. All of them are in the snapshot (snapshot.ts). */
export interface RulesetOptions {
  flavour: Flavour;
  /** `<alerts><log_alert_level>`: an answer below it is no alert. */
  logAlertLevel: number;
  /** `<alerts><email_alert_level>`: from here on `rule.mail` is true. */
  emailAlertLevel: number;
  /** `<global><lateness>`: how long an entry stays in a window beyond the timeframe, counted from its arrival. */
  latenessMs: number;
  /** Most bytes that windows of composite rules may hold, by our own arithmetic (state.ts). */
  windowBytesMax: number;
  /** Most bytes of keys that `if_fts` remembers. */
  ftsBytesMax: number;
  /**
   * `<global><memory_size>`: so many of the last alerted events may be counted by composite rules, as in the peers
   * (ruleset-spec 5.5, *Limits*); 0: windows are bounded by time and bytes alone.
   */
  memorySize: number;
  /** `<global><stats>`: level of the alert that an hour has far more events than usual; 0: they are not counted. */
  statsLevel: number;
  /**
   * `--compat`: answers as the peers' daemons give them also where Argus has reason not to. For comparisons only; no
   * configuration sets it.
   */
  isCompat: boolean;
  /** IANA name of the master's zone, read once at start. */
  zone: string;
  /** `<cluster><name>`: it stands in alerts. Empty on a single node, whose alerts have no `cluster` block. */
  clusterName: string;
  /** `<global>`: which files are written. The engine does not look at it; it is here because replaying needs it. */
  outputs: RulesetOutputs;
}

/** Named as the options of `<global>` are. */
export interface RulesetOutputs {
  jsonout_output: boolean;
  alerts_log: boolean;
  logall: boolean;
  logall_json: boolean;
}

/** Wazuh's files are in any order, loading sorts them by base name; OSSEC's load as they stand (ruleset-spec 7.2). */
export interface RulesetSource {
  decoders: readonly RulesetFile[];
  rules: readonly RulesetFile[];
  lists: readonly RulesetList[];
  /** Where addresses are; absent where none is configured. */
  geoip?: RulesetDatabase;
  options: RulesetOptions;
}

export interface CompiledRuleset {
  readonly decoders: DecoderSet;
  readonly rules: RuleSet;
  /** Undefined: nobody knows where an address is. */
  readonly places: Places | undefined;
  readonly options: RulesetOptions;
}

export const defaultRulesetOptions: RulesetOptions = {
  flavour: "wazuh",
  logAlertLevel: 3,
  emailAlertLevel: 12,
  latenessMs: 600_000,
  // Some 600,000 remembered logs of 200 bytes: ten minutes of 1,000 failed logins a second.
  windowBytesMax: 256 * 1_024 * 1_024,
  // Half a million keys of 64 bytes.
  ftsBytesMax: 64 * 1_024 * 1_024,
  memorySize: 0,
  statsLevel: 0,
  isCompat: false,
  zone: "UTC",
  clusterName: "",
  outputs: { jsonout_output: true, alerts_log: true, logall: false, logall_json: false },
};

/** Wazuh's files are loaded by their base names, whatever folder they are in; equal names in the order given. */
function inLoadOrder<F extends RulesetFile>(files: readonly F[], flavour: Flavour): readonly F[] {
  if (flavour === "ossec") return files;
  const baseName = (file: F): string => file.path.slice(file.path.lastIndexOf("/") + 1);
  const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return [...files].sort((a, b) => compare(baseName(a), baseName(b)));
}

/** One that cannot be read is a warning, as are its rules: the rest of the ruleset does its work. */
function placesIn({ geoip }: RulesetSource, report: (problem: Problem) => void): Places | undefined {
  try {
    return geoip && placesOf(geoip.bytes);
  } catch (error) {
    if (!(error instanceof RangeError) || geoip === undefined) throw error;
    report(problemInFile(geoip.path, "warning", error.message));
    return undefined;
  }
}

function* loadSteps(source: RulesetSource, report: (problem: Problem) => void): Steps<CompiledRuleset> {
  const { options } = source;
  const decoders = yield* decoderSteps(inLoadOrder(source.decoders, options.flavour), report, options.flavour);
  const lists = new Map(source.lists.map(({ name, text }) => [name, parseList(text, options.flavour)]));
  const places = placesIn(source, report);
  const rules = yield* ruleSteps(inLoadOrder(source.rules, options.flavour), {
    flavour: options.flavour,
    logAlertLevel: options.logAlertLevel,
    emailAlertLevel: options.emailAlertLevel,
    localTime: new LocalTime(options.zone),
    lists,
    isCompat: options.isCompat,
    knowsPlaces: places !== undefined,
    literals: decoders.literals,
    decoderNameId: (name) => decoders.nameId(name),
    mitreOf,
    report,
  });
  yield undefined;
  decoders.literals.seal();
  return { decoders, rules, places, options };
}

/**
 * Compiles decoders and rules. Every problem is reported, in file order; throws `RulesetError` (with all of them) when
 * one of them is an error. Warnings are rules or options that have no effect, each named by file:line:column.
 */
export function compileRuleset(source: RulesetSource, report: (problem: Problem) => void): CompiledRuleset {
  return runSteps(compileSteps(source, report));
}

/** The same in steps of a file each, some milliseconds long, for a thread that must not stop for it. */
export function* compileSteps(source: RulesetSource, report: (problem: Problem) => void): Steps<CompiledRuleset> {
  const problems: Problem[] = [];
  const ruleset = yield* loadSteps(source, (problem) => {
    problems.push(problem);
    report(problem);
  });
  if (hasErrors(problems)) throw new RulesetError(problems);
  return ruleset;
}

/** For `argus config check`: all problems of a ruleset, sorted; never throws on what the files hold. */
export function checkRuleset(source: RulesetSource): Problem[] {
  const problems: Problem[] = [];
  runSteps(loadSteps(source, (problem) => problems.push(problem)));
  return sortProblems(problems);
}
