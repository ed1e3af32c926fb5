/** What a manager may ask of an agent (agent-protocol 3.4): how it is set up, and how it does. */
import type { LinkState } from "./manager-link.ts";
import type { AgentSettings } from "./settings.ts";

export interface Asked {
  readonly settings: Pick<AgentSettings, "client" | "buffer" | "managers" | "followed">;
  readonly state: LinkState;
}

/** What Wazuh's agents say of a module that does not run. */
const absent = "err No such file or directory";

export function answerTo(target: string, command: string, asked: Asked): string {
  const words = command.trim();
  if (target === "agent") return ofAgent(words, asked);
  if (target === "logcollector" && words === "getconfig localfile") {
    const localfile = asked.settings.followed.map(({ location }) => ({ file: location, logformat: "syslog" }));
    return `ok ${JSON.stringify({ localfile })}`;
  }
  return absent;
}

function ofAgent(words: string, { settings, state }: Asked): string {
  const { client, buffer, managers } = settings;
  if (words === "getstate") {
    const data = { status: state.status, msg_sent: state.sentEvents, buffer_enabled: true };
    return JSON.stringify({ error: 0, data });
  }
  if (words === "getconfig client") {
    const server = managers.map(({ host, port }) => ({ address: host, port, protocol: "tcp" }));
    const [notify, reconnect] = [client.notify_time / 1_000, client["time-reconnect"] / 1_000];
    const said = { crypto_method: client.crypto_method, notify_time: notify, time_reconnect: reconnect, server };
    return `ok ${JSON.stringify({ client: said })}`;
  }
  if (words === "getconfig buffer") {
    return `ok ${JSON.stringify({ buffer: { disabled: "no", events_per_second: buffer.events_per_second ?? 0 } })}`;
  }
  return "err Could not get requested section";
}
