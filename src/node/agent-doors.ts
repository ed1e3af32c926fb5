/**
 * The ports of a node that agents come to: 1514 for what they say, 1515 for enrolment. What ossec.conf names must be to
 * be had, or the node does not start. What it does not name is opened on the node's own address all the same; where
 * that cannot be, an ERROR line says so, and the node does all else.
 */
import { pause, type Clock } from "../base/clock.ts";
import { ArgusError, describeError } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import type { Service } from "../base/service.ts";
import type { EventSink } from "../collect/needs.ts";
import { AgentListener } from "../intake/agent-listener.ts";
import { IntakeListenError } from "../intake/errors.ts";
import type { AgentReports, AgentTable, SharedFile } from "../intake/needs.ts";
import { AuthListener } from "../registry/auth-listener.ts";
import type { Enrolment } from "../registry/needs.ts";
import type { AgentSettings } from "./agent-settings.ts";
import type { NodeParts } from "./parts.ts";

export interface ListenerNeeds {
  readonly table: AgentTable;
  readonly reports: AgentReports;
  readonly shared: SharedFile;
  readonly sink: EventSink;
}

type DoorParts = Pick<NodeParts, "clock" | "random" | "disk" | "home"> & {
  readonly logs: Pick<NodeParts["logs"], "main">;
  readonly settings: { readonly agents: AgentSettings };
};

/** Ids of one block of the link (docs/protocol/link.md 6.2). */
export const HEARD_MAX = 20_000;

/** Undefined: none is wanted, or one that nobody has written cannot be had. Rejects with `IntakeListenError`. */
export async function openAgentListener(parts: DoorParts, needs: ListenerNeeds): Promise<AgentListener | undefined> {
  const { remotes, policy, isListenerWritten } = parts.settings.agents;
  const { clock, random, disk, logs } = parts;
  const log = logs.main.tagged("Agents");
  if (remotes.length === 0) return undefined;
  try {
    const listener = await AgentListener.open({ ...needs, remotes, policy, clock, random, disk, log });
    for (const { protocol, address, port } of listener.addresses()) {
      log.info(`agents over ${protocol} on ${address}:${port}`);
    }
    return listener;
  } catch (error) {
    if (isListenerWritten || !(error instanceof IntakeListenError)) throw error;
    log.error(`${describeError(error)}; no <remote> is written, so the node goes on without agents`);
    return undefined;
  }
}

/** The enrolment port, where this node is to have one. */
export function enrolmentPort(parts: DoorParts, enrolment: Enrolment): AuthListener | undefined {
  const { auth, authHost } = parts.settings.agents;
  if (auth === undefined) return undefined;
  const { clock, random, disk, logs, home } = parts;
  const log = logs.main.tagged("Enrolment");
  const files = { home: home.folder, disk, clock, random, log };
  return new AuthListener({ auth, host: authHost, files, enrolment, clock, log });
}

const retryMs = 60_000;

/** A service that nobody has asked for: when it fails for a reason of the world, the node goes on without it. */
export function unasked(service: Service, clock: Clock, log: Log): Service {
  let isTold = false;
  return {
    name: service.name,
    async run(signal) {
      while (!signal.aborted) {
        try {
          return await service.run(signal);
        } catch (error) {
          if (!(error instanceof ArgusError)) throw error;
          const text = `${describeError(error)}; ossec.conf does not ask for it, so the node goes on without it`;
          if (!isTold) log.error(text);
          isTold = true;
        }
        await pause(clock, retryMs, signal);
      }
    },
  };
}
