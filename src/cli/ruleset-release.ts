/** `argus ruleset release ID` and `argus ruleset quarantine`: what hostile events have put out of work. */
import { ApiClient } from "../api/client-connection.ts";
import type { QuarantineReply } from "../api/contract/reply.ts";
import { quarantineRoute, releaseRoute } from "../api/contract/route.ts";
import type { Command } from "./command.ts";
import { EXIT_DONE, EXIT_UNWELL } from "./output.ts";

/** One line each; nothing where all is at work. */
export function quarantineLines({ parts, poisonCount }: QuarantineReply): string[] {
  const lines = parts.map(({ part, id, position, isInForce }) => {
    const how = isInForce ? "is passed over" : "was passed over, until its text was changed,";
    return `${part} ${id} ${how} from journal position ${position} on (argus ruleset release ${id})`;
  });
  if (poisonCount > 0) {
    lines.push(`${poisonCount} event${poisonCount === 1 ? " is" : "s are"} not analysed (see queue/poison/)`);
  }
  return lines;
}

export const rulesetQuarantine: Command = {
  words: ["ruleset", "quarantine"],
  summary: "Rules and decoders that are passed over because an event held them up. Exit 1 when there is one.",
  isOffline: false,
  arguments: [],
  options: [],
  async run({ output, home, format }) {
    const reply = await new ApiClient(home).get(quarantineRoute);
    if (format === "json") output.line(JSON.stringify(reply));
    else if (reply.parts.length + reply.poisonCount === 0) output.line("nothing is in quarantine");
    else for (const line of quarantineLines(reply)) output.line(line);
    return reply.parts.some(({ isInForce }) => isInForce) ? EXIT_UNWELL : EXIT_DONE;
  },
};

export const rulesetRelease: Command = {
  words: ["ruleset", "release"],
  summary: "Lift the quarantine of a rule or decoder, from the newest event on.",
  isOffline: false,
  arguments: [
    { name: "<id>", help: "A rule's id, or the FILE:LINE of a decoder, as `argus ruleset quarantine` says." },
  ],
  options: [],
  async run({ output, home, format }, _values, [id = ""]) {
    const reply = await new ApiClient(home).get(releaseRoute, { id });
    if (format === "json") output.line(JSON.stringify(reply));
    else output.line(`${reply.part} ${reply.id} is released`);
    return EXIT_DONE;
  },
};
