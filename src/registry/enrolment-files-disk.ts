/**
 * What the enrolment port reads of the home: its certificate and key, which are made at the first start, the
 * certificates of <ssl_agent_ca>, and the password of etc/authd.pass, which is made where one is wanted and there is
 * none.
 */
import { createPrivateKey, generateKeyPair, X509Certificate, type KeyObject } from "node:crypto";
import { hostname } from "node:os";
import { isAbsolute, join } from "node:path";
import { promisify } from "node:util";
import type { Clock } from "../base/clock.ts";
import type { Disk } from "../base/disk.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import { certificateOf } from "./certificate.ts";
import { EnrolmentFileFailed } from "./errors.ts";

export interface FilesOptions {
  readonly home: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const fileBytesMax = 1_048_576;
const fileMode = 0o640;
const dayMs = 86_400_000;
const years = 10;

export interface KeyPair {
  /** PEM. */
  readonly cert: Buffer;
  readonly key: Buffer;
}

const pathIn = (home: string, path: string): string => (isAbsolute(path) ? path : join(home, path));

async function readFile({ disk }: FilesOptions, path: string): Promise<Buffer | undefined> {
  try {
    return await disk.readWhole(path, fileBytesMax);
  } catch (cause) {
    throw new EnrolmentFileFailed(path, "cannot be read", cause);
  }
}

/**
 * Makes both when both are absent, and the certificate of a key that is alone: the node may have ended between the two.
 * Says so when it begins. Rejects with `EnrolmentFileFailed`.
 */
export async function openCertificate(
  options: FilesOptions,
  certPath: string,
  keyPath: string,
  onMaking: () => void = () => undefined,
): Promise<KeyPair> {
  const [certFile, keyFile] = [pathIn(options.home, certPath), pathIn(options.home, keyPath)];
  const [cert, key] = [await readFile(options, certFile), await readFile(options, keyFile)];
  if (cert === undefined) {
    onMaking();
    return makeCertificate(options, certFile, keyFile, key);
  }
  if (key === undefined) throw new EnrolmentFileFailed(keyFile, `is absent, and its certificate ${certFile} is there`);
  if (!parseCertificate(certFile, cert).checkPrivateKey(parseKey(keyFile, key))) {
    throw new EnrolmentFileFailed(keyFile, `is not the key of ${certFile}`);
  }
  return { cert, key };
}

async function makeCertificate(
  options: FilesOptions,
  certFile: string,
  keyFile: string,
  key: Buffer | undefined,
): Promise<KeyPair> {
  const { disk, clock, random, log } = options;
  const privateKey = key === undefined ? await newKey() : rsaKey(keyFile, key);
  const nowMs = clock.wallMs();
  const name = hostname().slice(0, 64);
  const cert = certificateOf({
    ...{ privateKey, serial: random.bytes(16), commonName: name, names: namesOf(name) },
    ...{ notBeforeMs: nowMs - dayMs, notAfterMs: nowMs + years * 365 * dayMs },
  });
  const pair = {
    cert: Buffer.from(cert),
    key: key ?? Buffer.from(privateKey.export({ format: "pem", type: "pkcs8" })),
  };
  try {
    if (key === undefined) await disk.replace(keyFile, pair.key, fileMode);
    await disk.replace(certFile, pair.cert, fileMode);
  } catch (cause) {
    throw new EnrolmentFileFailed(certFile, "cannot be written", cause);
  }
  const made = key === undefined ? "and its key were made" : `was made of ${keyFile}, which was there without it,`;
  log.info(`${certFile} ${made} for the enrolment port.`);
  return pair;
}

async function newKey(): Promise<KeyObject> {
  return (await promisify(generateKeyPair)("rsa", { modulusLength: 2_048 })).privateKey;
}

function rsaKey(path: string, pem: Buffer): KeyObject {
  const key = parseKey(path, pem);
  if (key.asymmetricKeyType === "rsa") return key;
  throw new EnrolmentFileFailed(path, "has no certificate, and one is made of RSA keys only");
}

function namesOf(name: string): string[] {
  return [...new Set([/^[A-Za-z0-9.-]+$/.test(name) ? name : "localhost", "localhost"])];
}

/** The certificates that sign those of agents. Rejects with `EnrolmentFileFailed`. */
export async function readAgentCa(options: FilesOptions, path: string): Promise<Buffer> {
  const file = pathIn(options.home, path);
  const pem = await readFile(options, file);
  if (pem === undefined) throw new EnrolmentFileFailed(file, "is absent, and <ssl_agent_ca> names it");
  parseCertificate(file, pem);
  return pem;
}

function parseCertificate(path: string, pem: Buffer): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new EnrolmentFileFailed(path, "holds no certificate", cause);
  }
}

function parseKey(path: string, pem: Buffer): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new EnrolmentFileFailed(path, "holds no private key", cause);
  }
}

/** Without letters that look like others. 24 of them are 118 bits, and OSSEC agents take no more than 31. */
const letters = "abcdefghjkmnpqrstuvwxyz23456789";
const passwordLength = 24;
const ossecLengthMax = 31;
const lengthMin = 3;
/** Operators change it while the node runs. */
const rereadMs = 1_000;

export class PasswordFile {
  readonly #options: FilesOptions;
  readonly path: string;
  #read: { text: string; atMs: number } | undefined;
  #isLongTold = false;

  constructor(options: FilesOptions) {
    this.#options = options;
    this.path = join(options.home, "etc", "authd.pass");
  }

  /** Makes the file when it is absent. Rejects with `EnrolmentFileFailed`. */
  async open(): Promise<void> {
    const { disk, log, random } = this.#options;
    if ((await readFile(this.#options, this.path)) !== undefined) return void (await this.current());
    let text = "";
    while (text.length < passwordLength) {
      // Numbers beyond the last whole round would make the first letters more likely.
      for (const byte of random.bytes(32)) {
        if (byte < 256 - (256 % letters.length)) text += letters[byte % letters.length] ?? "";
      }
    }
    try {
      await disk.replace(this.path, Buffer.from(`${text.slice(0, passwordLength)}\n`), fileMode);
    } catch (cause) {
      throw new EnrolmentFileFailed(this.path, "cannot be written", cause);
    }
    log.info(`${this.path} was made: agents enrol with the password in it.`);
  }

  /** The first line of the file, as of a second ago. Rejects with `EnrolmentFileFailed` when there is none of use. */
  async current(): Promise<string> {
    const { clock, log } = this.#options;
    const nowMs = clock.monotonicMs();
    if (this.#read !== undefined && nowMs - this.#read.atMs < rereadMs) return this.#read.text;
    const bytes = await readFile(this.#options, this.path);
    const text = bytes?.toString("utf8").split("\n")[0]?.replace(/\r$/, "") ?? "";
    if (text.length < lengthMin) {
      throw new EnrolmentFileFailed(
        this.path,
        `must have a password of at least ${lengthMin} letters in its first line`,
      );
    }
    if (text.length > ossecLengthMax && !this.#isLongTold) {
      this.#isLongTold = true;
      log.warning(
        `${this.path}: OSSEC agents cut a password after ${ossecLengthMax} letters, and cannot enrol with it.`,
      );
    }
    this.#read = { text, atMs: nowMs };
    return text;
  }
}
