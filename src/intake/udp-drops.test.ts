import { equal } from "node:assert/strict";
import { test } from "node:test";
import { parseAddress, type Address } from "../config/address.ts";
import { readUdpDrops } from "./udp-drops.ts";

function address(text: string): Address {
  const found = parseAddress(text);
  if (found === undefined) throw new Error(text);
  return found;
}

/** The columns between the addresses and the drops. */
const middle = "07 00000000:00000000 00:00000000 00000000  1000        0 123456 2 0000000000000000";
const nobody4 = "00000000:0000";
const nobody6 = "00000000000000000000000000000000:0000";
const table4 = [
  "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops",
  `  640: 0100007F:2912 ${nobody4} ${middle} 17       `,
  ` 1234: 00000000:0202 ${nobody4} ${middle} 4294967296`,
].join("\n");
const table6 = [
  "  sl  local_address                         remote_address                        st tx_queue rx_queue drops",
  `  900: B80D0120000000000000000001000000:0202 ${nobody6} ${middle} 5`,
].join("\n");

test("finds the drops of the socket at an address and port", () => {
  equal(readUdpDrops(table4, address("127.0.0.1"), 10_514), 17);
  equal(readUdpDrops(table4, address("0.0.0.0"), 514), 4_294_967_296);
  equal(readUdpDrops(table6, address("2001:db8::1"), 514), 5);
});

test("finds none for another address, another port, or an empty table", () => {
  equal(readUdpDrops(table4, address("127.0.0.2"), 10_514), undefined);
  equal(readUdpDrops(table4, address("127.0.0.1"), 10_515), undefined);
  equal(readUdpDrops("", address("127.0.0.1"), 10_514), undefined);
});

test("finds none in a line of another form", () => {
  equal(readUdpDrops("x 0100007F:2912 no number", address("127.0.0.1"), 10_514), undefined);
});
