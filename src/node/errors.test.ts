import { ok } from "node:assert/strict";
import { test } from "node:test";
import { ConfigRefused } from "./errors.ts";

test("a refused configuration is answered with the whole command that shows what is wrong", () => {
  const { message } = new ConfigRefused(["ossec.conf:1:1: error: x"], "/srv/argus");
  ok(message.startsWith("ossec.conf:1:1: error: x\n"), message);
  ok(message.endsWith("Check with: argus config check --home /srv/argus"), message);
});
