import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { noFacts } from "../model/agent.ts";
import { agentReport } from "../../test/support/link-agents.ts";
import { reportBatches } from "./report-batch.ts";

test("reports are dealt into messages of 256, and of so many bytes", () => {
  const reports = Array.from({ length: 600 }, (_, index) => agentReport(index + 1));
  deepEqual(
    reportBatches(reports, 1_000_000).map(({ batch }) => batch.length),
    [256, 256, 88],
  );
  const length = JSON.stringify(agentReport(100)).length + 1;
  deepEqual(
    reportBatches(reports.slice(100, 105), 2 * length).map(({ batch }) => batch.length),
    [2, 2, 1],
  );
  deepEqual(reportBatches([], 1), []);
});

test("a report that no master would take is told without its facts, or not at all", () => {
  const long = agentReport(1, { facts: { ...noFacts, host: "h".repeat(2_000) } });
  const none = agentReport(2, { ageMs: Number.NaN });
  deepEqual(
    reportBatches([long, none, agentReport(3)], 10_000).map(({ batch }) => batch),
    [[agentReport(1), agentReport(3)]],
  );
});
