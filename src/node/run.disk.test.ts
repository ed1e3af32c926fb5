import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { createSocket } from "node:dgram";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { newFolder } from "../../test/support/temporary-folder.ts";
import { ArgusError } from "../base/error.ts";
import { logTo } from "../base/log.ts";
import { ServiceFailed } from "./errors.ts";
import { leave, runNode, type RunOptions } from "./run.ts";
import { productionTrial } from "./trial.ts";

const address = "127.85.0.1";
const ossecConf = `<ossec_config>
<cluster>
  <name>c</name><node_name>w1</node_name><node_type>worker</node_type>
  <key>0123456789abcdef0123456789abcdef</key><bind_addr>${address}</bind_addr>
</cluster>
<remote>
  <connection>syslog</connection><port>10585</port><protocol>udp</protocol>
  <allowed-ips>127.0.0.0/8</allowed-ips><local_ip>${address}</local_ip>
</remote>
</ossec_config>
`;

function homeWith(conf: string): RunOptions & { ossecLog(): string } {
  const home = newFolder("run");
  mkdirSync(join(home, "etc"));
  writeFileSync(join(home, "etc", "ossec.conf"), conf);
  const ossecLog = (): string => readFileSync(join(home, "logs", "ossec.log"), "utf8");
  return { home, isVerbose: false, echo: undefined, trial: productionTrial, ossecLog };
}

test("says in ossec.log why a node did not start, and gives the home back", async () => {
  const run = homeWith(ossecConf);
  const holder = createSocket("udp4");
  await new Promise<void>((resolve) => holder.bind(10_585, address, resolve));
  try {
    for (const attempt of [1, 2]) {
      await rejects(runNode(run, new AbortController().signal), { code: "ARGUS_INTAKE_LISTEN" }, `attempt ${attempt}`);
    }
    match(run.ossecLog(), /ERROR: cannot listen on .*127\.85\.0\.1.*10585/);
  } finally {
    await new Promise<void>((resolve) => holder.close(() => resolve()));
  }
});

test("says in ossec.log what is wrong in the configuration, once there is a home", async () => {
  const run = homeWith("<ossec_config><cluster><port>no</port></cluster></ossec_config>");
  await rejects(runNode(run, new AbortController().signal), { code: "ARGUS_NODE_CONFIG_REFUSED" });
  equal(existsSync(join(run.home, "logs")), false, "a mistyped home gets no folders");
  mkdirSync(join(run.home, "logs"));
  await rejects(runNode(run, new AbortController().signal), { code: "ARGUS_NODE_CONFIG_REFUSED" });
  match(run.ossecLog(), /ERROR: .*ossec\.conf:1:/);
});

test("runs until it is told to stop, and says so", async () => {
  const run = homeWith(ossecConf);
  const stop = new AbortController();
  const done = runNode(run, stop.signal);
  setTimeout(() => stop.abort(), 200);
  await done;
  match(run.ossecLog(), /INFO: stopped\n$/);
  ok(!run.ossecLog().includes("ERROR"), run.ossecLog());
});

interface Story {
  told: string[];
  left: Parameters<typeof leave>[1];
}

function newStory(): Story {
  const told: string[] = [];
  return {
    told,
    left: {
      logs: {
        main: logTo(({ level, message }) => void told.push(`${level} ${message}`)),
        close: () => Promise.resolve(void told.push("logs closed")),
      },
      lock: { release: () => Promise.resolve(void told.push("lock released")) },
      endProcess: (code) => void told.push(`exit ${code}`),
    },
  };
}

test("keeps the lock and ends the process while a part still runs", async () => {
  const { told, left } = newStory();
  await leave({ failure: undefined, undrained: ["batcher"] }, left);
  deepEqual(told.slice(1), ["logs closed", "exit 1"]);
  match(told[0] ?? "", /^ERROR batcher did not end/);
});

test("releases the lock last, and passes the failure on", async () => {
  const { told, left } = newStory();
  const failure = new ServiceFailed("link", new ArgusError("ARGUS_X", "port taken"));
  await rejects(leave({ failure, undrained: [] }, left), failure);
  deepEqual(told, ["ERROR link failed and the node stops: port taken", "logs closed", "lock released"]);
});

test("shows the stack of a bug, and of nothing else", async () => {
  const { told, left } = newStory();
  const failure = new ServiceFailed("batcher", new TypeError("x is undefined"));
  await rejects(leave({ failure, undrained: [] }, left), failure);
  match(told.join("\n"), /run\.disk\.test/);
});
