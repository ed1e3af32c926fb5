/** The histogram as a table, for those whom a picture tells nothing. Newest first, without the bins that are empty. */
import type { JSX } from "preact";
import { binEdgeOf, count } from "./format.ts";
import type { Histogram } from "./histogram.ts";
import { usePage } from "./page-context.tsx";
import { Empty } from "./panel.tsx";
import { bands } from "./severity.ts";

export function LevelTable({ histogram }: { histogram: Histogram }): JSX.Element {
  const { todayMs } = usePage();
  const { bins, binMs } = histogram;
  const filled = bins.filter(({ total }) => total > 0).toReversed();
  if (filled.length === 0) return <Empty title={histogram.sentence} />;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Alerts by level as a table">
      <table class="t">
        <thead>
          <tr>
            <th scope="col">From</th>
            {bands.map(({ band, levels }) => (
              <th key={band} scope="col" class="num">
                {levels}
              </th>
            ))}
            <th scope="col" class="num">
              All
            </th>
          </tr>
        </thead>
        <tbody>
          {filled.map((bin) => (
            <tr key={bin.atMs}>
              <td>{binEdgeOf(bin.atMs, binMs, todayMs.value)}</td>
              {bands.map(({ band }) => (
                <td key={band} class="num">
                  {count(bin.counts[band])}
                </td>
              ))}
              <td class="num">{count(bin.total)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
