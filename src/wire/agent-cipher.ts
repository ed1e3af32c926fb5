/**
 * What an agent's line of client.keys opens and seals (agent-protocol 2.3): three keys made of id, name and key.
 *
 *   K         = md5hex(key) ‖ first 15 characters of md5hex(md5hex(name) ‖ md5hex(id))       47 ASCII characters
 *   Blowfish  = the 47 characters; AES-256 = the first 32 of them; `K:` of an enrolment = sha1hex(id ‖ name ‖ key)
 *
 * One object per agent, kept by the caller as long as the registration stays the same. What a cipher needs is made at
 * its first use. For AES it is one pair of OpenSSL's objects that lives as long as the agent's: to make one costs five
 * times as much as a message of 200 bytes. Its CBC chain runs on over the messages; that is taken out again by XOR
 * with the last block of the message before, so every message stands for itself, as on the wire.
 */
import { createCipheriv, createDecipheriv, hash, type Cipher, type Decipher } from "node:crypto";
import { assert } from "../base/assert.ts";
import { Blowfish } from "./blowfish.ts";

export interface AgentKey {
  /** As written in client.keys: `001`. */
  readonly id: string;
  readonly name: string;
  /** Any text; by convention 64 hex digits. */
  readonly key: string;
}

export const AES_BLOCK_BYTES = 16;
export const BLOWFISH_BLOCK_BYTES = 8;

const blowfishIv = Buffer.from("fedcba9876543210", "hex");
const aesIv = Buffer.from("FEDCBA0987654321", "latin1");

/** The 47 characters from which both ciphers take their key. */
export function keyText({ id, name, key }: AgentKey): string {
  const half = hash("md5", hash("md5", name) + hash("md5", id)).slice(0, 15);
  return hash("md5", key) + half;
}

/** What an agent says in `K:` to prove that it has this key already, and what the manager compares it with. */
export const keyHash = ({ id, name, key }: AgentKey): string => hash("sha1", id + name + key);

/** A cipher that never ends, and the last block of ciphertext that went through it: CBC's state. */
interface Chain<T> {
  cipher: T;
  last: Buffer;
}

export class AgentCipher {
  readonly key: AgentKey;
  #blowfish: Blowfish | undefined;
  #decipher: Chain<Decipher> | undefined;
  #cipher: Chain<Cipher> | undefined;

  constructor(key: AgentKey) {
    this.key = key;
  }

  #aesKey(): Buffer {
    return Buffer.from(keyText(this.key).slice(0, 32), "latin1");
  }

  #blowfishOfAgent(): Blowfish {
    return (this.#blowfish ??= new Blowfish(Buffer.from(keyText(this.key), "latin1")));
  }

  /** The clear text goes into the beginning of `target`. A whole number of blocks. */
  decryptBlowfish(ciphertext: Uint8Array, target: Uint8Array): void {
    this.#blowfishOfAgent().decryptCbc(ciphertext, blowfishIv, target);
  }

  /** Where they stand. A whole number of blocks. */
  encryptBlowfish(bytes: Uint8Array): void {
    this.#blowfishOfAgent().encryptCbc(bytes, blowfishIv);
  }

  /** Clear text under the fixed IV, with its padding; a positive number of whole blocks. */
  decryptAes(ciphertext: Buffer): Buffer {
    assert(ciphertext.length > 0 && ciphertext.length % AES_BLOCK_BYTES === 0, "AES takes whole blocks");
    this.#decipher ??= openChain(createDecipheriv("aes-256-cbc", this.#aesKey(), aesIv));
    const { cipher, last } = this.#decipher;
    const clear = cipher.update(ciphertext);
    xorBlock(clear, last, aesIv);
    ciphertext.copy(last, 0, ciphertext.length - AES_BLOCK_BYTES);
    return clear;
  }

  /** Ciphertext of `clear`, a positive number of whole blocks, which is used up. Without an IV it is the fixed one. */
  encryptAes(clear: Buffer, iv: Uint8Array = aesIv): Buffer {
    assert(clear.length > 0 && clear.length % AES_BLOCK_BYTES === 0, "AES takes whole blocks");
    assert(iv.length === AES_BLOCK_BYTES, "an IV has one block");
    this.#cipher ??= openChain(createCipheriv("aes-256-cbc", this.#aesKey(), aesIv));
    const { cipher, last } = this.#cipher;
    xorBlock(clear, last, iv);
    const ciphertext = cipher.update(clear);
    ciphertext.copy(last, 0, ciphertext.length - AES_BLOCK_BYTES);
    return ciphertext;
  }
}

/** Without padding an update gives at once every block that it was given. */
function openChain<T extends Cipher | Decipher>(cipher: T): Chain<T> {
  cipher.setAutoPadding(false);
  return { cipher, last: Buffer.from(aesIv) };
}

function xorBlock(bytes: Uint8Array, one: Uint8Array, other: Uint8Array): void {
  for (let at = 0; at < AES_BLOCK_BYTES; at += 1) {
    bytes[at] = (bytes[at] ?? 0) ^ (one[at] ?? 0) ^ (other[at] ?? 0);
  }
}
