/**
 * Security configuration assessment (ruleset-spec 8): an agent tells the result of each check, and a summary of each
 * policy, again and again; news is a result that is another than the last one, and a summary whose figures are. The
 * fields are `sca.*`; policies, dumps and whatever else the module sends are no news.
 */
import { lowerAscii } from "../../../syntax/subject.ts";
import type { Baseline } from "../../baseline.ts";
import type { DecodedEvent } from "../../decoded-event.ts";
import type { InternalDecoder } from "./internal-decoder.ts";
import { readJson, type JsonValue } from "../json-value.ts";
import { addNested } from "./inventory.ts";
import { scalarAt, shownText, textAt, valueAt } from "./json-field.ts";

export const decodeSca: InternalDecoder = (decoded, needs, baseline) => {
  const value = readJson(decoded.log.raw, 0);
  const type = textAt(value, "type");
  const isNews =
    value !== undefined &&
    ((type === "check" && decodeCheck(decoded, value, baseline)) ||
      (type === "summary" && decodeSummary(decoded, value, baseline)));
  if (isNews) decoded.decoder = needs.internal("sca");
  else decoded.isPassedOver = true;
};

function add(decoded: DecodedEvent, name: string, value: string | undefined): void {
  if (value !== undefined && value !== "") decoded.addDynamic(name, lowerAscii(name), value);
}

/** Of a check in the order in which alerts show it; what it asks of the system comes as a list. */
const checkTexts = ["id", "title", "description", "rationale", "remediation"] as const;
const checkPlaces = ["references", "file", "directory", "process", "registry", "command"] as const;

/** False when the result is the one that the agent told last. */
function decodeCheck(decoded: DecodedEvent, value: JsonValue, baseline: Baseline): boolean {
  const { agentId } = decoded.event;
  const check = valueAt(value, "check");
  const id = scalarAt(check, "id");
  const policy = scalarAt(value, "policy");
  if (check === undefined || id === undefined || policy === undefined) return false;
  // "Not applicable" comes as a status, in place of a result.
  const status = scalarAt(check, "status");
  const result = scalarAt(check, "result") ?? (status === undefined ? undefined : lowerAscii(status));
  if (result === undefined) return false;
  const key = `${scalarAt(value, "policy_id") ?? policy}\t${id}`;
  const previous = baseline.get(agentId, "sca", key);
  if (previous === result) return false;
  baseline.set(agentId, "sca", key, result);
  add(decoded, "sca.type", "check");
  add(decoded, "sca.scan_id", scalarAt(value, "id"));
  add(decoded, "sca.policy", policy);
  for (const name of checkTexts) add(decoded, `sca.check.${name}`, scalarAt(check, name));
  const compliance = valueAt(check, "compliance");
  if (compliance?.kind === "object") addNested(decoded, "sca.check.compliance", compliance.entries);
  for (const name of checkPlaces) {
    const found = valueAt(check, name);
    if (found !== undefined) add(decoded, `sca.check.${name}`, shownText(found));
  }
  add(decoded, "sca.check.result", result);
  add(decoded, "sca.check.status", status);
  add(decoded, "sca.check.reason", scalarAt(check, "reason"));
  add(decoded, "sca.check.previous_result", previous);
  return true;
}

const figures = ["passed", "failed", "invalid", "total_checks", "score"] as const;

function decodeSummary(decoded: DecodedEvent, value: JsonValue, baseline: Baseline): boolean {
  const { agentId } = decoded.event;
  const policyId = scalarAt(value, "policy_id");
  const policy = scalarAt(value, "name") ?? scalarAt(value, "policy");
  if (policyId === undefined || policy === undefined) return false;
  const told = [scalarAt(value, "hash"), ...figures.map((name) => scalarAt(value, name))].join(" ");
  const isForced = scalarAt(value, "force_alert") !== undefined;
  if (!isForced && baseline.get(agentId, "sca_summary", policyId) === told) return false;
  baseline.set(agentId, "sca_summary", policyId, told);
  add(decoded, "sca.type", "summary");
  add(decoded, "sca.scan_id", scalarAt(value, "scan_id"));
  add(decoded, "sca.policy", policy);
  add(decoded, "sca.description", scalarAt(value, "description"));
  add(decoded, "sca.policy_id", policyId);
  for (const name of figures) add(decoded, `sca.${name}`, scalarAt(value, name));
  add(decoded, "sca.file", scalarAt(value, "file"));
  return true;
}
