/** Says once when a spool fills beyond a step, and again only after it has emptied below the step before. */

const steps: readonly number[] = [50, 80, 95];
/** A spool that hovers at a step must not raise an event each time. */
const hysteresisPercent = 10;

export class SpoolGauge {
  readonly #reached = new Map<string, number>();

  /** The step that `node` has newly reached, in percent; undefined when there is nothing new to say. */
  take(node: string, bytes: number, bytesMax: number): number | undefined {
    const percent = bytesMax > 0 ? (bytes / bytesMax) * 100 : 0;
    const before = this.#reached.get(node) ?? 0;
    const now = steps.findLast((step) => percent >= step) ?? 0;
    if (now > before) {
      this.#reached.set(node, now);
      return now;
    }
    if (percent < before - hysteresisPercent) this.#reached.set(node, now);
    return undefined;
  }
}
