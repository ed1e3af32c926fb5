import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { SimClock } from "../../test/support/sim-clock.ts";
import { SimDisk } from "../../test/support/sim-disk.ts";
import { logTo } from "../base/log.ts";
import type { FigureSample } from "../api/contract/reply.ts";
import { FigureFile, FigureHistory, samplesMax } from "./figure-history.ts";
import { LevelBoard } from "./level-board.ts";
import { MasterFigures } from "./master-figures.ts";

const baseMs = Date.UTC(2026, 10, 25, 12);

function sampleAt(seconds: number, accepted = seconds): FigureSample {
  return { atMs: baseMs + seconds * 1_000, accepted, analysed: 0, behind: 0, behindMs: 0, lost: 0 };
}

/** When the samples were taken, in seconds. */
function times(history: FigureHistory, nowSeconds: number): number[] {
  return history.reply(baseMs + nowSeconds * 1_000).samples.map(({ atMs }) => (atMs - baseMs) / 1_000);
}

function historyOf(...seconds: number[]): FigureHistory {
  const history = new FigureHistory();
  for (const second of seconds) history.add(sampleAt(second));
  return history;
}

test("holds the samples of an hour, at most 360 of them, oldest first", () => {
  const history = new FigureHistory();
  for (let second = 0; second <= 7_200; second += 10) history.add(sampleAt(second));
  const held = times(history, 7_200);
  deepEqual([held.length, held[0], held.at(-1)], [samplesMax, 3_610, 7_200]);
  deepEqual(times(history, 10_790), [7_200], "what was not sampled since is a gap");
});

test("a clock that was set back shows no samples of the future, and they give way to what is taken there again", () => {
  const history = historyOf(0, 10, 20, 30);
  deepEqual(times(history, 15), [0, 10]);
  history.add(sampleAt(15));
  deepEqual(times(history, 19), [0, 10, 15]);
  deepEqual(times(history, 24), [0, 10, 15], "the one of 20 is of the clock before");
  history.add(sampleAt(25));
  deepEqual(times(history, 100), [0, 10, 15, 25]);
  history.add(sampleAt(35));
  deepEqual(times(history, 100), [0, 10, 15, 25, 35]);
});

/** A full hour; then for five minutes a clock that is wrong by so many seconds; then the right one again. */
function setAndSetBack(bySeconds: number): FigureHistory {
  const history = new FigureHistory();
  for (let second = 0; second < 3_600; second += 10) history.add(sampleAt(second));
  for (let second = 3_600; second < 3_900; second += 10) history.add(sampleAt(second + bySeconds));
  history.add(sampleAt(3_900));
  return history;
}

test("a clock that is wrong for a while costs that while, and not the hour", () => {
  for (const bySeconds of [7_200, -7_200, 86_400 * 365, -86_400 * 365]) {
    const seconds = times(setAndSetBack(bySeconds), 3_900);
    deepEqual([seconds[0], seconds.at(-2), seconds.at(-1)], [310, 3_590, 3_900], `${bySeconds}`);
    equal(seconds.length, 330);
  }
  const again = new FigureHistory();
  equal(again.take(setAndSetBack(7_200).toText()), true);
  equal(times(again, 3_901).length, 330, "over a restart as well");
  equal(again.newestMs, baseMs + 3_900_000);
});

test("holds a bounded number of samples however often the clock is set, those of the last hour among them", () => {
  const history = new FigureHistory();
  for (let minute = 0; minute < 600; minute += 1) {
    const isRight = minute % 3 !== 1;
    const wrongSeconds = isRight ? 0 : 86_400 * minute;
    for (let second = 0; second < 60; second += 10) history.add(sampleAt(minute * 60 + second + wrongSeconds));
  }
  equal(times(history, 35_990).length, 240);
  equal((JSON.parse(history.toText()) as { samples: unknown[] }).samples.length, 2 * samplesMax);
  equal(new FigureHistory().take(history.toText()), true);
});

test("takes back what it was written as, and shows what is of the last hour", () => {
  const text = historyOf(0, 10, 3_000).toText();
  const again = new FigureHistory();
  equal(again.take(text), true);
  deepEqual(times(again, 3_605), [10, 3_000]);
  equal(again.take(text), true);
  deepEqual(times(again, 5), [0], "the clock is an hour behind");
  again.add(sampleAt(15));
  deepEqual(times(again, 3_014), [0, 10, 15]);
});

test("takes nothing of a text that is damaged or strange", () => {
  const good = historyOf(0, 10);
  const text = good.toText();
  const strange = [
    "",
    text.slice(0, -9),
    "[]",
    "null",
    text.replace("10000", "1"),
    text.replace('"lost":0', '"lost":-1'),
    text.replace('"lost":0', '"lost":"0"'),
    text.replace('"lost":0', '"lost":0,"more":1'),
    text.replace(/"atMs":\d+/, `"atMs":${baseMs + 10_000}`),
  ];
  for (const one of strange) {
    equal(good.take(one), false, one);
    deepEqual(times(good, 20), [0, 10]);
  }
});

/** A home's disk, and what is logged about it. */
function world() {
  const disk = new SimDisk(() => 0);
  const lines: string[] = [];
  const log = logTo((line) => void lines.push(`${line.level} ${line.message}`));
  const file = (): FigureFile => new FigureFile(disk.process(), "/state/figures.json", log);
  return { disk, lines, file };
}

test("a file survives the process, and an absent one is no trouble", async () => {
  const { lines, file } = world();
  deepEqual(times(await file().read(), 0), []);
  await file().write(historyOf(0, 10));
  deepEqual(times(await file().read(), 60), [0, 10]);
  deepEqual(lines, []);
});

test("a file that is damaged, or far too long, is ignored with one line and replaced by the next", async () => {
  for (const damage of [Buffer.from("{"), Buffer.alloc(300_000, 32)]) {
    const { disk, lines, file } = world();
    await file().write(historyOf(0, 10));
    disk.corrupt("/state/figures.json", () => damage);
    const history = await file().read();
    deepEqual(times(history, 60), []);
    equal(lines.length, 1);
    match(lines[0] ?? "", /^WARNING \/state\/figures\.json /);
    history.add(sampleAt(60));
    await file().write(history);
    deepEqual(times(await file().read(), 70), [60]);
  }
});

test("a disk that does not take it is told once, and the file of before stays whole", async () => {
  const { disk, lines, file } = world();
  const failing = file();
  await failing.write(historyOf(0));
  disk.failWith = (call) => (call === "rename" ? "ENOSPC" : undefined);
  for (let minute = 0; minute < 3; minute += 1) await failing.write(historyOf(0, 10));
  disk.failWith = () => undefined;
  equal(lines.length, 1);
  deepEqual(times(await file().read(), 60), [0]);
});

/** Figures whose counters follow the clock: one event a second. */
function running() {
  const clock = new SimClock();
  const { disk, file } = world();
  const history = new FigureHistory();
  const board = new LevelBoard();
  const state = { isKnown: true };
  const status = () => {
    const counts = { isCounted: true, accepted: 9, analysed: 8, behind: 1, behindMs: 2, lost: 3, lostInDay: 3 };
    const events = { ...counts, perSecond: 4, analysedPerSecond: 5 };
    return state.isKnown ? { events } : undefined;
  };
  const figures = new MasterFigures({ clock, history, file: file(), board, status });
  return { clock, disk, file, figures, state };
}

test("takes a sample in each ten seconds of the clock, however late the looks come", () => {
  const { clock, figures } = running();
  for (let look = 0; look < 100; look += 1) {
    figures.look();
    clock.advance(1_013);
  }
  const samples = figures.figures().samples;
  equal(samples.length, 11);
  deepEqual({ ...samples[0], atMs: 0 }, { atMs: 0, accepted: 9, analysed: 8, behind: 1, behindMs: 2, lost: 3 });
});

test("takes none before the analysis has said where it stands", () => {
  const { clock, figures, state } = running();
  state.isKnown = false;
  figures.look();
  clock.advance(1_000);
  equal(figures.figures().samples.length, 0);
  state.isKnown = true;
  figures.look();
  equal(figures.figures().samples.length, 1);
});

test("writes once a minute and at its end", async () => {
  const { clock, disk, file, figures } = running();
  const stop = new AbortController();
  const run = figures.run(stop.signal);
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const seen: number[] = [];
  for (let second = 0; second < 125; second += 1) {
    clock.advance(1_000);
    await settle();
    seen.push(disk.paths().length === 0 ? 0 : (await file().read()).reply(clock.wallMs()).samples.length);
  }
  deepEqual([...new Set(seen)], [0, 7, 13]);
  stop.abort();
  await run;
  equal((await file().read()).reply(clock.wallMs()).samples.length, figures.figures().samples.length);
});
