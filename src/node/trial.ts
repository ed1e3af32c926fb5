/** What only system tests set, by the environment of the process; `productionTrial` otherwise. */
export interface TrialSettings {
  /** `POINT:n`: where the process is to be killed; empty nowhere. */
  crash: string;
  /** How often the analysis leaves a checkpoint. */
  checkpointEveryMs: number;
  /** Length of a segment of spool and journal; undefined: as their shares say. */
  segmentBytesMax: number | undefined;
}

export const productionTrial: TrialSettings = {
  crash: "",
  checkpointEveryMs: 10_000, // A restart then analyses five seconds of events again, on average.
  segmentBytesMax: undefined,
};

/** Limits of a queue, with the shorter segments that a test may want. */
export function withTrial<L extends { segmentBytesMax: number }>(limits: L, { segmentBytesMax }: TrialSettings): L {
  return segmentBytesMax === undefined ? limits : { ...limits, segmentBytesMax };
}
