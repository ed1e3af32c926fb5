import { equal } from "node:assert/strict";
import { test } from "node:test";
import { eventOf } from "../../../test/support/ruleset.ts";
import { DecodedEvent, staticFieldNames } from "../decoded-event.ts";
import { compileDescription } from "./description.ts";

function eventWith(log = "x"): DecodedEvent {
  const event = new DecodedEvent().reset(eventOf(log));
  for (const name of staticFieldNames) event.fields[name] = `<${name}>`;
  event.programName = "<program_name>";
  event.headerHost = "<hostname>";
  event.addDynamic("Win.System.EventID", "win.system.eventid", "4624");
  event.addDynamic("win.system.eventid", "win.system.eventid", "second");
  return event;
}

const expand = (template: string, event = eventWith(), isExpanded = true): string =>
  compileDescription(template, isExpanded)(event);

// ── ruleset-spec 5.4: description expansion ────────────────────────────────────────────────────────────────────────

test("every static name, the program's and the host's stand for the event's value", () => {
  for (const name of [...staticFieldNames, "program_name", "hostname"]) {
    equal(expand(`a $(${name})b`), `a <${name}>b`, name);
  }
});

test("any other name is a dynamic field, without regard to case; the first of a name counts", () => {
  equal(expand("$(win.system.eventID) $(WIN.system.eventid)"), "4624 4624");
});

test("what the event lacks becomes nothing", () => {
  equal(expand("[$(none)] $(srcip)|", new DecodedEvent().reset(eventOf("x"))), "[] |");
  equal(expand("$()$(user)$(log)$(location)|"), "|");
});

test("what is no $(name) stays, and a value is not expanded again", () => {
  equal(expand("$srcip (srcip) $( $$(id"), "$srcip (srcip) $( $$(id");
  const event = eventWith();
  event.fields.srcip = "$(id)";
  equal(expand("$(srcip)", event), "$(id)");
});

test("only the first 1,024 bytes of the template are used", () => {
  const template = `$(id)${"x".repeat(1_005)}`;
  equal(expand(`${template}${"y".repeat(20)}$(id)`), `<id>${"x".repeat(1_005)}${"y".repeat(14)}`);
});

test("a result that would reach 1,024 bytes is given up for the template", () => {
  const event = eventWith();
  event.fields.url = "u".repeat(1_022);
  equal(expand("a$(url)", event), `a${"u".repeat(1_022)}`);
  equal(expand("ab$(url)", event), "ab$(url)");
  equal(expand("a$(url)b", event), "a$(url)b");
});

test("in OSSEC's flavour nothing is expanded", () => {
  equal(expand("$(srcip)", eventWith(), false), "$(srcip)");
});
