/**
 * What the engine answers and what is written of it. Strings that come from a log are *byte strings* (latin1: one
 * UTF-16 unit per byte); they become UTF-8 text only where an output is written (`alerts/`), invalid bytes as `\xHH`.
 */

/** From this level on somebody should look: such alerts are the last to be left out, and have a lane on the page. */
export const HIGH_LEVEL = 12;

/** One event as the engine takes it: bytes as latin1, times already settled. */
export interface EngineEvent {
  queue: string;
  agentId: string;
  agentName: string;
  agentIp: string;
  location: string;
  /** Byte string: the whole log. */
  log: string;
  isTruncated: boolean;
  /** Event time, ms since 1970: the `timestamp` of an alert. */
  eventMs: number;
  /** When its batch was journalled (the master's clock, never decreasing). */
  receivedMs: number;
  /** The node that took it in, its host name (cut at the first dot for `hostname`) and whether it is hidden. */
  node: string;
  host: string;
  isHidden: boolean;
}

export interface Mitre {
  id: string[];
  tactic: string[];
  technique: string[];
}

/** The rule that answered, as an alert shows it. */
export interface AnsweredRule {
  id: string;
  level: number;
  /** Byte string, `$(field)` already expanded. */
  description: string;
  /** In file order, compliance groups still among them (`pci_dss_10.2.4`). */
  groups: readonly string[];
  mitre: Mitre | undefined;
  cve: string | undefined;
  info: string | undefined;
  /** Composite rules only: the value of the XML. */
  frequency: number | undefined;
  /** `undefined` with the option `no_counter`. */
  firedtimes: number | undefined;
  mail: boolean;
}

/** Static fields in the order in which alerts.json shows them (ruleset-spec 9.1); absent ones are undefined. */
export interface StaticFields {
  protocol?: string;
  action?: string;
  srcip?: string;
  srcport?: string;
  srcuser?: string;
  dstip?: string;
  dstport?: string;
  dstuser?: string;
  id?: string;
  status?: string;
  url?: string;
  data?: string;
  extra_data?: string;
  system_name?: string;
}

export type StaticFieldName = keyof StaticFields;

/** What predecoding and decoding found in an event. */
export interface Decoded {
  predecoder: { programName: string | undefined; timestamp: string | undefined; hostname: string | undefined };
  /** Undefined when no decoder matched. */
  decoder:
    | { name: string; parent: string | undefined; ftscomment: string | undefined; accumulate: boolean }
    | undefined;
  fields: StaticFields;
  /** Of an event about a file or a registry entry; outputs then show it in place of the dynamic fields. */
  syscheck?: Syscheck | undefined;
  /** Dynamic fields in the order in which they were set; a name may stand twice, the first one counts. */
  dynamicFields: readonly { name: string; value: string }[];
}

/** What is known of a file or a registry entry; texts are byte strings, times seconds since 1970. */
export interface FileAttributes {
  size?: string;
  perm?: string;
  /** Windows: who may do what. `perm` then has the agent's own text. */
  winPerm?: readonly WindowsPermission[];
  uid?: string;
  gid?: string;
  md5?: string;
  sha1?: string;
  sha256?: string;
  uname?: string;
  gname?: string;
  mtime?: number;
  inode?: number;
  /** Windows: the words of its file attributes. */
  attrs?: string;
}

export interface WindowsPermission {
  name: string;
  allowed?: readonly string[];
  denied?: readonly string[];
}

/** The `syscheck` object of an alert about a file or a registry entry (ruleset-spec 9.1). */
export interface Syscheck {
  event: "added" | "modified" | "deleted";
  path: string;
  mode?: string;
  hardLinks?: string;
  symbolicPath?: string;
  arch?: string;
  valueName?: string;
  valueType?: string;
  before?: FileAttributes;
  after?: FileAttributes;
  diff?: string;
  tags?: readonly string[];
  changedAttributes?: readonly string[];
  audit?: SyscheckAudit;
}

/** Who did it, as the audit of the agent's system says. */
export interface SyscheckAudit {
  user?: IdAndName;
  group?: IdAndName;
  loginUser?: IdAndName;
  effectiveUser?: IdAndName;
  process?: { id?: string; name?: string; cwd?: string; parentName?: string; parentCwd?: string; ppid?: string };
}

export interface IdAndName {
  id?: string;
  name?: string;
}

/** The engine's answer to one event. */
export interface Answer {
  event: EngineEvent;
  decoded: Decoded;
  /**
   * `dropped`: no rule looked at it, as in the peers (`--compat`). `silenced`: the rule keeps silent (`ignore`), and no
   * other answers in its place. Both are remembered by nothing.
   */
  outcome: "answered" | "dropped" | "silenced";
  /** Undefined when no rule matched. A rule of level 0 is an answer, and no alert. */
  rule: AnsweredRule | undefined;
  /** Whether it is to be written to the alert files (level, log_alert/no_log, ignore all considered). */
  isAlert: boolean;
  /** `no_full_log` of the rule. */
  hidesFullLog: boolean;
  /** Logs (byte strings) of the events that a composite rule counted, newest first. */
  previousOutput: readonly string[];
  /** check_diff: the log before this one. */
  previousLog: string | undefined;
}
