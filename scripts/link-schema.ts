/** Writes testdata/link-v1/schema.json. Only for a new version of the link: version 1 is frozen. */
import { writeFileSync } from "node:fs";
import { schemaText } from "../src/link/schema-text.ts";

writeFileSync("testdata/link-v1/schema.json", schemaText());
