/**
 * The sections of an agent's ossec.conf besides `<localfile>`: which managers it speaks to, how it gets its key, and
 * what it keeps while none can be reached. These tables are the only place where their names, defaults and limits are
 * written.
 */
import {
  block,
  blocks,
  duration,
  integer,
  needless,
  oneOf,
  path,
  port,
  section,
  size,
  text,
  textList,
  unsupported,
  yesNo,
  type Values,
} from "../config/schema.ts";

/** A name or an address, as TLS and TCP take it. */
const host = {
  test: /^[A-Za-z0-9_][A-Za-z0-9._:-]{0,254}$/,
  form: "name or address",
  refusal: "must be a host's name or address",
};

const enrollment = block({
  help: "How the agent gets its key where it has none, or where all managers refuse the one that it has.",
  options: {
    enabled: yesNo({ initial: true, help: "`no`: only `argus agent enrol` asks for a key." }),
    manager_address: text({ pattern: host, help: "Who is asked; the first <server> unless it is written." }),
    port: port({ initial: 1_515, help: "The port on which managers enrol agents." }),
    agent_name: text({ help: "The name to register; the host's own unless it is written.", bytesMax: 128 }),
    groups: text({ help: "Groups to be in, joined by commas. They must exist.", bytesMax: 65_536 }),
    agent_address: text({ help: "The address to register.", bytesMax: 128 }),
    use_source_ip: yesNo({ initial: false, help: "Registers the address from which the manager sees the agent." }),
    authorization_pass_path: path({ initial: "etc/authd.pass", help: "The file that holds the password, if any." }),
    server_ca_path: path({
      help: "Whoever signed the manager's certificate; without it the certificate is not checked.",
    }),
    agent_certificate_path: path({ help: "A certificate for managers that ask for one." }),
    agent_key_path: path({ help: "The key of that certificate." }),
    ssl_cipher: needless("TLS 1.2 or later, with the suites that this runtime offers."),
    auto_method: needless("TLS 1.2 or later in any case."),
    delay_after_enrollment: needless("The key is known on all nodes before the agent has it."),
  },
});

export const clientSection = section("client", {
  help: "The managers of an agent, and what it is to them.",
  options: {
    server: blocks({
      help: "A manager. Several are tried in order, and again from the first on when a connection is lost.",
      options: {
        address: text({ pattern: host, help: "Its name or address." }),
        port: port({ initial: 1_514, help: "The port on which it listens for agents." }),
        protocol: oneOf(["tcp", "udp"], { initial: "tcp", help: "`udp` is not supported: TCP is used." }),
        max_retries: needless("The next manager is tried at once, and after the last the first, ever more slowly."),
        retry_interval: needless("From 1 s to 30 s after each round."),
      },
    }),
    "server-ip": textList({ help: "OSSEC's way to write <server><address>." }),
    "server-hostname": textList({ help: "OSSEC's way to write <server><address>." }),
    port: port({ help: "Of managers written in OSSEC's way." }),
    enrollment,
    "config-profile": text({ help: "Names, joined by commas, by which an agent.conf may mean this agent." }),
    notify_time: duration({ initial: "10s", min: "1s", max: "10m", help: "How often the agent says that it lives." }),
    "time-reconnect": duration({
      initial: "60s",
      min: "3s",
      max: "1h",
      help: "After so long without an answer the connection is given up.",
    }),
    auto_restart: yesNo({
      initial: true,
      help: "`no`: files that the manager sends are written, and hold from the next start on.",
    }),
    crypto_method: oneOf(["aes", "blowfish"], { initial: "aes", help: "How messages are sealed." }),
    force_reconnect_interval: unsupported("Connects anew from time to time."),
    ip_update_interval: needless("The address is read for each keepalive."),
    local_ip: unsupported("The address from which to connect."),
    disable: unsupported("Turns the agent off.", "no"),
  },
  check(client, refuse, warn) {
    const { server } = client;
    if (server.some(({ values }) => values.address === undefined)) refuse("server", "a manager must have an <address>");
    if (server.some(({ values }) => values.protocol === "udp")) warn("server", "`udp` is not supported: TCP is used");
  },
});

export type Client = Values<typeof clientSection.options>;

export const clientBufferSection = section("client_buffer", {
  help: "What the agent keeps on disk until a manager has it.",
  options: {
    disabled: needless("What is collected is always kept on disk first."),
    queue_size: needless("What is kept is bounded by <size>."),
    events_per_second: integer({
      min: 1,
      max: 100_000,
      help: "The most that is sent in a second; without it, as much as the manager takes.",
    }),
    size: size({
      initial: "256MiB",
      min: "16MiB",
      help: "The most that it may take in queue/buffer. When it is full, files are not read on.",
    }),
  },
});

export type ClientBuffer = Values<typeof clientBufferSection.options>;

export interface Manager {
  readonly host: string;
  readonly port: number;
}

/** In the order in which they are tried. */
export function managersOf(client: Client): Manager[] {
  const named = client.server.flatMap(({ values }) =>
    values.address === undefined ? [] : [{ host: values.address, port: values.port }],
  );
  const classic = [...client["server-ip"], ...client["server-hostname"]];
  return [...named, ...classic.map((one) => ({ host: one, port: client.port ?? 1_514 }))];
}
