/** How an agent gets its key: what it asks for, of whom, and where the answer is kept. */
import { hash } from "node:crypto";
import { hostname } from "node:os";
import { isAbsolute, join } from "node:path";
import { systemClock } from "../base/clock.ts";
import { nodeDisk } from "../base/disk.ts";
import { type AgentRegistration, isAgentName } from "../model/agent.ts";
import { keyHash } from "../wire/agent-cipher.ts";
import { askForKey } from "./enrol-connection.ts";
import { AgentConfigRefused } from "./errors.ts";
import { agentHomeAt, type AgentHome, AGENT_FILE_MODE, AGENT_FOLDER_MODE } from "./home.ts";
import { AGENT_VERSION } from "./host-facts.ts";
import type { Client, Manager } from "./options.ts";
import { readOwnKey, writeOwnKey } from "./own-key-disk.ts";

export interface EnrolmentWish {
  readonly manager: Manager;
  /** Undefined: the host's. */
  readonly name: string | undefined;
  readonly groups: string | undefined;
  readonly address: string | undefined;
  readonly password: string | undefined;
  /** Paths. */
  readonly ca: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
}

const fileBytesMax = 256 * 1_024;

/** The host's name as far as an agent may be called so. */
export function hostAgentName(): string {
  const name = hostname().replace(/[^A-Za-z0-9._-]/g, "-");
  return isAgentName(name) ? name : `agent-${hash("sha256", name).slice(0, 8)}`;
}

/**
 * Asks for a key and keeps it. The key that the agent has already, if any, is proven, so that a manager that knows it
 * does not give another. Rejects with `EnrolmentFailed`, and with `AgentConfigRefused` for files that cannot be read.
 */
export async function enrolAgent(home: AgentHome, wish: EnrolmentWish): Promise<AgentRegistration> {
  const name = wish.name ?? hostAgentName();
  if (!isAgentName(name)) throw new AgentConfigRefused(`'${name}' is no name for an agent`);
  const { groups, address, password } = wish;
  const known = await readOwnKey(home, nodeDisk);
  const request = {
    ...{ name, version: AGENT_VERSION },
    ...(groups === undefined ? {} : { groups }),
    ...(address === undefined ? {} : { address }),
    ...(password === undefined ? {} : { password }),
    ...(known === undefined ? {} : { keyHash: keyHash(known) }),
  };
  const [ca, certificate, key] = await Promise.all(
    [wish.ca, wish.certificate, wish.key].map((path) => readFile(home, path)),
  );
  const registration = await askForKey(wish.manager, request, { ca, certificate, key }, systemClock);
  await writeOwnKey(home, registration, nodeDisk);
  return registration;
}

async function readFile(home: AgentHome, path: string | undefined): Promise<Buffer | undefined> {
  if (path === undefined) return undefined;
  const whole = isAbsolute(path) ? path : join(home.folder, path);
  const bytes = await nodeDisk.readWhole(whole, fileBytesMax);
  if (bytes === undefined) throw new AgentConfigRefused(`${whole} does not exist`);
  return bytes;
}

/** The first line of the file, where there is one. */
export async function readPassword(home: AgentHome, path: string): Promise<string | undefined> {
  const whole = isAbsolute(path) ? path : join(home.folder, path);
  const bytes = await nodeDisk.readWhole(whole, fileBytesMax);
  const line = bytes?.toString("utf8").split(/\r?\n/)[0] ?? "";
  return line === "" ? undefined : line;
}

/** What `<enrollment>` says; undefined: the agent may not ask by itself. */
export async function wishOf(home: AgentHome, client: Client, first: Manager): Promise<EnrolmentWish | undefined> {
  const { enrollment } = client;
  if (!enrollment.enabled) return undefined;
  return {
    manager: { host: enrollment.manager_address ?? first.host, port: enrollment.port },
    name: enrollment.agent_name,
    groups: enrollment.groups,
    address: enrollment.use_source_ip ? "src" : enrollment.agent_address,
    password: await readPassword(home, enrollment.authorization_pass_path),
    ca: enrollment.server_ca_path,
    certificate: enrollment.agent_certificate_path,
    key: enrollment.agent_key_path,
  };
}

/** Files that a new home follows where they exist. */
const usualFiles = ["/var/log/syslog", "/var/log/auth.log", "/var/log/messages", "/var/log/secure"];

/** Gives a home without an ossec.conf one that names the manager. Returns whether it did. */
export async function beginHome(folder: string, manager: string): Promise<boolean> {
  const home = agentHomeAt(folder);
  if ((await nodeDisk.stat(home.ossecConf)) !== undefined) return false;
  const found: string[] = [];
  for (const path of usualFiles) if ((await nodeDisk.stat(path)) !== undefined) found.push(path);
  const files = found.map(
    (path) => `  <localfile>\n    <log_format>syslog</log_format>\n    <location>${path}</location>\n  </localfile>\n`,
  );
  const server = `    <server>\n      <address>${manager}</address>\n    </server>\n`;
  const text = `<ossec_config>\n  <client>\n${server}  </client>\n${files.join("")}</ossec_config>\n`;
  await nodeDisk.makeFolder(home.etc, AGENT_FOLDER_MODE);
  await nodeDisk.replace(home.ossecConf, Buffer.from(text, "utf8"), AGENT_FILE_MODE);
  return true;
}
