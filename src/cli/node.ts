/** `argus node`: one node in the foreground. */
import { runNode } from "../node/run.ts";
import { productionTrial, type TrialSettings } from "../node/trial.ts";
import type { Command } from "./command.ts";
import { EXIT_DONE } from "./output.ts";

/** What system tests set: nobody else has a use for a node that dies on purpose. */
function trialOf(environment: NodeJS.ProcessEnv): TrialSettings {
  const crash = environment["ARGUS_TEST_CRASH"] ?? productionTrial.crash;
  const checkpoint = environment["ARGUS_TEST_CHECKPOINT_MS"];
  const segment = environment["ARGUS_TEST_SEGMENT_BYTES"];
  return {
    crash,
    checkpointEveryMs: checkpoint === undefined ? productionTrial.checkpointEveryMs : Number(checkpoint),
    segmentBytesMax: segment === undefined ? productionTrial.segmentBytesMax : Number(segment),
  };
}

export const node: Command = {
  words: ["node"],
  summary: "Run one node in the foreground, by the ossec.conf of its home.",
  isOffline: false,
  worksUnread: true,
  arguments: [],
  options: [
    { flags: "--quiet", help: "Write the logs to their files only." },
    { flags: "--with-parent", help: "Also stop when standard input ends: whoever started the node has gone." },
    { flags: "--verbose", help: "Write debug lines as well." },
  ],
  async run({ output, home, signal }, values) {
    const echo = values["quiet"] === true ? undefined : (text: string) => output.line(text);
    const stop = values["withParent"] === true ? AbortSignal.any([signal, endOf(process.stdin)]) : signal;
    // In a terminal the signal says that the terminal has gone.
    const hangUp = process.stdin.isTTY || process.stdout.isTTY ? {} : { onHangUp };
    await runNode({ home, isVerbose: values["verbose"] === true, echo, ...hangUp, trial: trialOf(process.env) }, stop);
    return EXIT_DONE;
  },
};

function onHangUp(act: () => void): void {
  process.on("SIGHUP", act);
}

/** Aborted when the stream ends: a pipe does so however the process at its other end has died. */
function endOf(input: NodeJS.ReadStream): AbortSignal {
  const ended = new AbortController();
  input.on("end", () => ended.abort()).on("error", () => ended.abort());
  input.resume();
  // Only a pipe or socket can hold the process open, and it must not once the node has drained.
  if ("unref" in input && typeof input.unref === "function") input.unref();
  return ended.signal;
}
