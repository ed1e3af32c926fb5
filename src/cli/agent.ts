/** `argus agent`: our own agent, which enrols with a manager and sends it what is logged on this machine. */
import { resolve } from "node:path";
import { nodeDisk } from "../base/disk.ts";
import { logTo, type Log } from "../base/log.ts";
import { beginHome, enrolAgent, readPassword } from "../agent/enrol.ts";
import { agentHomeAt } from "../agent/home.ts";
import { openAgentLog } from "../agent/log.ts";
import { runAgent } from "../agent/run.ts";
import { homeAt } from "../node/home.ts";
import { lockHome } from "../node/home-lock-disk.ts";
import { argusVersion } from "../node/package-disk.ts";
import { type Command, textOf } from "./command.ts";
import { UsageError } from "./errors.ts";
import { EXIT_DONE } from "./output.ts";

export const agentEnrol: Command = {
  words: ["agent", "enrol"],
  summary: "Ask a manager, of Argus or Wazuh, for a key, and keep it in the home's etc/client.keys.",
  isOffline: false,
  arguments: [],
  options: [
    { flags: "--manager <host>", help: "Who is asked." },
    { flags: "--port <port>", help: "The port on which it enrols agents.", initial: "1515" },
    { flags: "--name <name>", help: "The name to register; the host's own unless it is given." },
    { flags: "--group <groups>", help: "Groups to be in, joined by commas." },
    { flags: "--address <address>", help: "The address to register, or src for the one that the manager sees." },
    {
      flags: "--password-file <file>",
      help: "The file whose first line is the password; etc/authd.pass if it exists.",
    },
    {
      flags: "--ca <file>",
      help: "Whoever signed the manager's certificate; without it the certificate is not checked.",
    },
  ],
  async run({ output, home, format }, values) {
    const host = textOf(values, "manager");
    if (host === undefined) throw new UsageError("--manager HOST says who is asked");
    const port = Number(textOf(values, "port"));
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new UsageError("--port is 1 to 65535");
    const place = agentHomeAt(home);
    const [passwordFile, ca] = [textOf(values, "passwordFile"), textOf(values, "ca")];
    if (passwordFile !== undefined && (await nodeDisk.stat(resolve(passwordFile))) === undefined) {
      throw new UsageError(`${passwordFile} does not exist`);
    }
    const registration = await enrolAgent(place, {
      manager: { host, port },
      name: textOf(values, "name"),
      groups: textOf(values, "group"),
      address: textOf(values, "address"),
      password: await readPassword(place, passwordFile === undefined ? place.password : resolve(passwordFile)),
      ca: ca === undefined ? undefined : resolve(ca),
      ...{ certificate: undefined, key: undefined },
    });
    const isBegun = await beginHome(home, host);
    const { id, name, address } = registration;
    if (format === "json") output.line(JSON.stringify({ id, name, address, ossecConf: isBegun ? "written" : "kept" }));
    else {
      output.line(`Agent ${id}, ${name} (${address}): the key is in ${place.clientKeys}.`);
      if (isBegun) output.line(`${place.ossecConf} was written; look at what it follows.`);
      output.line(`Next: argus agent run --home ${home}`);
    }
    return EXIT_DONE;
  },
};

export const agentRun: Command = {
  words: ["agent", "run"],
  summary: "Run an agent in the foreground, by the ossec.conf of its home.",
  isOffline: false,
  worksUnread: true,
  arguments: [],
  options: [
    { flags: "--quiet", help: "Write the log to its file only." },
    { flags: "--verbose", help: "Write debug lines as well." },
  ],
  async run({ output, home, signal }, values) {
    const lock = await lockHome(homeAt(await withQueue(home)));
    const echo = values["quiet"] === true ? undefined : (text: string) => output.line(text);
    const file = openAgentLog(home, echo);
    const log: Log = logTo((line) => {
      if (line.level !== "DEBUG" || values["verbose"] === true) file.write(line);
    });
    try {
      log.info(`argus ${argusVersion} starts as an agent`);
      while ((await runAgent({ home, log, argusVersion }, signal)) === "restart") log.info("the agent begins anew");
      log.info("the agent has stopped");
      return EXIT_DONE;
    } finally {
      await file.close();
      await lock.release();
    }
  },
};

/** The lock stands in the queue's folder; a home that is none stays untouched. */
async function withQueue(home: string): Promise<string> {
  if ((await nodeDisk.stat(home)) !== undefined) await nodeDisk.makeFolder(agentHomeAt(home).queue, 0o750);
  return home;
}
