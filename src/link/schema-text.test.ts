import { equal } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { schemaText } from "./schema-text.ts";

function compare(version: 1 | 2): void {
  const path = `testdata/link-v${version}/schema.json`;
  // link.md section 10: "A change of the schema needs a new version".
  equal(
    schemaText(version),
    readFileSync(path, "utf8"),
    `${path} is frozen: a change of the wire needs a new version of the link`,
  );
}

test("the messages are those of the frozen schema of version 1", () => compare(1));
test("the messages are those of the frozen schema of version 2", () => compare(2));
