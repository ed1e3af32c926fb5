/** The thread of `readRulesetOnThread`: reads once, answers once, ends. */
import { parentPort, workerData } from "node:worker_threads";
import { must } from "../base/assert.ts";
import { nodeDisk } from "../base/disk.ts";
import { describeError } from "../base/error.ts";
import { homeAt } from "./home.ts";
import { readHomeRuleset } from "./ruleset-in-force.ts";
import { failed, type RulesetReading, type RulesetReadingSetup } from "./ruleset-reading.ts";
import { readSettings } from "./settings.ts";

async function read({ home, zone, cluster, known }: RulesetReadingSetup): Promise<RulesetReading> {
  const { ossecConf, nodeConf } = homeAt(home);
  const settings = await readSettings(home, nodeDisk);
  const ofFiles = [ossecConf, nodeConf];
  if (!settings.isUsable) return { snapshot: undefined, problems: settings.problems, places: ofFiles };
  const { snapshot, problems, places } = await readHomeRuleset(nodeDisk, { ...settings, cluster }, zone, known);
  return { snapshot, problems, places: [...ofFiles, ...places] };
}

const port = must(parentPort, "the reading thread was not started as a thread");
port.postMessage(await read(workerData as RulesetReadingSetup).catch((error: unknown) => failed(describeError(error))));
port.close();
