/**
 * The peers' rulesets and vectors, which are data for tests and no part of the project: beside the repository, or where
 * `ARGUS_RULESETS` and `ARGUS_RULESET_VECTORS` say. A test that lacks them is skipped and says what it lacks, which the
 * build server counts as failed.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Flavour } from "../../src/syntax/pattern.ts";

export interface PeerData {
  folder: string;
  /** Why a test of it cannot be run; false when it can. For `node:test`. */
  skip: string | false;
}

function found(beside: string, variable: string): string {
  return existsSync(beside) ? beside : (process.env[variable] ?? beside);
}

/** The ruleset of a peer, with its tests. */
export function peerRuleset(flavour: Flavour): PeerData {
  const parent = found("../shared/rulesets", "ARGUS_RULESETS");
  const name = existsSync(parent) ? readdirSync(parent).find((one) => one.startsWith(flavour)) : undefined;
  const folder = join(parent, name ?? flavour);
  return { folder, skip: name === undefined && `${parent} has no ruleset of ${flavour}; see ARGUS_RULESETS` };
}

/** Answers of the original programs to inputs of theirs. */
export function peerVectors(): PeerData {
  const folder = found("../shared/reference/ruleset-vectors", "ARGUS_RULESET_VECTORS");
  return { folder, skip: !existsSync(folder) && `${folder} is not here; see ARGUS_RULESET_VECTORS` };
}
