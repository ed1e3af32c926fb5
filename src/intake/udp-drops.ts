/**
 * What the kernel dropped because a UDP socket was not read fast enough: the last column of `/proc/net/udp` and
 * `/proc/net/udp6` (Linux: Documentation/networking/proc_net_tcp, and `ss -u -m` shows the same).
 */
import type { Disk } from "../base/disk.ts";
import { errnoOf } from "../base/error.ts";
import type { OccasionalLog } from "../base/occasional-log.ts";
import { type Address, parseAddress } from "../config/address.ts";

/** The local address as the table writes it: 32-bit words in the byte order of the machine (little-endian), in hex. */
function toTableForm(address: Address, port: number): string {
  let hex = "";
  for (let word = 0; word < address.bytes.length; word += 4) {
    for (let byte = 3; byte >= 0; byte -= 1) hex += (address.bytes[word + byte] ?? 0).toString(16).padStart(2, "0");
  }
  return `${hex}:${port.toString(16).padStart(4, "0")}`.toUpperCase();
}

/** Datagrams dropped since the socket was opened; `undefined` when the table does not list it. */
export function readUdpDrops(table: string, address: Address, port: number): number | undefined {
  const wanted = toTableForm(address, port);
  for (const line of table.split("\n")) {
    const columns = line.trim().split(/\s+/);
    if (columns[1] !== wanted) continue;
    const drops = Number(columns.at(-1));
    return Number.isSafeInteger(drops) ? drops : undefined;
  }
  return undefined;
}

/** A sentence for the operator when the kernel granted less than was asked for; it caps silently. */
export function udpBufferAdvice(port: number, granted: number, asked: number): string | undefined {
  if (granted >= asked) return undefined;
  return (
    `UDP receive buffer of port ${port}: ${granted} bytes of ${asked} asked for. Bursts may be lost; ` +
    `sysctl -w net.core.rmem_max=${asked} allows more.`
  );
}

export interface KernelDropsOptions {
  readonly host: string;
  readonly disk: Disk;
  readonly complaints: OccasionalLog;
  /** Whose datagrams they are, for the log. */
  readonly what: string;
}

/** The kernel's drops at one address, over the sockets that were opened there. */
export class KernelDrops {
  readonly #options: KernelDropsOptions;
  #port: number | undefined;
  /** Of sockets that were closed since, and of all. */
  #before = 0;
  #total = 0;

  constructor(options: KernelDropsOptions) {
    this.#options = options;
  }

  get total(): number {
    return this.#total;
  }

  /** A socket was opened: its own count begins at 0. */
  begin(port: number): void {
    this.#port = port;
    this.#before = this.#total;
  }

  /** Reads the count now. On systems without `/proc/net/udp` nothing is counted. */
  async read(): Promise<void> {
    const { host, complaints, what } = this.#options;
    const address = parseAddress(host);
    const [port, before] = [this.#port, this.#before];
    if (port === undefined || address === undefined) return;
    const table = await this.#readTable(address.family === 6 ? "/proc/net/udp6" : "/proc/net/udp");
    const drops = table === undefined ? undefined : readUdpDrops(table, address, port);
    // Meanwhile the socket may have been closed, and another opened.
    if (drops === undefined || this.#port !== port || this.#before !== before) return;
    const total = before + drops;
    if (total > this.#total) {
      complaints.warning("kernel", `The kernel dropped ${what} datagrams on port ${port}: ${total} since the start.`);
    }
    this.#total = total;
  }

  async #readTable(path: string): Promise<string | undefined> {
    try {
      return (await this.#options.disk.readWhole(path, 4 * 1_024 * 1_024))?.toString("latin1");
    } catch (error) {
      const why = `Cannot read ${path} (${errnoOf(error)}): kernel drops are not counted.`;
      this.#options.complaints.warning("proc", why);
      return undefined;
    }
  }
}
