/** `argus agents groups …`: what agents have in common, and the files that they are given. */
import { ApiClient } from "../api/client-connection.ts";
import {
  assignGroupsRoute,
  createGroupRoute,
  groupRoute,
  groupsRoute,
  removeGroupRoute,
} from "../api/contract/agent-route.ts";
import { idOf } from "./agents.ts";
import type { Command } from "./command.ts";
import { grouped } from "./live-status.ts";
import { EXIT_DONE } from "./output.ts";
import { paintFor } from "./paint.ts";
import { renderTable, type Column } from "./table.ts";

const columns: readonly Column[] = [
  { title: "GROUP", isFlexible: true },
  { title: "AGENTS", align: "right" },
  { title: "BYTES", align: "right" },
  { title: "SUM" },
];

const nameArgument = { name: "<name>", help: "The group: a folder of the master's etc/shared." };

export const groupsList: Command = {
  words: ["agents", "groups", "list"],
  summary: "The groups, how many agents are in them, and the sum of the files that these are given.",
  isOffline: false,
  arguments: [],
  options: [],
  async run({ output, home, format }) {
    const reply = await new ApiClient(home).get(groupsRoute);
    if (format === "json") output.line(JSON.stringify(reply));
    else {
      const rows = reply.groups.map(({ name, agents, bytes, md5 }) =>
        [name, grouped(agents), grouped(bytes), md5].map((text) => ({ text })),
      );
      const paint = paintFor(output.isTerminal, process.env);
      const width = output.isTerminal ? output.columns : undefined;
      for (const line of renderTable(columns, rows, { paint, columns: width })) output.line(line);
    }
    return EXIT_DONE;
  },
};

export const groupsFiles: Command = {
  words: ["agents", "groups", "files"],
  summary: "The files that the agents of a group are given.",
  isOffline: false,
  arguments: [nameArgument],
  options: [],
  async run({ output, home, format }, _values, [name = ""]) {
    const reply = await new ApiClient(home).get(groupRoute, {}, { name });
    if (format === "json") output.line(JSON.stringify(reply));
    else if (reply.files === null) output.line("this node has not fetched them from the master yet");
    else {
      const rows = reply.files.map((file) => [{ text: file.name }, { text: grouped(file.bytes) }]);
      const titles: Column[] = [{ title: "FILE" }, { title: "BYTES", align: "right" }];
      const paint = paintFor(output.isTerminal, process.env);
      for (const line of renderTable(titles, rows, { paint, columns: undefined })) output.line(line);
    }
    return EXIT_DONE;
  },
};

const changing = (
  word: string,
  summary: string,
  route: typeof createGroupRoute | typeof removeGroupRoute,
): Command => ({
  ...{ words: ["agents", "groups", word], summary, isOffline: false, arguments: [nameArgument], options: [] },
  async run({ output, home, format }, _values, [name = ""]) {
    const client = new ApiClient(home);
    const reply =
      route.path === "/groups"
        ? await client.get(createGroupRoute, { name })
        : await client.get(removeGroupRoute, {}, { name });
    output.line(format === "json" ? JSON.stringify(reply) : reply.text);
    return EXIT_DONE;
  },
});

export const groupsCreate = changing("create", "Make a group.", createGroupRoute);
export const groupsRemove = changing(
  "remove",
  "Remove a group: its agents leave it, and its folder is kept below backup/ on the master.",
  removeGroupRoute,
);

export const groupsAssign: Command = {
  words: ["agents", "groups", "assign"],
  summary: "Put an agent into these groups and no others; files of later ones win over those of earlier ones.",
  isOffline: false,
  arguments: [
    { name: "<id>", help: "The agent's id: 001." },
    { name: "<groups>", help: "Names joined by commas." },
  ],
  options: [],
  async run({ output, home, format }, _values, [id = "", groups = ""]) {
    const reply = await new ApiClient(home).get(assignGroupsRoute, { groups }, { id: idOf(id) });
    output.line(format === "json" ? JSON.stringify(reply) : reply.text);
    return EXIT_DONE;
  },
};
