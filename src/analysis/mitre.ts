/**
 * Names of MITRE ATT&CK techniques and of the tactics that they serve (Enterprise matrix, v16). Only those that rules
 * of ours use, and the commonest of operators' own; a rule with another id shows the id alone.
 */
import type { Mitre } from "../model/alert.ts";

const initialAccess = "Initial Access";
const execution = "Execution";
const persistence = "Persistence";
const privilegeEscalation = "Privilege Escalation";
const defenseEvasion = "Defense Evasion";
const credentialAccess = "Credential Access";
const discovery = "Discovery";
const lateralMovement = "Lateral Movement";
const impact = "Impact";
const reconnaissance = "Reconnaissance";

const techniques: ReadonlyMap<string, { name: string; tactics: readonly string[] }> = new Map(
  (
    [
      ["T1021", "Remote Services", lateralMovement],
      ["T1021.004", "SSH", lateralMovement],
      ["T1046", "Network Service Discovery", discovery],
      ["T1053", "Scheduled Task/Job", execution, persistence, privilegeEscalation],
      ["T1059", "Command and Scripting Interpreter", execution],
      ["T1059.007", "JavaScript", execution],
      ["T1068", "Exploitation for Privilege Escalation", privilegeEscalation],
      ["T1070", "Indicator Removal", defenseEvasion],
      ["T1078", "Valid Accounts", defenseEvasion, persistence, privilegeEscalation, initialAccess],
      ["T1083", "File and Directory Discovery", discovery],
      ["T1098", "Account Manipulation", persistence, privilegeEscalation],
      ["T1110", "Brute Force", credentialAccess],
      ["T1110.001", "Password Guessing", credentialAccess],
      ["T1110.003", "Password Spraying", credentialAccess],
      ["T1136", "Create Account", persistence],
      ["T1190", "Exploit Public-Facing Application", initialAccess],
      ["T1498", "Network Denial of Service", impact],
      ["T1499", "Endpoint Denial of Service", impact],
      ["T1531", "Account Access Removal", impact],
      ["T1548", "Abuse Elevation Control Mechanism", privilegeEscalation, defenseEvasion],
      ["T1548.003", "Sudo and Sudo Caching", privilegeEscalation, defenseEvasion],
      ["T1562", "Impair Defenses", defenseEvasion],
      ["T1562.001", "Disable or Modify Tools", defenseEvasion],
      ["T1565.001", "Stored Data Manipulation", impact],
      ["T1595", "Active Scanning", reconnaissance],
      ["T1595.002", "Vulnerability Scanning", reconnaissance],
    ] satisfies [string, string, string, ...string[]][]
  ).map(([id, name, ...tactics]) => [id, { name, tactics }]),
);

/** The ids with the names that are known, each tactic once; undefined where there is no id. */
export function mitreOf(ids: readonly string[]): Mitre | undefined {
  if (ids.length === 0) return undefined;
  const found = ids.map((id) => techniques.get(id)).filter((technique) => technique !== undefined);
  return {
    id: [...ids],
    tactic: [...new Set(found.flatMap(({ tactics }) => tactics))],
    technique: found.map(({ name }) => name),
  };
}
