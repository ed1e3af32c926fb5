/** The pre-shared key of a cluster: derived once at start, off the event loop. docs/protocol/link.md section 2. */
import { createHash, scrypt } from "node:crypto";

export interface ClusterKey {
  /** 32 bytes; never printed. */
  readonly psk: Buffer;
  /** 8 hex digits: which key it is, without saying anything about it that one ClientHello does not say anyway. */
  readonly keyId: string;
}

// 64 MiB and a tenth of a second per guess: what makes a weak key dearer to guess offline.
const cost = { N: 2 ** 16, r: 8, p: 1, maxmem: 128 * 1_024 * 1_024 };

/** Takes 0.1 to 0.3 s of another thread. `key` is the text of `<key>`, `cluster` that of `<name>`. */
export function deriveClusterKey(key: string, cluster: string): Promise<ClusterKey> {
  return new Promise((resolve, reject) => {
    scrypt(key, `argus-link:${cluster}`, 32, cost, (error, psk) => {
      if (error === null) resolve({ psk, keyId: keyIdOf(psk) });
      else reject(error);
    });
  });
}

function keyIdOf(psk: Buffer): string {
  return createHash("sha256").update("argus-keyid").update(psk).digest("hex").slice(0, 8);
}

/** Four hex digits of the cluster's name: only so that a wrong name can be told from a wrong key in the log. */
export function clusterTagOf(cluster: string): string {
  return createHash("sha256").update("argus-cluster").update(cluster, "utf8").digest("hex").slice(0, 4);
}
