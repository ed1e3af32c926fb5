/** Every technique that a ruleset names has its name: our own, and the peers' where they are at hand. */
import { deepEqual, ok } from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { tacticNames, techniques } from "./mitre-table.ts";

function usedIn(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".xml"));
  const found = files.flatMap((name) => {
    const rules = readFileSync(join(folder, name), "latin1").replaceAll(/<!--[^]*?-->/g, "");
    return [...rules.matchAll(/<mitre>([^]*?)<\/mitre>/g)].flatMap(([, mitre = ""]) =>
      [...mitre.matchAll(/<(?:id|techniqueID)>([^<]*)</g)].map(([, id = ""]) => id.trim()),
    );
  });
  return [...new Set(found)].sort();
}

test("every technique that the shipped rules name is known", () => {
  const used = usedIn(join(process.cwd(), "ruleset"));
  ok(used.length > 10);
  deepEqual(
    used.filter((id) => !techniques.has(id)),
    [],
  );
});

const peers = process.env["ARGUS_RULESETS"] ?? "../shared/rulesets";
test("every technique that the peers' rules name is known", { skip: !existsSync(peers) && "no rulesets" }, () => {
  const used = usedIn(peers);
  ok(used.length >= 166);
  deepEqual(
    used.filter((id) => !techniques.has(id) && !tacticNames.has(id)),
    // A rule of Wazuh names a field of the event there; ids are not expanded.
    ["$(threat.software.id)"],
  );
});
