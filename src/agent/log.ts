/** The agent's own log: logs/ossec.log, a file of one per day, and whoever has started it in the foreground. */
import { systemClock } from "../base/clock.ts";
import { nodeDisk } from "../base/disk.ts";
import { LocalTime, systemZone } from "../base/local-time.ts";
import type { LogLine } from "../base/log.ts";
import { ossecLine } from "../logfile/line.ts";
import { RotatingLog } from "../logfile/rotating-log.ts";
import { agentHomeAt } from "./home.ts";

export interface AgentLog {
  write(line: LogLine): void;
  close(): Promise<void>;
}

export function openAgentLog(home: string, echo: ((text: string) => void) | undefined): AgentLog {
  const time = new LocalTime(systemZone());
  const folder = agentHomeAt(home).logs;
  const onTrouble = (message: string): void => echo?.(message);
  const file = new RotatingLog({ disk: nodeDisk, folder, name: "ossec", time, onTrouble });
  return {
    write(line) {
      const nowMs = systemClock.wallMs();
      const text = ossecLine(time, nowMs, line);
      file.write(nowMs, text);
      echo?.(text);
    },
    close: () => file.close(),
  };
}
