import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { SimClock } from "../../test/support/sim-clock.ts";
import { SimDisk } from "../../test/support/sim-disk.ts";
import type { Disk } from "../base/disk.ts";
import { LocalTime } from "../base/local-time.ts";
import type { LogLine } from "../base/log.ts";
import { clusterLine } from "../logfile/line.ts";
import { HeldLogLines, openClusterLines, TAIL_BYTES_MAX } from "./cluster-log-feed.ts";

const time = new LocalTime("Europe/Berlin");
const line = (message: string, change: Partial<LogLine> = {}): LogLine => ({
  ...{ level: "INFO", tag: "Master", subtag: "State", message },
  ...change,
});

/** The feed of a master that has been given `count` lines. */
function filled(count: number, linesMax = 4): HeldLogLines {
  const lines = new HeldLogLines({ startedMs: 7, node: "m", linesMax });
  for (let index = 1; index <= count; index += 1) lines.take(index, line(`l${index}`));
  return lines;
}

/** What came after an id, in words. */
function after(lines: HeldLogLines, id: string): string {
  const { lines: found, isWhole } = lines.after(id);
  return `${found.map(({ message }) => message).join(" ")} ${isWhole ? "whole" : "in part"}`.trim();
}

test("gives the newest lines, oldest first, and holds no more than its number", () => {
  deepEqual(
    [9, 2, 0].map((count) =>
      filled(6)
        .last(count)
        .map(({ message }) => message),
    ),
    [["l3", "l4", "l5", "l6"], ["l5", "l6"], []],
  );
});

test("a line has an id of its own, its time, and what it says", () =>
  deepEqual(filled(1).last(1), [
    { id: "7.1", atMs: 1, level: "INFO", node: "m", tag: "Master", subtag: "State", message: "l1" },
  ]));

test("a line is about the worker that its tag names, and otherwise about this node", () => {
  const lines = new HeldLogLines({ startedMs: 7, node: "own" });
  for (const tag of ["Worker w-1.x", "Worker", "Master", "Worker Worker w"]) lines.take(0, line("", { tag }));
  deepEqual(
    lines.last(9).map(({ node }) => node),
    ["w-1.x", "own", "own", "Worker w"],
  );
});

test("gives what came after a line, and says when some may be missing", () => {
  const lines = filled(6);
  deepEqual(
    ["7.6", "7.4", "7.2", "7.1"].map((id) => after(lines, id)),
    ["whole", "l5 l6 whole", "l3 l4 l5 l6 whole", "l3 l4 l5 l6 in part"],
  );
});

test("whoever comes with an id of another run, or with none of ours, is given all", () => {
  for (const id of ["8.4", "7.7", "7.0", "7.", "", "7.4.1", "x", "7.-1", "7.99999999999999999999"])
    equal(after(filled(6), id), "l3 l4 l5 l6 in part", id);
});

test("tells each listener of new lines until it has enough", () => {
  const lines = filled(1);
  const heard: string[] = [];
  const listen = () => lines.subscribe(({ id }) => void heard.push(id));
  const [first] = [listen(), listen()];
  lines.take(2, line("a"));
  first();
  first();
  lines.take(3, line("b"));
  deepEqual(heard, ["7.2", "7.2", "7.3"]);
});

test("quotes strangers as the file does: on one line, of bounded length", () => {
  const lines = new HeldLogLines({ startedMs: 7, node: "m" });
  lines.take(0, line(`a\nb\u001b[2J${"x".repeat(10_000)}`, { tag: "Worker \u0007" }));
  const [held] = lines.last(1);
  equal(held?.message.startsWith("a\\x0ab\\x1b[2Jxxx"), true);
  equal((held?.message.length ?? 0) < 8_300, true);
  deepEqual([held?.tag, held?.node], ["Worker \\x07", "\\x07"]);
});

/** A home whose cluster.log holds `text`. */
async function diskWith(text: string): Promise<Disk> {
  const disk = new SimDisk(() => 0).process();
  await disk.makeFolder("/logs", 0o750);
  await disk.replace("/logs/cluster.log", Buffer.from(text), 0o640);
  return disk;
}

function open(disk: Disk): Promise<HeldLogLines> {
  return openClusterLines({ disk, clock: new SimClock(9), time, folder: "/logs", node: "m" });
}

const atMs = Date.UTC(2026, 10, 25, 0, 2, 3);

test("begins with the lines at the end of the file, as they were written, under new ids", async () => {
  const old = line("is up", { level: "ERROR", tag: "Worker w1", subtag: "Link" });
  const lines = await open(await diskWith(`${clusterLine(time, atMs, old)}\n${clusterLine(time, atMs, line("b"))}\n`));
  lines.take(atMs + 5_000, line("c"));
  deepEqual(
    lines.last(9).map((one) => `${one.id} ${one.atMs - atMs} ${one.level} ${one.node} ${one.subtag} ${one.message}`),
    ["9.1 0 ERROR w1 Link is up", "9.2 0 INFO m State b", "9.3 5000 INFO m State c"],
  );
});

test("passes over lines of another form, and one that was torn", async () => {
  const good = clusterLine(time, atMs, line("good"));
  const lines = await open(await diskWith(`by hand\n\n${good}\n2026/11/25 99\n${good}\n${good}`));
  equal(lines.last(9).length, 2);
});

test("reads only the end of a long file, and begins there with a whole line", async () => {
  const text = (message: string): string => `${clusterLine(time, atMs, line(message))}\n`;
  const first = text("first");
  const rest = text("x".repeat(1_000));
  const count = Math.ceil(TAIL_BYTES_MAX / rest.length);
  const lines = await open(await diskWith(first + rest.repeat(count) + text("last")));
  const held = lines.last(500);
  equal(held.length, Math.floor((TAIL_BYTES_MAX - text("last").length) / rest.length) + 1);
  deepEqual([held.some(({ message }) => message === "first"), held.at(-1)?.message], [false, "last"]);
});

test("takes no line for one that is only quoted where the end of a long file begins", async () => {
  const quoted = clusterLine(time, atMs, line("quoted"));
  const rest = `${clusterLine(time, atMs, line("x".repeat(1_000)))}\n`
    .repeat(300)
    .slice(-(TAIL_BYTES_MAX - quoted.length - 1));
  const lines = await open(await diskWith(`${clusterLine(time, atMs, line("it said "))}${quoted}\n${rest}`));
  equal(
    lines.last(500).some(({ message }) => message === "quoted"),
    false,
  );
});

test("begins empty where there is no file, or none that can be read", async () => {
  const disk = new SimDisk(() => 0);
  equal((await open(disk.process())).last(9).length, 0);
  const readable = await diskWith(`${clusterLine(time, atMs, line("a"))}\n`);
  const failing: Disk = { ...readable, open: () => Promise.reject(new Error("EACCES")) };
  equal((await open(failing)).last(9).length, 0);
});
