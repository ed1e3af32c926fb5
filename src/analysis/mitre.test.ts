import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { mitreOf, type NamedTechnique } from "./mitre.ts";
import { tacticNames, techniques } from "./mitre-table.ts";
import { eventOf, rulesetOf } from "../../test/support/ruleset.ts";
import { Engine } from "./engine.ts";

const plain = (...ids: string[]): NamedTechnique[] => ids.map((id) => ({ id, tacticId: undefined }));

test("a technique has its name and all its tactics, and a sub-technique a name of its own", () => {
  deepEqual(mitreOf(plain("T1078")), {
    id: ["T1078"],
    tactic: ["Defense Evasion", "Persistence", "Privilege Escalation", "Initial Access"],
    technique: ["Valid Accounts"],
  });
  deepEqual(mitreOf(plain("T1110.001")), {
    id: ["T1110.001"],
    tactic: ["Credential Access"],
    technique: ["Password Guessing"],
  });
});

test("a tactic that several techniques serve stands once", () => {
  deepEqual(mitreOf(plain("T1110.001", "T1021.004", "T1110")), {
    id: ["T1110.001", "T1021.004", "T1110"],
    tactic: ["Credential Access", "Lateral Movement"],
    technique: ["Password Guessing", "SSH", "Brute Force"],
  });
});

test("an id that is not known keeps its id and has no names, and no id is no block", () => {
  deepEqual(mitreOf(plain("T9999", "T1014")), {
    id: ["T9999", "T1014"],
    tactic: ["Defense Evasion"],
    technique: ["Rootkit"],
  });
  deepEqual(mitreOf(plain("constructor")), { id: ["constructor"], tactic: [], technique: [] });
  equal(mitreOf([]), undefined);
});

test("a tactic in the place of a technique shows its name", () => {
  deepEqual(mitreOf(plain("TA0006")), { id: ["TA0006"], tactic: ["Credential Access"], technique: [] });
});

test("where the rule names the tactic, only that one is shown; techniques without one are then dropped", () => {
  const both = [...plain("T1110"), { id: "T1078", tacticId: "TA0001" }, { id: "T1014", tacticId: "TA9999" }];
  deepEqual(mitreOf(both), {
    id: ["T1078", "T1014"],
    tactic: ["Initial Access", "TA9999"],
    technique: ["Valid Accounts", "Rootkit"],
  });
});

test("a rule says it in either form", () => {
  const shown = (mitre: string): unknown => {
    const rules = `<rule id="100" level="5"><match>a</match>${mitre}<description>d</description></rule>`;
    return new Engine(rulesetOf(rules)).answer(eventOf("a")).rule?.mitre?.tactic;
  };
  deepEqual(shown("<mitre><id>T1078</id></mitre><mitre><id> T1014 </id></mitre>"), [
    ...["Defense Evasion", "Persistence", "Privilege Escalation", "Initial Access"],
  ]);
  const pair = "<tacticID>TA0003</tacticID><techniqueID>T1078</techniqueID>";
  deepEqual(shown(`<mitre>${pair}<tacticID>TA0005</tacticID><techniqueID>T1014</techniqueID></mitre>`), [
    ...["Persistence", "Defense Evasion"],
  ]);
  deepEqual(shown(`<mitre><id>T1110</id></mitre><mitre>${pair}</mitre>`), ["Persistence"]);
});

test("the table is well formed: ids, known tactics, no technique twice", () => {
  const known = new Set(tacticNames.values());
  equal(known.size, 14);
  for (const [id, { name, tactics }] of techniques) {
    ok(/^T\d{4}(?:\.\d{3})?$/.test(id), id);
    ok(name !== "" && tactics.length > 0 && tactics.every((tactic) => known.has(tactic)), id);
    const parent = techniques.get(id.slice(0, 5));
    if (parent !== undefined) deepEqual(tactics, parent.tactics, `${id} serves what its technique serves`);
  }
});
