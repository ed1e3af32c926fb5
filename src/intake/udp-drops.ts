/**
 * What the kernel dropped because a UDP socket was not read fast enough: the last column of `/proc/net/udp` and
 * `/proc/net/udp6` (Linux: Documentation/networking/proc_net_tcp, and `ss -u -m` shows the same).
 */
import type { Address } from "../config/address.ts";

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
