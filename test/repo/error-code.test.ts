/** docs/operating/errors.md and the code name the same errors. */
import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { codeOf, productFiles, readText } from "../support/source.ts";

const page = "docs/operating/errors.md";

/**
 * Every code in the sources, with the file that declares it; settings of the environment look alike and are left out.
 */
function codesInSources(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const path of productFiles()) {
    const source = readText(path);
    const code = codeOf(source);
    for (const match of source.matchAll(/"(ARGUS_[A-Z0-9]+_[A-Z0-9_]+)"/g)) {
      // The string itself is blanked in `code`; what stands before it is not, unless it stands in a comment.
      const before = code.slice(Math.max(0, match.index - 40), match.index);
      if (/env\s*\[\s*$/.test(before) || match[1]?.startsWith("ARGUS_TEST_") === true) continue;
      found.set(match[1] ?? "", [...(found.get(match[1] ?? "") ?? []), path]);
    }
  }
  return found;
}

interface Row {
  code: string;
  heading: string;
  cause: string;
  remedy: string;
}

function rowsOfPage(): Row[] {
  let heading = "";
  return readText(page)
    .split("\n")
    .flatMap((line) => {
      heading = /^## (.*)$/.exec(line)?.[1]?.trim() ?? heading;
      const row = /^\|\s*`(ARGUS_[A-Z0-9_]+)`\s*\|(.*)\|(.*)\|\s*$/.exec(line);
      if (row === null) return [];
      return [{ code: row[1] ?? "", heading, cause: row[2]?.trim() ?? "", remedy: row[3]?.trim() ?? "" }];
    });
}

test("every error code of the sources is listed on the page, and the other way round", () => {
  const inSources = [...codesInSources().keys()].sort();
  const onPage = rowsOfPage().map((row) => row.code);
  ok(inSources.length > 5, "the test reads the sources");
  deepEqual(onPage.toSorted(), inSources);
});

test("every code is declared in the errors.ts of the stage that its name tells", () => {
  const offences: string[] = [];
  for (const [code, paths] of codesInSources()) {
    const stage = code.split("_")[1]?.toLowerCase() ?? "";
    if (!paths.includes(`src/${stage}/errors.ts`)) offences.push(`${code} is not in src/${stage}/errors.ts`);
  }
  deepEqual(offences, []);
});

test("every code stands once, under its stage, with a cause and a remedy in sentences", () => {
  const rows = rowsOfPage();
  for (const { code, heading, cause, remedy } of rows) {
    // A heading may say more than its stage: `node identity`.
    ok(code.startsWith(`ARGUS_${heading.split(" ")[0]?.toUpperCase()}_`), `${code} stands under ${heading}`);
    ok(/^\S.{5,}\.$/.test(cause), `${code} has no cause in a sentence: ${cause}`);
    ok(/^\S.{5,}\.$/.test(remedy), `${code} has no remedy in a sentence: ${remedy}`);
  }
  ok(new Set(rows.map((row) => row.code)).size === rows.length);
});
