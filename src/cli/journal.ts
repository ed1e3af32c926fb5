/** `argus journal check`. */
import { checkJournal, type JournalReport, type ReplayAccount } from "../node/journal-check.ts";
import { homeAt } from "../node/home.ts";
import { lockHome } from "../node/home-lock-disk.ts";
import type { Command } from "./command.ts";
import { EXIT_DONE, EXIT_UNWELL } from "./output.ts";

export const journalCheck: Command = {
  words: ["journal", "check"],
  summary:
    "Say what the journal of a stopped master holds, and whether each event stands in it exactly once. " +
    "The home is locked meanwhile.",
  isOffline: true,
  arguments: [],
  options: [{ flags: "--replay", help: "Also analyse it anew and compare with the alert files byte for byte." }],
  async run({ output, home: folder, format }, values) {
    const home = homeAt(folder);
    const lock = await lockHome(home);
    try {
      const report = await checkJournal(home, { withReplay: values["replay"] === true });
      if (format === "json") output.line(JSON.stringify(report));
      else for (const line of describeJournal(report)) output.line(line);
      return report.isWell ? EXIT_DONE : EXIT_UNWELL;
    } finally {
      await lock.release();
    }
  },
};

/** The report in words. */
function describeJournal(report: JournalReport): string[] {
  const lines = [
    `journal of ${report.home} (offline): positions ${report.oldest} to ${report.end}` +
      `${report.isTorn ? ", torn at the end" : ""}, ${report.records} records`,
    `${report.events} events, ${report.lost} lost in declared holes, ${report.duplicated} duplicated, ` +
      `${report.missing} missing, ${report.undecodable} undecodable, ${report.damagedBytes} bytes damaged`,
    report.checkpoint < 0 ? "no checkpoint" : `analysed up to ${report.checkpoint} by the last checkpoint`,
  ];
  for (const { node, lane, epoch, events, lost, last } of report.epochs) {
    lines.push(
      `  ${node} lane ${lane} epoch ${epoch}: ${events} events up to ${last}${lost > 0 ? `, ${lost} lost` : ""}`,
    );
  }
  if (report.replay !== undefined) lines.push(...describeReplay(report.replay, report.oldest));
  lines.push(verdictOf(report));
  return lines;
}

function describeReplay(replay: ReplayAccount, oldest: number): string[] {
  if (!replay.isComparable) {
    return [`replay: the records before position ${oldest} have gone with <keep>: the alert files cannot be compared`];
  }
  const lines = [`replay: ${replay.alerts} alerts`];
  for (const { file, bytes, verdict, at } of replay.files) {
    lines.push(`  ${file}: ${bytes} bytes, ${verdict}${verdict === "identical" ? "" : ` from byte ${at}`}`);
  }
  return lines;
}

function verdictOf({ isWell, lost }: JournalReport): string {
  if (!isWell) return "NOT WELL: see above";
  if (lost === 0) return "well: each event stands exactly once";
  return `well: each event stands exactly once, but for the ${lost} that declared holes name as lost`;
}
