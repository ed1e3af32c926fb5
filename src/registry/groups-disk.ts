/**
 * HOME/etc/shared on the master: each folder is a group of agents, and its files are theirs as one merged.mg, rebuilt
 * when the content of a file has changed. It is built nowhere else, so it is the same on every node: the others fetch
 * it.
 *
 *   etc/shared/<group>/agent.conf …          what operators write
 *   etc/shared/<group>/merged.mg             what agents of that group alone have
 *   var/multigroups/<hash>/merged.mg         what agents of several groups have
 *
 * Files at the root of etc/shared are nobody's. A group that holds too much keeps what its agents had, and says so.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { pause, type Clock } from "../base/clock.ts";
import type { Disk } from "../base/disk.ts";
import { describeError } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import type { Service } from "../base/service.ts";
import { Turns } from "../base/turns.ts";
import { isGroupName, type MergedRecord } from "../model/agent.ts";
import { joinGroups, mergedFile, multigroupHash, type GroupFiles } from "../wire/shared-file.ts";
import { BLOB_BYTES_MAX, type BlobDisk } from "./blob-disk.ts";
import { GroupFolderFailed } from "./errors.ts";
import { groupLimits, readGroup, type GroupContent, type GroupLimits } from "./group-files-disk.ts";
import type { Agents, GroupFolders } from "./needs.ts";

export interface GroupsOptions {
  /** The home of the node. */
  readonly home: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  readonly blobs: BlobDisk;
  /** The text of ar.conf. */
  readonly responses: Buffer;
  readonly limits?: GroupLimits;
}

/** Who is told what agents are to have: the registry. */
export interface MergedSink {
  readonly agents: Agents;
  setMerged(groups: string, file: Pick<MergedRecord, "md5" | "sha256" | "bytes"> | undefined): void;
}

const everyMs = 10_000;
const groupsMax = 1_024;
/** Each list of groups in use is a file of its own. */
const listsMax = 1_024;
const defaultGroup = "default";
const emptyConfig = "<agent_config>\n\n  <!-- Configuration of the agents of this group -->\n\n</agent_config>\n";

export class GroupsDisk implements GroupFolders, Service {
  readonly name = "groups";
  readonly #options: GroupsOptions;
  readonly #shared: string;
  readonly #turns = new Turns();
  #sink: MergedSink | undefined;
  #groups = new Set<string>();
  /** What was last read of each group; of one that cannot be read, what was read before. */
  readonly #contents = new Map<string, GroupContent>();
  /** Sentences that were logged, so that each is said once as long as it is true. */
  #said = new Set<string>();

  constructor(options: GroupsOptions) {
    this.#options = options;
    this.#shared = join(options.home, "etc", "shared");
  }

  /** From now on `sink` is told; before that nothing is built. */
  attach(sink: MergedSink): void {
    this.#sink = sink;
  }

  has(group: string): boolean {
    return this.#groups.has(group);
  }

  async refresh(): Promise<void> {
    const { log } = this.#options;
    try {
      await mkdir(join(this.#shared, defaultGroup), { recursive: true, mode: 0o750 });
      const entries = await readdir(this.#shared, { withFileTypes: true });
      const names = entries.filter((one) => one.isDirectory() && isGroupName(one.name)).map(({ name }) => name);
      this.#groups = new Set([defaultGroup, ...names.sort().slice(0, groupsMax)]);
      if (names.length > groupsMax)
        this.#say(`${this.#shared} has more than ${groupsMax} groups; others are passed over`);
    } catch (error) {
      log.warning(`The groups of ${this.#shared} cannot be listed: ${describeError(error)}.`);
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.build();
      await pause(this.#options.clock, everyMs, signal);
    }
  }

  async create(group: string): Promise<void> {
    const folder = join(this.#shared, group);
    if (!isGroupName(group)) throw new GroupFolderFailed(folder, "cannot be made: this is no name for a group");
    if (this.#groups.size >= groupsMax) throw new GroupFolderFailed(folder, `would be one more than ${groupsMax}`);
    try {
      await mkdir(folder, { mode: 0o750 });
      await this.#options.disk.replace(join(folder, "agent.conf"), Buffer.from(emptyConfig), 0o640);
    } catch (cause) {
      throw new GroupFolderFailed(folder, "cannot be made", cause);
    }
    await this.build();
  }

  async remove(group: string): Promise<void> {
    const { home, disk, clock } = this.#options;
    const folder = join(this.#shared, group);
    if (group === defaultGroup) throw new GroupFolderFailed(folder, "is for agents without a group, and stays");
    if (!isGroupName(group) || !this.has(group)) throw new GroupFolderFailed(folder, "is no group");
    try {
      const backup = join(home, "backup", "shared");
      await disk.makeFolder(backup, 0o750);
      await disk.rename(folder, join(backup, `${group}.${clock.wallMs()}`));
    } catch (cause) {
      throw new GroupFolderFailed(folder, "cannot be moved to backup/shared", cause);
    }
    await this.build();
  }

  /** The files that agents of a group have, as of the last look. */
  filesOf(group: string): readonly { name: string; bytes: number }[] {
    const { files = [] } = this.#contents.get(group) ?? {};
    return files.map(({ name, bytes }) => ({ name, bytes: bytes.length }));
  }

  /** Looks at all files and builds what has changed. Never rejects. */
  build(): Promise<void> {
    return this.#turns.take(() => this.#build());
  }

  async #build(): Promise<void> {
    const said = this.#said;
    this.#said = new Set();
    await this.refresh();
    for (const group of this.#groups) await this.#read(group);
    for (const group of this.#contents.keys()) if (!this.#groups.has(group)) this.#contents.delete(group);
    if (this.#sink !== undefined) await this.#buildAll(this.#sink);
    for (const text of this.#said) if (!said.has(text)) this.#options.log.warning(`${text}.`);
  }

  #say(text: string): void {
    this.#said.add(text);
  }

  async #read(group: string): Promise<void> {
    try {
      const content = await readGroup(join(this.#shared, group), this.#options.limits ?? groupLimits);
      if (content === undefined) return;
      this.#contents.set(group, content);
      for (const text of content.complaints.slice(0, 10)) this.#say(text);
    } catch (error) {
      this.#say(`${describeError(error)}; its agents keep what they have`);
    }
  }

  async #buildAll(sink: MergedSink): Promise<void> {
    const lists = this.#listsInUse(sink.agents);
    const wanted = new Set([...this.#groups, ...lists]);
    for (const list of wanted) await this.#buildList(sink, list);
    for (const { groups } of sink.agents.allMerged()) if (!wanted.has(groups)) sink.setMerged(groups, undefined);
    const keep = new Set(sink.agents.allMerged().map(({ sha256 }) => sha256));
    await this.#options.blobs.keepOnly(keep).catch((error: unknown) => this.#say(describeError(error)));
  }

  /** The lists of several groups that agents have. */
  #listsInUse(agents: Agents): Set<string> {
    const lists = new Set<string>();
    for (const { groups } of agents.list()) {
      const [only = defaultGroup] = groups;
      if (groups.length === 1 && !this.has(only)) this.#say(`There is no group ${only}, and agents are in it`);
      if (groups.length < 2) continue;
      if (lists.size < listsMax) lists.add(groups.join(","));
      else this.#say(`Agents have more than ${listsMax} different lists of groups; those beyond get no files`);
    }
    return lists;
  }

  async #buildList(sink: MergedSink, list: string): Promise<void> {
    const groups = list.split(",");
    const parts: GroupFiles[] = [];
    for (const group of groups) {
      const content = this.#contents.get(group);
      if (content !== undefined) parts.push({ group, files: content.files });
      else if (this.has(group)) return; // It cannot be read, and that was said: its agents keep what they have.
      else this.#say(`There is no group ${group}, and agents are in it`);
    }
    const total = parts.flatMap(({ files }) => files).reduce((sum, { bytes }) => sum + bytes.length, 0);
    if (total > BLOB_BYTES_MAX / 2) {
      return this.#say(`${list} have ${total} bytes together, and that is too much; their agents keep what they have`);
    }
    const isOne = groups.length === 1;
    const title = isOne ? list : multigroupHash(groups);
    const files = isOne ? (parts[0]?.files ?? []) : joinGroups(parts);
    const bytes = mergedFile(title, this.#options.responses, files);
    try {
      const sha256 = await this.#options.blobs.put(bytes);
      await this.#publish(isOne ? join(this.#shared, list) : this.#multigroup(title), bytes);
      sink.setMerged(list, { md5: createHash("md5").update(bytes).digest("hex"), sha256, bytes: bytes.length });
    } catch (error) {
      this.#say(`merged.mg of ${list} cannot be written (${describeError(error)}); its agents keep what they have`);
    }
  }

  #multigroup(hash: string): string {
    return join(this.#options.home, "var", "multigroups", hash);
  }

  /** For operators and their tools; agents are given the one under its sum. */
  async #publish(folder: string, bytes: Buffer): Promise<void> {
    const { disk } = this.#options;
    const path = join(folder, "merged.mg");
    const found = await disk.stat(path);
    if (found?.bytes === bytes.length && (await disk.readWhole(path, bytes.length))?.equals(bytes) === true) return;
    await disk.makeFolder(folder, 0o750);
    await disk.replace(path, bytes, 0o640);
  }
}
