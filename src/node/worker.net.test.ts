import { equal, rejects } from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { hostname } from "node:os";
import { test } from "node:test";
import { newFolder } from "../../test/support/temporary-folder.ts";
import { systemClock } from "../base/clock.ts";
import { noCrash } from "../base/crash-point.ts";
import { nodeDisk, type Disk } from "../base/disk.ts";
import { LocalTime } from "../base/local-time.ts";
import { systemRandom } from "../base/random.ts";
import { homeAt } from "./home.ts";
import { HeldLogLines } from "./cluster-log-feed.ts";
import { NodeLogs } from "./node-logs.ts";
import type { NodeParts } from "./parts.ts";
import { readSettings } from "./settings.ts";
import { productionTrial } from "./trial.ts";
import { openWorker } from "./worker.ts";

const address = "127.84.0.1";
const ossecConf = `<ossec_config>
<cluster>
  <name>c</name><node_name>w1</node_name><node_type>worker</node_type>
  <key>0123456789abcdef0123456789abcdef</key><bind_addr>${address}</bind_addr>
</cluster>
<remote>
  <connection>syslog</connection><port>10584</port><protocol>tcp</protocol>
  <allowed-ips>127.0.0.0/8</allowed-ips><local_ip>${address}</local_ip>
</remote>
</ossec_config>
`;

/** The real disk, and how many files are open on it. */
function countingDisk(): { disk: Disk; openFiles(): number } {
  let open = 0;
  const disk: Disk = {
    ...nodeDisk,
    async open(path, mode, permissions) {
      const file = await nodeDisk.open(path, mode, permissions);
      open += 1;
      return {
        ...file,
        async close() {
          await file.close();
          open -= 1;
        },
      };
    },
  };
  return { disk, openFiles: () => open };
}

async function partsOf(folder: string, disk: Disk): Promise<NodeParts> {
  const home = homeAt(folder);
  mkdirSync(home.etc, { recursive: true });
  mkdirSync(home.logs, { recursive: true });
  writeFileSync(home.ossecConf, ossecConf);
  const settings = await readSettings(folder, nodeDisk);
  const time = new LocalTime("UTC");
  const clusterLines = new HeldLogLines({ startedMs: 0, node: "worker" });
  const logs = {
    clusterLines,
    disk: nodeDisk,
    clock: systemClock,
    time,
    folder: home.logs,
    isVerbose: false,
    echo: undefined,
  };
  return {
    ...{ home, settings, disk, clock: systemClock, random: systemRandom, time, host: hostname(), startedMs: 0 },
    ...{ logs: new NodeLogs(logs), crash: noCrash, trial: productionTrial },
  };
}

function isListening(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 10_584 });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

test("holds neither a port nor a file when its last part does not open", async () => {
  const { disk, openFiles } = countingDisk();
  const parts = await partsOf(newFolder("worker"), disk);
  writeFileSync(parts.home.nodeKey, "not a key\n");
  await rejects(openWorker(parts), { code: "ARGUS_NODE_IDENTITY" });
  equal(await isListening(), false);
  equal(openFiles(), 0);
});
