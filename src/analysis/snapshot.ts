/**
 * A *ruleset snapshot*: everything that changes an answer except the events, under the SHA-256 of its content, so that
 * a checkpoint can name the ruleset that its state belongs to (DESIGN.md). The content is a *manifest*: one JSON object
 * of fixed form that names each file by its path and the SHA-256 of its bytes, the options and Argus's version. The
 * manifest's own SHA-256 is the snapshot's name.
 */
import { createHash } from "node:crypto";
import type { RulesetOptions, RulesetSource } from "./ruleset.ts";

export interface Snapshot {
  sha256: string;
  /** Argus's version, which is part of the content. */
  version: string;
  source: RulesetSource;
}

export interface Manifest {
  format: 1;
  version: string;
  options: RulesetOptions;
  /** `[path or name, SHA-256 of the bytes]`, in the order given. */
  decoders: [string, string][];
  rules: [string, string][];
  lists: [string, string][];
  /** Left out where there is none. */
  geoip?: [string, string];
}

export function sha256Of(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

const bytesOf = (text: string): Buffer => Buffer.from(text, "latin1");

/** Options in a fixed order, whatever order the caller built them in; a new one changes every name, as it must. */
function orderedOptions(options: RulesetOptions): RulesetOptions {
  const { jsonout_output, alerts_log, logall, logall_json } = options.outputs;
  return {
    flavour: options.flavour,
    logAlertLevel: options.logAlertLevel,
    emailAlertLevel: options.emailAlertLevel,
    latenessMs: options.latenessMs,
    windowBytesMax: options.windowBytesMax,
    ftsBytesMax: options.ftsBytesMax,
    memorySize: options.memorySize,
    statsLevel: options.statsLevel,
    isCompat: options.isCompat,
    zone: options.zone,
    clusterName: options.clusterName,
    outputs: { jsonout_output, alerts_log, logall, logall_json },
  };
}

export function manifestOf(source: RulesetSource, version: string): Manifest {
  const files = (some: RulesetSource["rules"]): [string, string][] =>
    some.map(({ path, text }) => [path, sha256Of(bytesOf(text))]);
  return {
    format: 1,
    version,
    options: orderedOptions(source.options),
    decoders: files(source.decoders),
    rules: files(source.rules),
    lists: source.lists.map(({ name, text }) => [name, sha256Of(bytesOf(text))]),
    ...(source.geoip && { geoip: [source.geoip.path, sha256Of(source.geoip.bytes)] }),
  };
}

export function manifestBytes(manifest: Manifest): Buffer {
  return Buffer.from(`${JSON.stringify(manifest, undefined, 1)}\n`, "utf8");
}

export function snapshotOf(source: RulesetSource, version: string): Snapshot {
  return { sha256: sha256Of(manifestBytes(manifestOf(source, version))), version, source };
}
