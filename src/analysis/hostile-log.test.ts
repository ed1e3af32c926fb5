/** Logs that are made to do harm, through a whole engine. */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { eventOf, ruleOf, rulesetOf } from "../../test/support/ruleset.ts";
import { Engine } from "./engine.ts";

const rule = (id: number, inside: string): string =>
  `<rule id="${id}" level="5">${inside}<description>rule ${id}</description></rule>`;

test("a pattern that explodes holds up nothing: 50 kB are answered, and what follows too", () => {
  const patterns: [type: string, pattern: string, log: string][] = [
    ["pcre2", "(a+)+$", `${"a".repeat(50_000)}!`],
    ["pcre2", "(.*,){25}x", ",".repeat(50_000)],
    ["osregex", "\\.+\\.+\\.+x", "y".repeat(50_000)],
    ["osregex", "(\\w+)\\.*(\\w+)\\.*(\\w+)\\.*x$", "a b ".repeat(12_500)],
    ["osregex", "\\S+\\s*\\S+\\s*\\S+\\s*\\S+\\s*=\\.+=$", "a = ".repeat(5_000)],
  ];
  for (const flavour of ["wazuh", "ossec"] as const) {
    for (const [type, pattern, log] of patterns) {
      const element = flavour === "wazuh" ? `<regex type="${type}">` : type === "pcre2" ? "<pcre2>" : "<regex>";
      const end = element === "<pcre2>" ? "</pcre2>" : "</regex>";
      const engine = new Engine(
        rulesetOf(rule(100, `${element}${pattern}${end}`) + rule(101, "<match>after</match>"), {
          options: { flavour },
        }),
      );
      const before = process.cpuUsage();
      equal(ruleOf(engine.answer(eventOf(log))), 0, pattern);
      const { user, system } = process.cpuUsage(before);
      ok((user + system) / 1_000 < 2_000, `${flavour} ${pattern} took ${(user + system) / 1_000} ms`);
      equal(ruleOf(engine.answer(eventOf("after", 1))), 101);
    }
  }
});

test("a date that there is not, in whatever form, changes neither the time of the event nor its answer", () => {
  const headers = [
    "Feb 30 10:00:00 web ",
    "Xyz 99 99:99:99 web ",
    "0000 Nov 25 10:00:00 web ",
    "9999-12-31T23:59:59.999999999Z web ",
    "0000-00-00T00:00:00Z web ",
    "-0001-11-30T00:00:00+00:00 web ",
    "2026-02-30T25:61:61+99:99 web ",
    `2026-11-25T10:00:00${"+".repeat(400)} web `,
    `2026-11-25T10:00:00 ${"Z".repeat(400)} web `,
    "99999999999999999999.999 ",
    "[Fri Feb 30 18:06:35 0000] ",
  ];
  for (const flavour of ["wazuh", "ossec"] as const) {
    const engine = new Engine(rulesetOf(rule(100, "<match>needle</match>"), { options: { flavour } }));
    for (const [index, header] of headers.entries()) {
      const taken = eventOf(`${header}prog[1]: needle`, index);
      const answer = engine.answer(taken);
      equal(ruleOf(answer), 100, header);
      equal(answer.event.eventMs, taken.eventMs, header);
      equal(answer.event.receivedMs, taken.receivedMs, header);
    }
  }
});
