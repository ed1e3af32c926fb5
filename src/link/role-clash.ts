/**
 * Two masters, or two workers, have connected by mistake. The dialled one plays the missing role for as long as it
 * takes to say so: a worker refuses every hello as a server, a master says hello as a client and is refused.
 */
import type { Clock } from "../base/clock.ts";
import { pause } from "../base/clock.ts";
import type { CrashPoint } from "../base/crash-point.ts";
import { newAllowance } from "./bucket.ts";
import type { LinkLimits } from "./limits.ts";
import { MasterEnd } from "./master-end.ts";
import type { LinkCounters } from "./metrics.ts";
import type { NodeIdentity } from "./needs.ts";
import type { Transport } from "./transport.ts";
import { PROTOCOL_VERSIONS } from "./wire.ts";
import { WorkerEnd } from "./worker-end.ts";

interface Needs {
  clock: Clock;
  crash: CrashPoint;
  limits: LinkLimits;
  cluster: string;
  name: string;
  version: string;
  identity: NodeIdentity;
  counters: LinkCounters;
}

const nothing = (): void => undefined;

/** A worker's: refuses whatever hello comes with `not_master`. */
export function refuseAsServer(transport: Transport, needs: Needs): void {
  const end = new MasterEnd(
    0,
    transport,
    {
      ...needs,
      ...{ versions: PROTOCOL_VERSIONS, term: 0 },
      pins: { of: () => undefined, pin: () => Promise.resolve() },
      admission: { refusalOf: () => ({ code: "not_master", message: `${needs.name} is a worker` }) },
      store: { stored: () => [], store: () => Promise.resolve({ code: "not_master", last: 0 }) },
      snapshot: () => null,
    },
    {
      ...{ onLive: nothing, onRefused: nothing, onHeard: nothing, onStatus: nothing, onEvents: nothing },
      ...{ allowanceOf: () => newAllowance(needs.limits), onUnfit: nothing, onClosed: nothing, onFatal: nothing },
    },
  );
  end.start();
  void pause(needs.clock, needs.limits.joiningMsMax).then(() => end.feed({ type: "end", reason: "joining_too_long" }));
}

/** A master's: says hello as a master, so that the other one refuses it and logs that it did. */
export function refuseAsClient(transport: Transport, needs: Needs): void {
  const end = new WorkerEnd(
    transport,
    {
      ...needs,
      ...{ role: "master", host: "", isHidden: false, versions: PROTOCOL_VERSIONS },
      masterPin: { current: () => undefined, pin: () => Promise.resolve() },
      source: {
        ...{ held: () => [], read: () => Promise.resolve([]), onDurable: () => nothing },
        ...{ acknowledge: () => Promise.resolve(), nowMs: () => 0 },
      },
      status: () => ({
        spool: { events: 0, bytes: 0, bytesMax: 0, oldestMs: 0, isFull: false },
        ...{ eventsPerSecond: 0, counters: {}, lines: [] },
      }),
    },
    {
      ...{ onLive: nothing, onSnapshot: nothing, onRefused: nothing, onClosed: nothing, onFatal: nothing },
      inTurn: (read) => void read(),
    },
  );
  end.start();
  void pause(needs.clock, needs.limits.joiningMsMax).then(() => end.feed({ type: "end", reason: "joining_too_long" }));
}
