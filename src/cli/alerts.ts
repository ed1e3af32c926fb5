/** `argus alerts tail`: the last alerts, and with `--follow` those to come. */
import { ApiClient } from "../api/client-connection.ts";
import type { AlertReply } from "../api/contract/reply.ts";
import { ALERTS_COUNT_MAX, alertsRoute } from "../api/contract/route.ts";
import { textOf, type Command } from "./command.ts";
import { UsageError } from "./errors.ts";
import { levelStyle, liveAlert } from "./live-status.ts";
import { EXIT_DONE } from "./output.ts";
import { fit, paintFor, type Paint } from "./paint.ts";

function numberIn(text: string | undefined, name: string, min: number, max: number): number {
  const value = Number(text);
  if (text === undefined || !Number.isInteger(value) || value < min || value > max) {
    throw new UsageError(`--${name} must be a whole number from ${min} to ${max}`);
  }
  return value;
}

function alertLine(alert: AlertReply, paint: Paint, columns: number | undefined): string {
  const { time, level, ruleId, description, origin } = liveAlert(alert);
  const text = `${time}  ${String(level).padStart(2)}  ${ruleId.padStart(6)}  ${origin}  ${description}`;
  return paint(levelStyle(level), fit(text, columns ?? Number.MAX_SAFE_INTEGER));
}

export const alertsTail: Command = {
  words: ["alerts", "tail"],
  summary: "The newest alerts of a master, oldest first; with --follow also those to come, until Ctrl-C.",
  isOffline: false,
  arguments: [],
  options: [
    { flags: "-n, --count <count>", help: `How many, up to ${ALERTS_COUNT_MAX}.`, initial: "20" },
    { flags: "-l, --level <level>", help: "Only alerts of at least this level.", initial: "0" },
    { flags: "-f, --follow", help: "Go on with new alerts." },
  ],
  async run({ output, home, format, signal }, values) {
    const count = numberIn(textOf(values, "count"), "count", 1, ALERTS_COUNT_MAX);
    const level = numberIn(textOf(values, "level"), "level", 0, 16);
    const client = new ApiClient(home);
    const paint = paintFor(output.isTerminal, process.env);
    const columns = output.isTerminal ? output.columns : undefined;
    const show = (alert: AlertReply): void =>
      output.line(format === "json" ? JSON.stringify(alert) : alertLine(alert, paint, columns));
    const { alerts } = await client.get(alertsRoute, { count, level });
    for (const alert of alerts) show(alert);
    if (values["follow"] === true) {
      const lastId = alerts.at(-1)?.id;
      const sayGap = (missed: number | undefined): void =>
        output.problem(`argus: ${missed ?? "some"} alerts are not shown; they stand in ${home}/logs/alerts`);
      for await (const { alert } of client.stream({ level }, signal, lastId, sayGap)) show(alert);
    }
    return EXIT_DONE;
  },
};
