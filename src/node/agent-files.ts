/** What the listener gives agents as merged.mg: what the registry says that they are to have, from this node's disk. */
import type { SharedFile } from "../intake/needs.ts";
import type { MergedRecord } from "../model/agent.ts";
import type { BlobDisk } from "../registry/blob-disk.ts";
import type { Agents } from "../registry/needs.ts";
import { groupsOf } from "./agent-list.ts";

export function agentFiles(agents: Pick<Agents, "byId" | "merged">, blobs: Pick<BlobDisk, "get">): SharedFile {
  const wantedBy = (id: string): MergedRecord | undefined => {
    const record = agents.byId(id);
    return record === undefined ? undefined : agents.merged(groupsOf(record));
  };
  return {
    sumOf: (id) => wantedBy(id)?.md5,
    async read(id) {
      const wanted = wantedBy(id);
      if (wanted === undefined) return undefined;
      // A disk that fails is told of by who writes to it; the agent asks again.
      const bytes = await blobs.get(wanted.sha256).catch(() => undefined);
      return bytes === undefined ? undefined : { md5: wanted.md5, bytes };
    },
  };
}
