/**
 * One message between agent and manager: a datagram, or what stands in a frame on TCP (agent-protocol 2.2 to 2.5).
 *
 *   message    := [ "!" id "!" ] token ciphertext      the prefix only from an agent whose address is not a single host
 *   token      := ":" Blowfish | "#AES:" AES-256
 *   ciphertext := CBC of ( 1 to 8 "!" | zlib stream of ( md5hex(body) | body ) )     clear text in multiples of 8
 *   body       := R, 5 digits | G, 10 digits | ":" | L, 4 digits | ":" | payload
 *
 *   dialect       token    IV
 *   `blowfish`    :        fixed, no padding
 *   `aes`         #AES:    fixed, PKCS#7
 *   `aes_iv`      #AES:    16 bytes in front of the ciphertext, PKCS#7
 *
 * The two layouts of AES have one token. CBC under a wrong IV spoils only the first block, and in `aes_iv` what would
 * be decrypted as the first block is the IV itself; so one decryption under the fixed IV serves both: what does not
 * begin with "!" at 0 is looked at from byte 16 on.
 *
 * Nothing that a stranger sends throws: a message that cannot be read gives one word that says why.
 */
import { hash } from "node:crypto";
import { deflateSync } from "node:zlib";
import { assert } from "../base/assert.ts";
import { AES_BLOCK_BYTES, type AgentCipher, BLOWFISH_BLOCK_BYTES } from "./agent-cipher.ts";
import { INFLATE_TOO_LARGE, Inflater, storedStream } from "./inflate.ts";
import type { MessageCounter } from "./message-counter.ts";

/** How an agent's messages are written; an answer must be in the dialect of the message that came last. */
export type Dialect = "blowfish" | "aes" | "aes_iv";

/** A frame's body, or a datagram: more is refused before it is looked at. */
export const MESSAGE_BYTES_MAX = 65_536;
/** What a message may hold when it is inflated; its payload is 53 bytes shorter. */
export const INFLATED_BYTES_MAX = 65_536;
/** The largest payload that Wazuh from 3.6 on sends, and that we send. */
export const PAYLOAD_BYTES_MAX = 65_408;

export type EnvelopeFault =
  /** Not a byte. */
  | "empty"
  /** A prefix of other than 1 to 8 digits, or without its end. */
  | "bad_id"
  | "no_token";

export type MessageFault =
  /** Not a whole number of blocks, or none. */
  | "bad_length"
  /** AES: no PKCS#7 padding at the end. With a key that is not the agent's, nearly always this or `not_marked`. */
  | "bad_padding"
  /** The clear text does not begin with "!". */
  | "not_marked"
  | "not_zlib"
  /** Inflates to more than 65,536 bytes. */
  | "too_large"
  | "too_short"
  | "bad_sum"
  | "bad_counter";

export interface Envelope {
  /** What the prefix says; undefined: the agent is to be known by its address. */
  readonly id: string | undefined;
  readonly isAes: boolean;
  /** A view of the message. */
  readonly ciphertext: Buffer;
}

export interface OpenedMessage {
  readonly dialect: Dialect;
  readonly counter: MessageCounter;
  /** R: tells a message that comes twice from another with the same counter (`ReplayWindow`). */
  readonly random: number;
  /** A view of memory that the next message to be opened uses again: copy what is kept. */
  readonly payload: Buffer;
}

export interface SealOptions {
  readonly dialect: Dialect;
  readonly counter: MessageCounter;
  /** R: any number from 0 to 65,535. */
  readonly random: number;
  /** For `aes_iv`: 16 random bytes. */
  readonly iv?: Uint8Array;
  /** The prefix of an agent whose own line of client.keys is not a single host; a manager never sends one. */
  readonly id?: string;
}

const mark = 0x21;
const colon = 0x3a;
const idDigitsMax = 8;
const aesToken = Buffer.from("#AES:", "latin1");
const sumBytes = 32;
/** R, G and L with their colons. */
const counterBytes = 21;

/** Acks, requests and the like: to compress them takes longer than all the rest, and saves some 20 bytes. */
const storedBytesMax = 128;

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

/** Looks at the envelope only: who claims to have sent it, and which cipher is to open it. */
export function readEnvelope(message: Buffer): Envelope | EnvelopeFault {
  if (message.length === 0) return "empty";
  let at = 0;
  let id: string | undefined;
  if (message[0] === mark) {
    at = 1;
    while (at <= idDigitsMax && isDigit(message[at])) at += 1;
    if (at === 1 || message[at] !== mark) return "bad_id";
    id = message.toString("latin1", 1, at);
    at += 1;
  }
  if (message[at] === colon) return { id, isAes: false, ciphertext: message.subarray(at + 1) };
  for (let index = 0; index < aesToken.length; index += 1) {
    if (message[at + index] !== aesToken[index]) return "no_token";
  }
  return { id, isAes: true, ciphertext: message.subarray(at + aesToken.length) };
}

/** Blowfish decrypts into this; it grows to the largest message that came, at most 64 KiB. */
let clearText = Buffer.allocUnsafeSlow(4_096);

/** Every message is inflated into this. */
const inflated = Buffer.allocUnsafeSlow(INFLATED_BYTES_MAX);
const inflater = new Inflater(inflated);

/** Opens what an envelope holds with the keys of the agent that it comes from. */
export function openMessage(cipher: AgentCipher, { isAes, ciphertext }: Envelope): OpenedMessage | MessageFault {
  const blockBytes = isAes ? AES_BLOCK_BYTES : BLOWFISH_BLOCK_BYTES;
  const { length } = ciphertext;
  if (length === 0 || length > MESSAGE_BYTES_MAX || length % blockBytes !== 0) return "bad_length";
  if (isAes) return openAes(cipher.decryptAes(ciphertext));
  if (length > clearText.length) clearText = Buffer.allocUnsafeSlow(MESSAGE_BYTES_MAX);
  // What a stranger forged costs one block, however long it is: Blowfish is slow.
  cipher.decryptBlowfish(ciphertext.subarray(0, BLOWFISH_BLOCK_BYTES), clearText);
  if (clearText[0] !== mark) return "not_marked";
  cipher.decryptBlowfish(ciphertext, clearText);
  return openClear("blowfish", clearText.subarray(0, length));
}

function openAes(padded: Buffer): OpenedMessage | MessageFault {
  const padding = paddingOf(padded);
  if (padding === 0) return "bad_padding";
  const clear = padded.subarray(0, padded.length - padding);
  const message = openClear("aes", clear);
  if (typeof message !== "string" || clear[AES_BLOCK_BYTES] !== mark) return message;
  return openClear("aes_iv", clear.subarray(AES_BLOCK_BYTES));
}

/** How many bytes of PKCS#7 padding stand at the end; 0: it is none. */
function paddingOf(padded: Buffer): number {
  const padding = padded[padded.length - 1] ?? 0;
  if (padding === 0 || padding > AES_BLOCK_BYTES) return 0;
  for (let at = padded.length - padding; at < padded.length; at += 1) if (padded[at] !== padding) return 0;
  return padding;
}

function openClear(dialect: Dialect, clear: Buffer): OpenedMessage | MessageFault {
  if (clear[0] !== mark) return "not_marked";
  let from = 1;
  while (clear[from] === mark) from += 1;
  const length = inflater.inflate(clear.subarray(from));
  if (length < 0) return length === INFLATE_TOO_LARGE ? "too_large" : "not_zlib";
  if (length < sumBytes + counterBytes) return "too_short";
  const body = inflated.subarray(sumBytes, length);
  if (inflated.toString("latin1", 0, sumBytes) !== hash("md5", body)) return "bad_sum";
  const numbers = numbersOf(body);
  return numbers === undefined ? "bad_counter" : { dialect, ...numbers, payload: body.subarray(counterBytes) };
}

function numbersOf(body: Buffer): Pick<OpenedMessage, "counter" | "random"> | undefined {
  if (body[15] !== colon || body[20] !== colon) return undefined;
  let [random, global, local] = [0, 0, 0];
  for (let at = 0; at < counterBytes - 1; at += 1) {
    if (at === 15) continue;
    const byte = body[at];
    if (!isDigit(byte) || byte === undefined) return undefined;
    if (at > 15) local = local * 10 + (byte - 0x30);
    else if (at >= 5) global = global * 10 + (byte - 0x30);
    else random = random * 10 + (byte - 0x30);
  }
  return { counter: { global, local }, random };
}

/** The whole message. The payload has 1 to 65,408 bytes: longer ones are cut or refused by the caller before. */
export function sealMessage(cipher: AgentCipher, payload: Uint8Array, options: SealOptions): Buffer {
  const { dialect, id, iv } = options;
  assert(payload.length > 0 && payload.length <= PAYLOAD_BYTES_MAX, "a payload has 1 to 65,408 bytes");
  assert((dialect === "aes_iv") === (iv !== undefined), "an IV belongs to the dialect that sends it");
  const plain = plainOf(payload, options);
  // In one piece: zlib's pieces are of 16 KiB, which is more to make than a short message is to compress.
  const compression = { level: 9, chunkSize: plain.length + 64 };
  const stream = plain.length > storedBytesMax ? deflateSync(plain, compression) : storedStream(plain);
  const prefix = (id === undefined ? "" : `!${id}!`) + (dialect === "blowfish" ? ":" : "#AES:");
  const sealed = sealClear(cipher, stream, dialect, iv);
  const message = Buffer.allocUnsafe(prefix.length + (iv?.length ?? 0) + sealed.length);
  message.write(prefix, 0, "latin1");
  if (iv !== undefined) message.set(iv, prefix.length);
  message.set(sealed, message.length - sealed.length);
  return message;
}

function plainOf(payload: Uint8Array, { counter, random }: SealOptions): Buffer {
  const { global, local } = counter;
  const digits = `${String(random).padStart(5, "0")}${String(global).padStart(10, "0")}:${String(local).padStart(4, "0")}:`;
  assert(digits.length === counterBytes, "a message's counters fit their digits");
  const plain = Buffer.allocUnsafe(sumBytes + counterBytes + payload.length);
  plain.write(digits, sumBytes, "latin1");
  plain.set(payload, sumBytes + counterBytes);
  plain.write(hash("md5", plain.subarray(sumBytes)), 0, "latin1");
  return plain;
}

function sealClear(cipher: AgentCipher, stream: Buffer, dialect: Dialect, iv: Uint8Array | undefined): Buffer {
  const marks = 8 - (stream.length % 8);
  const clearBytes = marks + stream.length;
  const padding = dialect === "blowfish" ? 0 : AES_BLOCK_BYTES - (clearBytes % AES_BLOCK_BYTES);
  const clear = Buffer.allocUnsafe(clearBytes + padding).fill(mark, 0, marks);
  clear.set(stream, marks);
  clear.fill(padding, clearBytes);
  if (dialect !== "blowfish") return cipher.encryptAes(clear, iv);
  cipher.encryptBlowfish(clear);
  return clear;
}
