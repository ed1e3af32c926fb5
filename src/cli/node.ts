/** `argus node`: one node in the foreground. */
import { runNode } from "../node/run.ts";
import type { Command } from "./command.ts";
import { EXIT_DONE } from "./output.ts";

export const node: Command = {
  words: ["node"],
  summary: "Run one node in the foreground, by the ossec.conf of its home.",
  isOffline: false,
  arguments: [],
  options: [
    { flags: "--quiet", help: "Write the logs to their files only." },
    { flags: "--verbose", help: "Write debug lines as well." },
  ],
  async run({ output, home, signal }, values) {
    const echo = values["quiet"] === true ? undefined : (text: string) => output.line(text);
    const crash = process.env["ARGUS_TEST_CRASH"] ?? "";
    await runNode({ home, isVerbose: values["verbose"] === true, echo, crash }, signal);
    return EXIT_DONE;
  },
};
