/**
 * What an agent's uname says of its system (agent-protocol 3.1). Four forms:
 *
 *   Linux |web1 |5.10 |#1 SMP |x86_64 [Ubuntu|ubuntu: 22.04.3 LTS (Jammy Jellyfish)]      Wazuh
 *   Linux web1 5.10 #1 SMP x86_64                                                         OSSEC
 *   Microsoft Windows 10 Pro [Ver: 10.0.19045.3803] |WEB1 |x86_64                         Windows, of late
 *   Microsoft Windows 7 [Ver: 6.1.7601]                                                   Windows, before
 */
import { type AgentOs, noOs } from "../model/agent.ts";

/** The first of these that is found in the uname. */
const architectures = [
  ...["x86_64", "i386", "i686", "sparc", "amd64", "i86pc", "ia64", "AIX", "armv6", "armv7", "aarch64", "arm64"],
];
const windowsForm = /^([^[]*) \[Ver: ([^\]]*)\]/;
const unixForm = / \[([^|\]:]*)(?:\|([^\]:]*))?(?:: ([^\]]*))?\]\s*$/;
const codenameForm = /^(.*?) \(([^()]*)\)$/;

export function osOf(uname: string): AgentOs {
  const [, windows, version] = windowsForm.exec(uname) ?? [];
  if (windows !== undefined && version !== undefined) return windowsOf(uname, windows, version);
  const arch = architectures.find((one) => uname.includes(one)) ?? "";
  const unix = unixForm.exec(uname);
  // OSSEC says no more than the kernel's name.
  if (unix === null) return { ...noOs, name: /^[A-Za-z][\w-]*(?= |$)/.exec(uname)?.[0] ?? "", arch };
  const [, name = "", platform = "", written = ""] = unix;
  const [, bare = written, codename = ""] = codenameForm.exec(written) ?? [];
  return { ...noOs, name, platform, arch, version: bare, codename, ...numbersOf(bare) };
}

function windowsOf(uname: string, name: string, version: string): AgentOs {
  const [major = "", minor = "", ...build] = version.split(".");
  const parts = uname.split("|");
  const arch = parts.length > 1 ? (parts.at(-1) ?? "").trim() : "";
  return { ...noOs, name, version, major, minor, build: build.join("."), platform: "windows", arch };
}

/** `22.04.3 LTS` is 22 and 04; SUSE's `15-SP5` is 15 and 5. */
function numbersOf(version: string): Pick<AgentOs, "major" | "minor"> {
  const [, major = "", minor = ""] = /^(\d+)(?:(?:\.|-SP)(\d+))?/.exec(version) ?? [];
  return { major, minor };
}

/** The name of the agent's host, empty where the uname does not hold it. */
export function hostOf(uname: string): string {
  const [first = "", second] = uname.split("|");
  if (second !== undefined) return second.trim();
  return windowsForm.test(first) ? "" : (first.split(" ")[1] ?? "");
}
