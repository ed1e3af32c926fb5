/** What an agent says of the machine it runs on (agent-protocol 3.1), in Wazuh's form. */
import { hostname, machine, release, type, version } from "node:os";
import type { Disk } from "../base/disk.ts";

/** What a uname is made of. */
export interface HostParts {
  readonly system: string;
  readonly host: string;
  readonly release: string;
  readonly version: string;
  readonly arch: string;
  /** The text of /etc/os-release; empty where there is none. */
  readonly osRelease: string;
}

const osReleasePath = "/etc/os-release";
const osReleaseBytesMax = 64 * 1_024;

/** What this program is to a manager: an agent of the last Wazuh whose words it speaks. */
export const AGENT_VERSION = "v4.14.0";

export async function readHostParts(disk: Disk): Promise<HostParts> {
  const found = await disk.readWhole(osReleasePath, osReleaseBytesMax).catch(() => undefined);
  const osRelease = found?.toString("utf8") ?? "";
  return { system: type(), host: hostname(), release: release(), version: version(), arch: machine(), osRelease };
}

/** `Linux |web1 |5.10 |#1 SMP |x86_64 [Ubuntu|ubuntu: 22.04.3 LTS (Jammy Jellyfish)]` */
export function unameOf(parts: HostParts): string {
  const { system, host, arch, osRelease } = parts;
  const kernel = [system, host, parts.release, parts.version, arch].map(oneLine).join(" |");
  const value = (name: string): string => oneLine(valueOf(osRelease, name));
  const name = value("NAME") || system;
  const platform = value("ID") || system.toLowerCase();
  const written = value("VERSION") || value("VERSION_ID") || parts.release;
  return `${kernel} [${name}|${platform}: ${written}]`;
}

function valueOf(osRelease: string, name: string): string {
  const written = new RegExp(`^${name}=(.*)$`, "m").exec(osRelease)?.[1]?.trim() ?? "";
  return /^(["']).*\1$/.test(written) ? written.slice(1, -1) : written;
}

/** What would end a line of the keepalive, or its uname. */
const oneLine = (text: string): string =>
  text
    .replace(/[\x00-\x1f|[\]]/g, " ")
    .replaceAll(" - ", " ")
    .trim();
