/**
 * Who this node is and whom it knows: `etc/node.key` (its Ed25519 pair, PEM) and `etc/nodes.keys` (pins and terms),
 * both 0600.
 *
 *   term N                       the master's own term
 *   worker NAME KEY              a worker that has proven itself to this master; KEY is base64 of the raw public key
 *   master NAME KEY TERM         the master that this worker follows
 *
 * nodes.keys is replaced as a whole, as one durable step, before anybody relies on a change. A line that cannot be read
 * stops the start: a pin that is skipped would let anybody take that name.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import type { Disk } from "../base/disk.ts";
import type { MasterPin, NodeIdentity, Pins } from "../link/needs.ts";
import { isNodeName } from "../model/node.ts";
import { IdentityUnreadable } from "./errors.ts";
import type { Home } from "./home.ts";

const SECRET_MODE = 0o600;
const keyFileBytesMax = 4_096;
/** A line has at most 150 bytes: room for seven thousand nodes. */
const nodesKeysBytesMax = 1_048_576;

/** The node's own pair, made at the first start. Throws `IdentityUnreadable` where the file holds something else. */
export async function openIdentity(home: Home, disk: Disk): Promise<NodeIdentity> {
  const text = await disk.readWhole(home.nodeKey, keyFileBytesMax);
  if (text !== undefined) return identityOf(readPair(home.nodeKey, text));
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ format: "pem", type: "pkcs8" });
  await disk.replace(home.nodeKey, Buffer.from(pem), SECRET_MODE);
  return identityOf(privateKey);
}

function readPair(path: string, text: Buffer): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(text);
  } catch (cause) {
    throw new IdentityUnreadable(path, "it holds no private key", cause);
  }
  if (key.asymmetricKeyType !== "ed25519") throw new IdentityUnreadable(path, "its key is not of the kind Ed25519");
  return key;
}

function identityOf(privateKey: KeyObject): NodeIdentity {
  const der = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  // The raw 32 bytes are the end of the DER form (RFC 8410).
  return { publicKey: Buffer.from(der.subarray(-32)), sign: (message) => sign(null, message, privateKey) };
}

interface Known {
  term: number;
  workers: Map<string, Buffer>;
  master: { name: string; publicKey: Buffer; term: number } | undefined;
}

function parseKey(text: string): Buffer | undefined {
  return /^[A-Za-z0-9+/]{43}=$/.test(text) ? Buffer.from(text, "base64") : undefined;
}

function parseTerm(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : -1;
}

function takeLine(known: Known, line: string): boolean {
  const [kind, name = "", keyText = "", termText = ""] = line.split(" ");
  if (kind === "term") {
    known.term = parseTerm(name);
    return known.term >= 0 && keyText === "";
  }
  const publicKey = parseKey(keyText);
  if (!isNodeName(name) || publicKey === undefined) return false;
  if (kind === "worker" && termText === "") {
    known.workers.set(name, publicKey);
    return true;
  }
  const term = parseTerm(termText);
  known.master = { name, publicKey, term };
  return kind === "master" && term >= 0;
}

async function readKnown(path: string, disk: Disk): Promise<Known> {
  const known: Known = { term: 1, workers: new Map(), master: undefined };
  const text = (await disk.readWhole(path, nodesKeysBytesMax))?.toString("utf8") ?? "";
  for (const [index, line] of text.split("\n").entries()) {
    if (line === "" || line.startsWith("#")) continue;
    if (!takeLine(known, line)) throw new IdentityUnreadable(`${path}:${index + 1}`, "the line is of no known form");
  }
  return known;
}

async function writeKnown(path: string, disk: Disk, known: Known): Promise<void> {
  const lines = [`term ${known.term}`];
  if (known.master !== undefined) {
    const { name, publicKey, term } = known.master;
    lines.push(`master ${name} ${publicKey.toString("base64")} ${term}`);
  }
  for (const [name, publicKey] of known.workers) lines.push(`worker ${name} ${publicKey.toString("base64")}`);
  await disk.replace(path, Buffer.from(`${lines.join("\n")}\n`), SECRET_MODE);
}

/** One writer at a time, so that two changes at once do not undo each other. */
class NodesKeys {
  readonly #path: string;
  readonly #disk: Disk;
  readonly known: Known;
  #turn: Promise<void> = Promise.resolve();

  constructor(path: string, disk: Disk, known: Known) {
    this.#path = path;
    this.#disk = disk;
    this.known = known;
  }

  /** The change is believed only when it is on disk. */
  change(changed: (known: Known) => Known): Promise<void> {
    const work = this.#turn.then(async () => {
      const next = changed(this.known);
      await writeKnown(this.#path, this.#disk, next);
      Object.assign(this.known, next);
    });
    this.#turn = work.catch(() => undefined);
    return work;
  }
}

export interface WorkerPins extends Pins {
  /** Of every worker that has ever proven itself here. */
  names(): string[];
  /** Forgets a pin. */
  forget(name: string): Promise<void>;
}

/** The master's pins of its workers. */
export async function openPins(home: Home, disk: Disk): Promise<WorkerPins> {
  const file = new NodesKeys(home.nodesKeys, disk, await readKnown(home.nodesKeys, disk));
  return {
    names: () => [...file.known.workers.keys()],
    of: (name) => file.known.workers.get(name),
    pin: (name, publicKey) =>
      file.change((known) => ({ ...known, workers: new Map([...known.workers, [name, publicKey]]) })),
    forget: (name) =>
      file.change((known) => ({ ...known, workers: new Map([...known.workers].filter(([other]) => other !== name)) })),
  };
}

/** A worker's pin of its master, with the highest term that it has followed. */
export async function openMasterPin(home: Home, disk: Disk): Promise<MasterPin> {
  const file = new NodesKeys(home.nodesKeys, disk, await readKnown(home.nodesKeys, disk));
  return {
    current: () => file.known.master,
    pin: (master) => file.change((known) => ({ ...known, master })),
  };
}

/** The master's own term: 1 unless its file says another. */
export async function openTerm(home: Home, disk: Disk): Promise<number> {
  return (await readKnown(home.nodesKeys, disk)).term;
}
