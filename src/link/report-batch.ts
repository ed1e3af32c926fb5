/**
 * Reports as messages of the link: at most 256 in one, and about so many bytes (docs/protocol/link.md 6.2, 5). A report
 * that no master would take is told without what the agent says of itself, or not at all: it would end the session, and
 * every later one.
 */
import type { AgentReport } from "../model/agent.ts";
import { BATCH_COUNT_MAX } from "./agent-wire.ts";
import { isOfSchema } from "./frames.ts";
import type { MessageBody } from "./wire.ts";

type WireReport = MessageBody<"reports">["reports"][number];

export interface ReportBatch {
  batch: WireReport[];
  /** Of JSON. */
  bytes: number;
}

function isWireReport(report: object): report is WireReport {
  return isOfSchema("reports", { number: 1, reports: [report] });
}

function wireReport(report: AgentReport): WireReport | undefined {
  if (isWireReport(report)) return report;
  const { version: _version, facts: _facts, ...bare } = report;
  return isWireReport(bare) ? bare : undefined;
}

export function reportBatches(reports: readonly AgentReport[], bytesMax: number): ReportBatch[] {
  const batches: ReportBatch[] = [];
  for (const report of reports.flatMap((one) => wireReport(one) ?? [])) {
    const bytes = Buffer.byteLength(JSON.stringify(report)) + 1;
    const last = batches.at(-1);
    if (last === undefined || last.batch.length >= BATCH_COUNT_MAX || last.bytes + bytes > bytesMax) {
      batches.push({ batch: [report], bytes });
    } else {
      last.batch.push(report);
      last.bytes += bytes;
    }
  }
  return batches;
}
