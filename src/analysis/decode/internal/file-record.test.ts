import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { eventOf, ruleOf, rulesetOf, seeded } from "../../../../test/support/ruleset.ts";
import type { Answer } from "../../../model/alert.ts";
import type { Flavour } from "../../../syntax/pattern.ts";
import { Baseline, bytesOf } from "../../baseline.ts";
import { Engine } from "../../engine.ts";

const names = ["syscheck_new_entry", "syscheck_integrity_changed", "syscheck_deleted"];
const ossecNames = [...names, "syscheck_integrity_changed_2nd", "syscheck_integrity_changed_3rd"];

/** Rule 200 for a new file, 201 changed, 202 deleted, 203 changed a 2nd, 204 a 3rd time. */
const rulesOf = (decoders: readonly string[]): string =>
  decoders
    .map(
      (name, index) => `<rule id="${200 + index}" level="5"><category>ossec</category>
        <decoded_as>${name}</decoded_as><description>d</description></rule>`,
    )
    .join("") + `<rule id="300" level="3"><match>/</match><description>any text</description></rule>`;

const rulesets = {
  wazuh: rulesetOf(rulesOf(names)),
  ossec: rulesetOf(rulesOf(ossecNames), { options: { flavour: "ossec" } }),
};

function engineOf(flavour: Flavour = "wazuh", baseline = new Baseline()): Engine {
  return new Engine(rulesets[flavour], undefined, baseline);
}

function tell(engine: Engine, log: string, agentId = "007"): Answer {
  return engine.answer(eventOf(log, 0, { queue: "8", agentId, location: "syscheck" }));
}

const play = (engine: Engine, logs: readonly string[]): number[] => logs.map((log) => ruleOf(tell(engine, log)));

const first = "100:33188:0:0:a1:a2 /etc/passwd";
const second = "120:33261:0:5:b1:b2 /etc/passwd";
const done = "syscheck-db-completed";

test("files are learnt in silence until the agent has told all of them; then a new one is news", () => {
  deepEqual(play(engineOf(), [first, first, done, first, "7:33188:0:0:c1:c2 /etc/new"]), [0, 0, 0, 0, 200]);
});

test("a file that is told otherwise than before has changed, also before all were told", () =>
  deepEqual(play(engineOf(), [first, second, second, first]), [0, 201, 0, 201]));

test("a file that is gone is told once, and is new when it comes back", () =>
  deepEqual(play(engineOf(), [done, first, "-1 /etc/passwd", "-1 /etc/passwd", second]), [0, 200, 202, 0, 200]));

test("each agent has files of its own, and is done by itself", () => {
  const engine = engineOf();
  tell(engine, done, "001");
  equal(ruleOf(tell(engine, first, "001")), 200);
  equal(ruleOf(tell(engine, first, "002")), 0);
  equal(ruleOf(tell(engine, second, "002")), 201);
  equal(ruleOf(tell(engine, first, "001")), 0);
});

test("an agent that was removed is learnt anew", () => {
  const engine = engineOf();
  play(engine, [done, first]);
  engine.agentRemoved("007");
  deepEqual(play(engine, [first, done, second]), [0, 0, 201]);
});

// ruleset-spec 3.3: OSSEC's names for a second and a third change.
test("OSSEC tells a second and a third change apart, and ignores a file that changes more often", () => {
  const versions = [1, 2, 3, 4, 5, 6].map((size) => `${size}:33188:0:0:a1:a2 /x`);
  deepEqual(play(engineOf("ossec"), versions), [0, 201, 203, 204, 0, 0]);
  deepEqual(play(engineOf("wazuh"), versions), [0, 201, 201, 201, 201, 201]);
});

test("what changed stands in the log in each product's words, and in the alert", () => {
  const engine = engineOf();
  tell(engine, first);
  const answer = tell(engine, `${second}\n1a2\n> bob`);
  equal(
    answer.event.log,
    "File '/etc/passwd' checksum changed.\nSize changed from '100' to '120'\n" +
      "Permissions changed from 'rw-r--r--' to 'rwxr-xr-x'\nGroup ownership was '0', now it is '5'\n" +
      "Old md5sum was: 'a1'\nNew md5sum is : 'b1'\nOld sha1sum was: 'a2'\nNew sha1sum is : 'b2'\n" +
      "What changed:\n1a2\n> bob",
  );
  deepEqual(answer.decoded.syscheck?.changedAttributes, ["size", "permission", "gid", "md5", "sha1"]);
  equal(answer.decoded.dynamicFields.find(({ name }) => name === "md5_before")?.value, "a1");
  const ossec = engineOf("ossec");
  tell(ossec, first);
  equal(tell(ossec, second).event.log.split("\n", 1)[0], "Integrity checksum changed for: '/etc/passwd'");
  equal(tell(ossec, "-1 /etc/passwd").event.log, "File '/etc/passwd' was deleted. Unable to retrieve checksum.");
});

test("the longer record of Wazuh has names, time, inode and SHA-256, and what follows a ! is not compared", () => {
  const engine = engineOf();
  const record = (mtime: number, tail: string): string =>
    `1:33188:0:0:a1:a2:root:wheel:${mtime}:77:a3:ARCHIVE${tail} C:\\a file`;
  play(engine, [done, record(5, "!u:1")]);
  equal(ruleOf(tell(engine, record(5, "!u:2"))), 0);
  const { syscheck } = tell(engine, record(6, "!u:2")).decoded;
  equal(syscheck?.path, "C:\\a file");
  deepEqual(syscheck?.changedAttributes, ["mtime"]);
  deepEqual(syscheck?.after, {
    ...{ size: "1", perm: "rw-r--r--", uid: "0", gid: "0", md5: "a1", sha1: "a2", sha256: "a3", attrs: "ARCHIVE" },
    ...{ uname: "root", gname: "wheel", mtime: 6, inode: 77 },
  });
});

for (const [mode, text] of [
  ["33188", "rw-r--r--"],
  ["35309", "rwsr-xr-x"],
  ["17407", "rwxrwxrwt"],
  ["36352", "--S--S--T"],
  ["rwx", "rwx"],
]) {
  test(`the mode ${mode} reads ${text}`, () => {
    const engine = engineOf();
    tell(engine, done);
    equal(tell(engine, `1:${mode}:0:0:a1:a2 /x`).decoded.syscheck?.after?.perm, text);
  });
}

for (const log of [
  "",
  " ",
  "x",
  "/etc/passwd",
  "1:2:3 /x",
  "1:2:3:4:5:6",
  "1:2:3:4:5:6 ",
  "-1",
  "fim-db-full /x",
  "-2 /x",
]) {
  test(`"${log}" is no record, and no rule sees it`, () => {
    const engine = engineOf();
    tell(engine, done);
    const answer = tell(engine, log);
    equal(answer.rule, undefined);
    equal(answer.event.log, log);
  });
}

test("files beyond an agent's share are not news each time that they are told", () => {
  const engine = engineOf("wazuh", new Baseline(undefined, bytesOf(done, "") + bytesOf("/etc/passwd", `0 ${first}`)));
  deepEqual(play(engine, [done, first, "7:33188:0:0:c1:c2 /etc/new", "7:33188:0:0:c1:c2 /etc/new"]), [0, 200, 0, 0]);
  deepEqual(play(engine, [second]), [201]);
});

test("answers are those of a model, whatever is told in which order (100 seeds)", () => {
  for (let seed = 1; seed <= 100; seed += 1) {
    const next = seeded(seed);
    const engine = engineOf();
    const known = new Map<string, number>();
    let isDone = false;
    for (let step = 0; step < 100; step += 1) {
      const [path, size, what] = [`/${next(5)}`, next(3), next(10)];
      const before = known.get(path);
      let expected = 0;
      let log = `${size}:33188:0:0:a1:a2 ${path}`;
      if (what === 0) {
        log = done;
        isDone = true;
      } else if (what < 3) {
        log = `-1 ${path}`;
        expected = known.delete(path) ? 202 : 0;
      } else {
        expected = before === undefined ? (isDone ? 200 : 0) : before === size ? 0 : 201;
        known.set(path, size);
      }
      equal(ruleOf(tell(engine, log)), expected, `seed ${seed}, step ${step}: ${log}`);
    }
  }
});
