/**
 * The first TLS record of a stranger, looked at before a TLS object is made for him: is it a ClientHello that offers a
 * PSK under an identity of ours, and ALPN? RFC 8446 sections 4.1.2 and 4.2.11. Nothing is believed: TLS itself checks
 * it all again. The parser is pure and bounded by the caller's 4 KiB.
 *
 *   record    := 22 | version u16 | length u16 | handshake
 *   handshake := 1 | length u24 | version u16 | random 32 | session id u8.. | suites u16.. | compression u8..
 *                | extensions u16..
 *   extension := type u16 | length u16 | body
 */
import { ByteReader } from "../base/bytes.ts";

/** A ClientHello of Node has 290 to 1,600 bytes. */
export const CLIENT_HELLO_BYTES_MAX = 4_096;
const recordHeaderBytes = 5;
const extensionAlpn = 16;
const extensionPsk = 41;
/** More than `from>to@keyid.tag.role` can be, and less than what OpenSSL takes. */
const identityBytesMax = 200;

export type ClientHello =
  | { state: "incomplete" }
  | { state: "refused"; reason: "not_tls" | "too_long" | "no_psk" | "bad_identity" }
  | { state: "whole"; identity: string };

const incomplete: ClientHello = { state: "incomplete" };
const refused = (reason: (ClientHello & { state: "refused" })["reason"]): ClientHello => ({ state: "refused", reason });

/** Looks at what has arrived so far. Decides as early as the bytes allow. */
export function lookAtClientHello(bytes: Buffer): ClientHello {
  if (bytes.length >= 1 && bytes[0] !== 22) return refused("not_tls");
  if (bytes.length >= 2 && bytes[1] !== 3) return refused("not_tls");
  if (bytes.length >= 6 && bytes[5] !== 1) return refused("not_tls");
  if (bytes.length < recordHeaderBytes) return incomplete;
  const length = bytes.readUInt16BE(3);
  if (length < 4) return refused("not_tls");
  if (recordHeaderBytes + length > CLIENT_HELLO_BYTES_MAX) return refused("too_long");
  if (bytes.length < recordHeaderBytes + length) return incomplete;
  return lookAtHandshake(bytes.subarray(recordHeaderBytes, recordHeaderBytes + length));
}

function lookAtHandshake(handshake: Buffer): ClientHello {
  const reader = new ByteReader(handshake, 1);
  const length = reader.u8() * 65_536 + reader.u16();
  if (length !== handshake.length - 4) return refused("not_tls"); // Split over records: Node never does it.
  reader.raw(2 + 32);
  reader.raw(reader.u8());
  reader.raw(reader.u16());
  reader.raw(reader.u8());
  const extensions = reader.raw(reader.u16());
  return reader.isBroken ? refused("not_tls") : lookAtExtensions(extensions);
}

function lookAtExtensions(extensions: Buffer): ClientHello {
  const reader = new ByteReader(extensions);
  let hasAlpn = false;
  let psk: Buffer | undefined;
  while (reader.remaining > 0) {
    const type = reader.u16();
    const body = reader.raw(reader.u16());
    if (reader.isBroken) return refused("not_tls");
    if (type === extensionAlpn) hasAlpn = true;
    else if (type === extensionPsk) psk = body;
  }
  if (psk === undefined || !hasAlpn) return refused("no_psk");
  return lookAtPsk(psk);
}

/** Only the first identity: our own dialler offers one, and session tickets are not taken. */
function lookAtPsk(psk: Buffer): ClientHello {
  const list = new ByteReader(psk);
  const identities = new ByteReader(list.raw(list.u16()));
  const identity = identities.raw(identities.u16());
  if (list.isBroken || identities.isBroken) return refused("no_psk");
  const isPrintable = identity.every((byte) => byte > 0x20 && byte < 0x7f);
  if (identity.length === 0 || identity.length > identityBytesMax || !isPrintable) return refused("bad_identity");
  return { state: "whole", identity: identity.toString("latin1") };
}
