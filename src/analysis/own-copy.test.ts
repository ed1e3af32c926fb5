import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { eventOf, rulesetOf } from "../../test/support/ruleset.ts";
import { Engine } from "./engine.ts";
import { ownCopy } from "./own-copy.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const longBytes = 65_000;
const logCount = 300;

/** Answers long logs that differ in their beginning, then what `after` gives; returns how many bytes of memory stay. */
function keptBy(rules: string, begin: (index: number) => string, after: [string, number][] = []): number {
  const engine = new Engine(rulesetOf(rules));
  const used = (): number => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const before = used();
  for (let index = 0; index < logCount; index += 1) {
    const log = Buffer.alloc(longBytes, "x");
    log.write(`${begin(index)} `, "latin1");
    engine.answer(eventOf(log.toString("latin1"), index / 1_000));
  }
  for (const [log, atSeconds] of after) engine.answer(eventOf(log, atSeconds));
  const kept = used() - before;
  equal(engine.metrics.events, logCount + after.length); // The engine is alive until here.
  return kept;
}

/** Were one log in ten kept, it would be more. */
const littleBytes = (logCount * longBytes) / 10;

test("a first-seen key does not keep the log that it was cut from", () => {
  const rules = '<rule id="100" level="5"><if_fts/><description>new</description></rule>';
  const kept = keptBy(rules, (index) => `seen: a-user-of-some-length-${index} 192.0.2.1`);
  ok(kept < littleBytes, `${kept} bytes are kept`);
});

test("what has left a window keeps no log, though its key is still in use", () => {
  const rules = `<rule id="100" level="5"><match>failed</match><description>failed</description></rule>
    <rule id="200" level="10" frequency="9000" timeframe="60"><if_matched_sid>100</if_matched_sid><same_source_ip/>
      <description>many</description></rule>`;
  const begin = (index: number): string => `app: failed srcip=198.51.100.${index}`;
  // Each source is heard again shortly before its long log leaves the window, so that its key stays without the log.
  const again = Array.from({ length: logCount }, (_, index): [string, number] => [`${begin(index)} again`, 600]);
  const kept = keptBy(rules, begin, [...again, ["nothing", 700]]);
  ok(kept < littleBytes, `${kept} bytes are kept`);
});

test("a copy is equal, whatever characters it holds", () => {
  for (const text of ["", "a", "\u0000\u00ff", "/var/log/журнал", "cut \ud83d"]) equal(ownCopy(text), text);
});
