/**
 * A certificate for the enrolment port, signed by itself: X.509 version 3 as DER (RFC 5280), written by hand because it
 * is thirty lines of a format that has not changed since 1996. RSA of 2048 bits, since old agents know nothing else.
 * Agents do not look at it unless their administrator gave them a CA (agent-protocol 1.1).
 */
import { createPublicKey, sign, type KeyObject } from "node:crypto";
import { parseAddress } from "../config/address.ts";

export interface CertificateContent {
  readonly privateKey: KeyObject;
  /** 16 random bytes. */
  readonly serial: Uint8Array;
  readonly commonName: string;
  /** Host names and addresses by which agents may reach the node. */
  readonly names: readonly string[];
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), body]);
  const digits = length < 0x100 ? [length] : [length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, 0x80 + digits.length, ...digits]), body]);
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const set = (...parts: readonly Uint8Array[]): Buffer => der(0x31, ...parts);
const oid = (...bytes: readonly number[]): Buffer => der(0x06, Buffer.from(bytes));
const isTrue = der(0x01, Buffer.from([0xff]));
const octets = (content: Uint8Array): Buffer => der(0x04, content);

const sha256WithRsa = sequence(oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b), der(0x05));
const commonNameId = oid(0x55, 0x04, 0x03);
const basicConstraintsId = oid(0x55, 0x1d, 0x13);
const alternativeNamesId = oid(0x55, 0x1d, 0x11);

/** GeneralizedTime, which every reader takes for any year. */
function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/[-:T]/g, "").slice(0, 14);
  return der(0x18, Buffer.from(`${text}Z`));
}

function alternativeName(name: string): Buffer {
  const address = parseAddress(name);
  return address === undefined ? der(0x82, Buffer.from(name, "ascii")) : der(0x87, Buffer.from(address.bytes));
}

export function certificateOf(content: CertificateContent): string {
  const { privateKey, serial, commonName, names, notBeforeMs, notAfterMs } = content;
  const name = sequence(set(sequence(commonNameId, der(0x0c, Buffer.from(commonName, "utf8")))));
  // A first byte of 0x01 to 0x7f: the number is positive, and as short as it can be.
  const number = Buffer.from(serial);
  number[0] = ((number[0] ?? 0) & 0x7f) | 0x01;
  const extensions = sequence(
    sequence(basicConstraintsId, isTrue, octets(sequence(isTrue))),
    sequence(alternativeNamesId, octets(sequence(...names.map(alternativeName)))),
  );
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    ...[der(0x02, number), sha256WithRsa, name],
    ...[sequence(time(notBeforeMs), time(notAfterMs)), name],
    createPublicKey(privateKey).export({ format: "der", type: "spki" }),
    der(0xa3, extensions),
  );
  const signature = sign("sha256", body, privateKey);
  const whole = sequence(body, sha256WithRsa, der(0x03, Buffer.from([0]), signature));
  const lines = whole.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
