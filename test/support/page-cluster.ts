/** The cluster of three for tests of the page: the seed document's own files, with the page on. */
import { connect } from "node:net";
import { until } from "./argus-process.ts";
import type { Look, TestBrowser, TestPage } from "./browser.ts";
import { writeSeedCluster, type SeedCluster, type SeedWorker } from "./seed-cluster.ts";

export interface PageClusterOptions {
  folder: string;
  /** `127.61.0`. */
  network: string;
  port: number;
  /** Changes a worker's ossec.conf; `index` counts from 0. */
  worker?: (text: string, index: number) => string;
}

const same = (text: string): string => text;

export class PageCluster {
  readonly seed: SeedCluster;
  readonly url: string;

  constructor({ folder, network, port, worker }: PageClusterOptions) {
    // The document's sample key would be the first thing that the page says.
    const keyed = (text: string): string => text.replace("your-cluster-key", "5f0e8c1b7a3d4962".repeat(4));
    this.seed = writeSeedCluster(folder, {
      addresses: [`${network}.1`, `${network}.2`, `${network}.3`],
      master: (text) => `${keyed(text)}<dashboard><enabled>yes</enabled><port>${port}</port></dashboard>\n`,
      worker: (text, index) => (worker ?? same)(keyed(text), index),
    });
    this.url = `http://127.0.0.1:${port}`;
  }

  async start(): Promise<void> {
    for (const node of this.seed.all) node.start();
    for (const node of this.seed.all) await node.untilReady();
    for (const name of ["worker-node1", "worker-node2"]) await this.untilState(name, "up");
  }

  async untilState(name: string, state: string): Promise<void> {
    await until(
      () => `${name} is ${state}\n${this.seed.master.output}`,
      async () => (await this.seed.master.stateOf(name)) === state,
      30_000,
    );
  }

  async stop(): Promise<void> {
    for (const node of this.seed.all) await node.kill();
  }
}

/** A line as it stands, over TCP: what is between the newlines may be anything. */
export function sendRaw({ address }: SeedWorker, line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port: 10_514 }, () => socket.end(Buffer.from(`<38>${line}\n`, "utf8")));
    socket.once("error", reject).once("close", () => resolve());
    socket.resume();
  });
}

/** The page, open and live. */
export async function openLive(browser: TestBrowser, url: string, look: Look): Promise<TestPage> {
  const opened = await browser.open(url, look);
  await opened.page.getByText("Live", { exact: true }).first().waitFor({ timeout: 10_000 });
  return opened;
}
