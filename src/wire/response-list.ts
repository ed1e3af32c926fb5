/**
 * ar.conf: the active responses that an agent may be told to run (agent-protocol 3.5), first in every merged.mg. One a
 * line: `<name><timeout> - <executable> - <timeout>`.
 */

export interface ListedResponse {
  readonly name: string;
  readonly executable: string;
  /** In seconds; 0: it is not undone. */
  readonly timeout: number;
}

/** By these an agent is restarted. Every list begins with them, and agents of all versions find theirs. */
const restarts: readonly ListedResponse[] = [
  { name: "restart-ossec", executable: "restart-ossec.sh", timeout: 0 },
  { name: "restart-ossec", executable: "restart-ossec.cmd", timeout: 0 },
  { name: "restart-wazuh", executable: "restart-ossec.sh", timeout: 0 },
  { name: "restart-wazuh", executable: "restart-ossec.cmd", timeout: 0 },
  { name: "restart-wazuh", executable: "restart-wazuh", timeout: 0 },
  { name: "restart-wazuh", executable: "restart-wazuh.exe", timeout: 0 },
];

export function responseList(responses: readonly ListedResponse[]): Buffer {
  const lines = [...restarts, ...responses].map(
    ({ name, executable, timeout }) => `${name}${timeout} - ${executable} - ${timeout}\n`,
  );
  return Buffer.from(lines.join(""));
}
