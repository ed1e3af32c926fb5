import { equal } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { schemaText } from "./schema-text.ts";

test("the messages are those of the frozen schema of version 1", () => {
  const path = "testdata/link-v1/schema.json";
  // link.md section 10: "A change of the schema needs a new version".
  equal(
    schemaText(),
    readFileSync(path, "utf8"),
    `${path} is frozen: a change of the wire needs a new version of the link`,
  );
});
