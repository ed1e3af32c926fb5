import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { eventOf, problemsOf } from "../../../test/support/ruleset.ts";
import type { StaticFields } from "../../model/alert.ts";
import type { Flavour } from "../../syntax/pattern.ts";
import { DecodedEvent } from "../decoded-event.ts";
import { compiledRule, compiledRuleNames } from "./compiled-rule.ts";

function holds(name: string, fields: StaticFields, log = "", flavour: Flavour = "wazuh"): boolean | undefined {
  const event = new DecodedEvent().reset(eventOf(log));
  Object.assign(event.fields, fields);
  return compiledRule(name, flavour)?.(event);
}

// ── ruleset-spec 5.1: compiled_rule ────────────────────────────────────────────────────────────────────────────────

test("comp_srcuser_dstuser holds for equal users, and where one is missing", () => {
  const of = (fields: StaticFields): unknown => holds("comp_srcuser_dstuser", fields);
  deepEqual(
    [of({ srcuser: "a", dstuser: "a" }), of({ srcuser: "a", dstuser: "A" }), of({ srcuser: "a" }), of({})],
    [true, false, true, true],
  );
});

test("check_id_size holds from ten bytes on", () => {
  const of = (fields: StaticFields): unknown => holds("check_id_size", fields);
  deepEqual([of({ id: "123456789" }), of({ id: "1234567890" }), of({})], [false, true, false]);
});

test("a simple request is for the root or has no query; in OSSEC it is also a GET, or of no known action", () => {
  const of = (flavour: Flavour, fields: StaticFields): unknown => holds("is_simple_http_request", fields, "", flavour);
  for (const flavour of ["wazuh", "ossec"] as const) {
    deepEqual(
      [of(flavour, { url: "/" }), of(flavour, { url: "/a" }), of(flavour, { url: "/a?b" }), of(flavour, {})],
      [true, true, false, false],
    );
    deepEqual(of(flavour, { url: "/", action: "GET" }), true);
    equal(of(flavour, { url: "/", action: "POST" }), flavour === "wazuh");
  }
});

test("a valid crawler's log begins with one of the known blocks", () => {
  const of = (log: string): unknown => holds("is_valid_crawler", {}, log);
  deepEqual(["66.249.66.80 - - [x]", "207.46.13.5 - -", "74.6.1.1 - -"].map(of), [true, true, true]);
  deepEqual(["166.249.66.80 - -", "66.24.1.1 - -", " 66.249.66.80", "x 66.249.66.80", ""].map(of), [
    false,
    false,
    false,
    false,
    false,
  ]);
});

test("target user and caller differ only where both are named", () => {
  const of = (log: string): unknown => holds("comp_mswin_targetuser_calleruser_diff", {}, log);
  deepEqual(
    [
      of("Target Account Name: bob Target Domain: D Caller User Name: eve Caller Domain: D"),
      of("Target Account Name:\tbob\tCaller User Name:\tbob"),
      of("Target User Name: bob Caller User Name: bobby"),
      of("Target Account Name: bob"),
      of("Caller User Name: bob"),
    ],
    [true, false, true, false, false],
  );
});

test("what is none of them is an error that names them all", () => {
  equal(compiledRuleNames.length, 5);
  deepEqual(
    problemsOf('<rule id="100" level="5"><compiled_rule>toString</compiled_rule><description>d</description></rule>'),
    [
      'rules/0100-test.xml:1:46: error: "toString" is not one of the compiled rules, which are ' +
        compiledRuleNames.join(", "),
    ],
  );
});
