import { equal } from "node:assert/strict";
import { test } from "node:test";
import { parseAddress, type Address } from "../config/address.ts";
import { readUdpDrops } from "./udp-drops.ts";

function address(text: string): Address {
  const found = parseAddress(text);
  if (found === undefined) throw new Error(text);
  return found;
}

const table4 = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops             
  640: 0100007F:2912 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 123456 2 0000000000000000 17        
 1234: 00000000:0202 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 22222 2 0000000000000000 4294967296
`;
const table6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  900: B80D0120000000000000000001000000:0202 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 33333 2 0000000000000000 5
`;

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
