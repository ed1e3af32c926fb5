import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import type { LogtestResult } from "../analysis/logtest.ts";
import { answerOf, readExpectation, unitTestCode } from "./logtest.ts";

const rule = { id: "5716", level: 5, description: "x", groups: [], mail: false };
const answered: LogtestResult = { predecoder: {}, decoder: { name: "sshd" }, data: {}, rule, alert: true };

test("an expectation is rule, level and decoder, each perhaps empty", () => {
  deepEqual(readExpectation("5716:5:sshd"), ["5716", "5", "sshd"]);
  deepEqual(readExpectation("::a:b"), ["", "", "a:b"]);
  throws(() => readExpectation("5716:5"), /RULE:LEVEL:DECODER/);
});

// ruleset-spec 10.2
test("the exit code is how many parts are empty where the last line is answered so, else 1", () => {
  deepEqual(answerOf(answered), ["5716", "5", "sshd"]);
  deepEqual(answerOf({ ...answered, rule: null, decoder: {} }), ["", "", ""]);
  equal(unitTestCode(["5716", "5", "sshd"], answerOf(answered)), 0);
  equal(unitTestCode(["5716", "6", "sshd"], answerOf(answered)), 1);
  equal(unitTestCode(["", "", "sshd"], answerOf({ ...answered, rule: null })), 2);
  equal(unitTestCode(["5716", "5", "sshd"], undefined), 1);
});
