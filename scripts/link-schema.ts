/** Writes testdata/link-v2/schema.json. Only while version 2 has not been released; version 1 is frozen. */
import { mkdirSync, writeFileSync } from "node:fs";
import { schemaText } from "../src/link/schema-text.ts";

mkdirSync("testdata/link-v2", { recursive: true });
writeFileSync("testdata/link-v2/schema.json", schemaText(2));
