/** The home of a node: where each file lives. The names are OSSEC's wherever OSSEC has one. */
import { join } from "node:path";

/** Folders that hold secrets or evidence are closed to others; the node's user may share them with its group. */
export const FOLDER_MODE = 0o750;

export interface Home {
  readonly folder: string;
  readonly etc: string;
  readonly ossecConf: string;
  readonly nodeConf: string;
  readonly clusterConf: string;
  readonly nodeKey: string;
  readonly nodesKeys: string;
  /** Who the agents are: the authority on the master, a copy on other nodes. */
  readonly clientKeys: string;
  readonly registryDatabase: string;
  /** Each merged.mg under its sum. */
  readonly mergedFiles: string;
  readonly spool: string;
  readonly journal: string;
  readonly rulesets: string;
  readonly checkpoints: string;
  /** Events that are not analysed because the analysis fails at them. */
  readonly poison: string;
  readonly state: string;
  readonly stateDatabase: string;
  readonly sockets: string;
  readonly logs: string;
  readonly lockFile: string;
}

export function homeAt(folder: string): Home {
  const at = (...parts: string[]): string => join(folder, ...parts);
  return {
    folder,
    etc: at("etc"),
    ossecConf: at("etc", "ossec.conf"),
    nodeConf: at("etc", "ossec.node.conf"),
    clusterConf: at("etc", "shared", "cluster.conf"),
    nodeKey: at("etc", "node.key"),
    nodesKeys: at("etc", "nodes.keys"),
    clientKeys: at("etc", "client.keys"),
    registryDatabase: at("queue", "registry", "agents.db"),
    mergedFiles: at("queue", "registry", "merged"),
    spool: at("queue", "spool"),
    journal: at("queue", "journal"),
    rulesets: at("queue", "rulesets"),
    checkpoints: at("queue", "checkpoints"),
    poison: at("queue", "poison"),
    state: at("queue", "state"),
    stateDatabase: at("queue", "state", "state.db"),
    sockets: at("queue", "sockets"),
    logs: at("logs"),
    lockFile: at("queue", "argus.lock"),
  };
}

/** Where a node's folders are made at its start; a path that exists keeps its mode. */
export function foldersOf(home: Home): string[] {
  return [
    home.folder,
    home.etc,
    join(home.etc, "shared"),
    join(home.folder, "queue"),
    home.sockets,
    home.state,
    join(home.folder, "queue", "registry"),
    home.logs,
    join(home.logs, "alerts"),
  ];
}
